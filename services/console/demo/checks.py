"""Compares what was expected with what was found: every line of the final table is a comparison."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from jointops.station.v1 import alarm_pb2, case_pb2, review_pb2
from services.console.demo.expected import Expected
from services.console.demo.holdings import Holdings
from services.console.traces.store import Trace

# The consumers that carry events from one service into another, by the stream they read.
CONSUMERS = {
    "station": ("intel-on-station", "ops-on-station", "station-on-station", "tech-on-station"),
    "intel": ("station-on-intel",),
    "tech": ("station-on-tech",),
    "ops": ("station-on-ops",),
}
SERVICES = ("console", "station", "intel", "tech", "ops")
# What must have happened in the closed case, in this order; each story is one thread of its life.
# What one transaction does to two things has no order: such a pair is never in one story.
STORIES = {
    "alarm": ("station.v1.AlarmEscalated", "station.v1.CaseAccepted"),
    "case": (
        "station.v1.CaseReported",
        "station.v1.CaseAccepted",
        "station.v1.CaseFiled",
        "station.v1.CaseCommanded",
        "station.v1.CaseGateRequestNamed",
        "station.v1.CaseInvestigationStarted",
        "station.v1.CaseGateRequestMet",
        "station.v1.CaseGateRequestMet",
        "station.v1.CaseEvidenceGatePassed",
        "station.v1.CaseArrestPlanned",
        "station.v1.CaseArrestApproved",
        "station.v1.CaseArrestStarted",
        "station.v1.CaseTakenIntoCustody",
        "station.v1.CaseEvaluationStarted",
        "station.v1.CaseReviewed",
        "station.v1.CaseClosed",
    ),
    "intelligence": (
        "station.v1.SquadRequestOrdered",
        "intel.v1.TaskingReceived",
        "intel.v1.TaskingSignedFor",
        "station.v1.SquadRequestSignedFor",
        "intel.v1.LeadRecorded",
        "intel.v1.LeadConfirmed",
        "intel.v1.LeadRejected",
        "intel.v1.TaskingAnswered",
        "station.v1.SquadRequestAnswered",
        "station.v1.SquadRequestVerified",
    ),
    "product": (
        "intel.v1.LeadConfirmed",
        "intel.v1.ProductDrafted",
        "intel.v1.ProductGraded",
        "intel.v1.ProductPublished",
        "station.v1.SquadRequestVerified",
    ),
    "laboratory": (
        "tech.v1.ExhibitRegistered",
        "tech.v1.CustodyTransferOffered",
        "tech.v1.CustodyTransferAccepted",
        "tech.v1.ExaminationSignedFor",
        "tech.v1.ExaminationResultRecorded",
        "tech.v1.ExaminationVerified",
        "station.v1.SquadRequestAnswered",
        "station.v1.SquadRequestSentBack",
        "tech.v1.ExaminationReopened",
        "tech.v1.ExaminationResultRecorded",
        "tech.v1.ExaminationVerified",
        "station.v1.SquadRequestAnswered",
        "station.v1.SquadRequestVerified",
    ),
    "arrest": (
        "ops.v1.OperationReceived",
        "ops.v1.OperationSignedFor",
        "ops.v1.OperationTargetAdded",
        "ops.v1.OperationTeamAdded",
        "ops.v1.OperationPlanned",
        "ops.v1.OperationApprovalGiven",
        "ops.v1.OperationApproved",
        "ops.v1.OperationStarted",
        "ops.v1.ArrestRecorded",
        "ops.v1.HandOverOffered",
        "ops.v1.HandOverAccepted",
        "ops.v1.OperationCompleted",
        "station.v1.SquadRequestVerified",
    ),
    "evaluation": (
        "station.v1.ReviewOpened",
        "station.v1.ReviewScored",
        "station.v1.LessonOpened",
        "station.v1.ReviewPublished",
        "station.v1.LessonClosed",
        "station.v1.CaseClosed",
    ),
}
_PREFIX = "jointops."


@dataclass(frozen=True, slots=True)
class Check:
    """One comparison."""

    what: str
    expected: str
    found: str

    @property
    def is_ok(self) -> bool:
        """Whether the two are the same."""
        return self.expected == self.found


def check_replay(
    expected: Expected, alarms: Sequence[alarm_pb2.Alarm], cases: Sequence[case_pb2.Case]
) -> Iterator[Check]:
    """Compare the day with what the station stored of it.

    Args:
        expected: Counts made from the data alone.
        alarms: What the station has under the record numbers of the day.
        cases: Every case of the station.
    """
    flags = Counter(flag for alarm in alarms for flag in alarm.flags)
    missing, off_map = (
        flags[alarm_pb2.ALARM_FLAG_LOCATION_MISSING],
        flags[alarm_pb2.ALARM_FLAG_LOCATION_OFF_MAP],
    )
    sent = sum(alarm.HasField("dispatch_time") for alarm in alarms)
    there = sum(alarm.HasField("arrive_time") for alarm in alarms)
    yield _same("calls for help read = alarms stored", expected.calls, len(alarms))
    yield _same("alarms without a location", expected.locations_missing, missing)
    yield _same("alarms off the map", expected.locations_off_map, off_map)
    yield _same("units sent", expected.dispatched, sent)
    yield _same("units arrived", expected.arrived, there)
    yield from _check_cases(alarms, cases)


def _check_cases(
    alarms: Sequence[alarm_pb2.Alarm], cases: Sequence[case_pb2.Case]
) -> Iterator[Check]:
    ids = {alarm.alarm_id for alarm in alarms}
    serious = sum(alarm.is_serious for alarm in alarms)
    opened = [case for case in cases if case.alarm_id in ids]
    yield _same("serious calls = cases opened", serious, len(opened))
    named = sorted((case.alarm_id, case.case_id) for case in opened)
    linked = sorted((alarm.alarm_id, alarm.case_id) for alarm in alarms if alarm.case_id)
    same = sum(pair in named for pair in linked)
    yield _same("alarms and cases that name each other", len(opened), same)


def check_events(holdings: Holdings) -> Iterator[Check]:
    """Compare what was published with what was applied, stream by stream."""
    for service, consumers in CONSUMERS.items():
        stream = holdings.streams.get(service)
        published = stream.message_count if stream else 0
        waiting = stream.waiting if stream else {}
        told = holdings.told(service)
        yield _same(f"{service}: events told by states and timelines = published", told, published)
        for name in consumers:
            left = waiting.get(name, "no such consumer")
            yield Check(f"{service}: left to apply by {name}", "0", str(left))
    for service, count in holdings.known_cases.items():
        yield _same(f"{service}: cases it has heard of", len(holdings.cases), count)


def check_case(
    case: case_pb2.Case, timeline: Sequence[review_pb2.TimelineEntry]
) -> Iterator[Check]:
    """Compare the closed case and its timeline with the life it should have had."""
    state = case_pb2.CaseState.Name(case.state).removeprefix("CASE_STATE_").lower()
    yield Check("the case is closed", "closed", state)
    types = [entry.event_type.removeprefix(_PREFIX) for entry in timeline]
    for name, story in STORIES.items():
        done = steps_in_order(story, types)
        first = story[done] if done < len(story) else ""
        found = f"{done} steps" + (f", then no {first}" if first else "")
        yield Check(f"timeline: {name}, in order", f"{len(story)} steps", found)
    services = sorted({entry.service for entry in timeline})
    yield Check("timeline: services", "intel, ops, station, tech", ", ".join(services))


def check_trace(trace: Trace | None, case_id: str) -> Iterator[Check]:
    """Compare the trace of the case with a whole one: every service, one root, no broken link."""
    spans = trace.spans if trace else ()
    ids = {span.span_id for span in spans}
    roots = len({span.span_id for span in spans if span.parent_id is None})
    orphans = sum(span.parent_id is not None and span.parent_id not in ids for span in spans)
    services = sorted({span.service for span in spans}, key=_place)
    cases = trace.case_ids if trace else ()
    yield Check("trace: services it passed", ", ".join(SERVICES), ", ".join(services))
    yield _same("trace: roots", 1, roots)
    yield _same("trace: spans whose parent is missing", 0, orphans)
    yield Check("trace: cases it touched", case_id, ", ".join(cases))


def steps_in_order(story: Iterable[str], types: Iterable[str]) -> int:
    """Count how many steps of a story happened in their order, whatever happened between them."""
    remaining = iter(types)
    count = 0
    for step in story:
        if step not in remaining:
            break
        count += 1
    return count


def _place(service: str) -> int:
    return SERVICES.index(service) if service in SERVICES else len(SERVICES)


def _same(what: str, expected: int, found: int) -> Check:
    return Check(what, f"{expected:,}", f"{found:,}")
