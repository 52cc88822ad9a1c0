"""What may be done to an alarm, over every state and step."""

from collections.abc import Callable

import pytest

from chassis.errors import Kind
from services.station.dispatch import aggregate, domain
from services.station.dispatch.aggregate import Alarm, AlarmDisposition, AlarmEvent, AlarmState
from services.station.dispatch.domain import Step
from tests.unit.station.builders import EARLIER, NOW, make_alarm, make_call

S = AlarmState

TAKE: dict[Step, Callable[[Alarm], AlarmEvent]] = {
    Step.DISPATCH: lambda alarm: domain.dispatch(alarm, unit_id="1C24", now=NOW),
    Step.RECORD_ARRIVAL: lambda alarm: domain.record_arrival(alarm, now=NOW),
    Step.ESCALATE: lambda alarm: domain.escalate(alarm, case_id="case-1", now=NOW),
    Step.CLOSE: lambda alarm: domain.close(alarm, disposition=AlarmDisposition.UNFOUNDED, now=NOW),
}

# Where each step leads from each state that allows it; every pair not named here is refused.
LEADS: dict[Step, dict[AlarmState, AlarmState]] = {
    Step.DISPATCH: {S.REPORTED: S.DISPATCHED},
    Step.RECORD_ARRIVAL: {S.DISPATCHED: S.ARRIVED},
    Step.ESCALATE: {
        S.REPORTED: S.ESCALATED,
        S.DISPATCHED: S.ESCALATED,
        S.ARRIVED: S.ESCALATED,
    },
    Step.CLOSE: {S.REPORTED: S.CLOSED, S.DISPATCHED: S.CLOSED, S.ARRIVED: S.CLOSED},
}
ALLOWED = [(step, state, after) for step, ways in LEADS.items() for state, after in ways.items()]
REFUSED = [(step, state) for step in Step for state in AlarmState if state not in LEADS[step]]


@pytest.mark.parametrize(("step", "state", "after"), ALLOWED)
def test_step_leads_to_its_state_when_the_state_allows_it(
    step: Step, state: AlarmState, after: AlarmState
) -> None:
    alarm = make_alarm(state=state, version=3)

    changed = aggregate.apply(alarm, TAKE[step](alarm))

    assert (changed.state, changed.version) == (after, 4)
    assert (changed.created_at, changed.updated_at) == (EARLIER, NOW)


@pytest.mark.parametrize(("step", "state"), REFUSED)
def test_step_is_refused_when_the_state_forbids_it(step: Step, state: AlarmState) -> None:
    alarm = make_alarm(state=state)

    with pytest.raises(domain.AlarmStateForbidsError) as caught:
        TAKE[step](alarm)

    assert (caught.value.kind, caught.value.reason) == (Kind.PRECONDITION, "ALARM_STATE_FORBIDS")
    assert caught.value.metadata == {"alarm_id": "alarm-1", "state": state, "step": step}


def test_report_makes_the_first_version_of_an_alarm() -> None:
    call = make_call()

    event = domain.report(call, alarm_id="alarm-9", station="jinqiao", holder_id=None, now=NOW)

    assert aggregate.report(event) == make_alarm(
        alarm_id="alarm-9", call=call, created_at=NOW, updated_at=NOW, version=1
    )


def test_report_is_refused_when_an_alarm_holds_the_record_already() -> None:
    with pytest.raises(domain.AlarmAlreadyReportedError) as caught:
        domain.report(
            make_call(), alarm_id="alarm-9", station="jinqiao", holder_id="alarm-1", now=NOW
        )

    assert (caught.value.kind, caught.value.reason) == (Kind.EXISTS, "ALARM_ALREADY_REPORTED")
    assert caught.value.metadata == {"alarm_id": "alarm-1"}


def test_closing_as_settled_is_refused_when_the_call_is_serious() -> None:
    alarm = make_alarm(call=make_call(call_type="211P", is_serious=True))

    with pytest.raises(domain.AlarmNeedsCaseError) as caught:
        domain.close(alarm, disposition=AlarmDisposition.SETTLED, now=NOW)

    assert (caught.value.kind, caught.value.reason) == (Kind.PRECONDITION, "ALARM_NEEDS_CASE")
    assert caught.value.metadata == {"alarm_id": "alarm-1", "call_type": "211P"}


@pytest.mark.parametrize(
    "disposition",
    [
        AlarmDisposition.UNFOUNDED,
        AlarmDisposition.FALSE_ALARM,
        AlarmDisposition.CANCELLED,
        AlarmDisposition.DUPLICATE,
        AlarmDisposition.REFERRED,
    ],
)
def test_serious_call_closes_when_there_is_nothing_to_investigate_here(
    disposition: AlarmDisposition,
) -> None:
    alarm = make_alarm(call=make_call(is_serious=True))

    event = domain.close(alarm, disposition=disposition, now=NOW)

    assert event == aggregate.AlarmClosed(NOW, disposition)


def test_call_that_is_not_serious_closes_as_settled() -> None:
    event = domain.close(make_alarm(), disposition=AlarmDisposition.SETTLED, now=NOW)

    assert event == aggregate.AlarmClosed(NOW, AlarmDisposition.SETTLED)


def test_dispatch_remembers_unit_and_time() -> None:
    changed = aggregate.apply(make_alarm(), aggregate.AlarmDispatched(NOW, "1C24"))

    assert (changed.unit_id, changed.dispatched_at) == ("1C24", NOW)


def test_arrival_remembers_its_time() -> None:
    changed = aggregate.apply(make_alarm(state=S.DISPATCHED), aggregate.AlarmArrivalRecorded(NOW))

    assert changed.arrived_at == NOW


def test_escalation_remembers_the_case() -> None:
    changed = aggregate.apply(make_alarm(), aggregate.AlarmEscalated(NOW, "case-1"))

    assert changed.case_id == "case-1"


def test_closing_remembers_the_disposition() -> None:
    changed = aggregate.apply(make_alarm(), aggregate.AlarmClosed(NOW, AlarmDisposition.REFERRED))

    assert changed.disposition is AlarmDisposition.REFERRED
