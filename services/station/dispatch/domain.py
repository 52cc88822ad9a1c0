"""What may be done to an alarm: each step refuses or returns one event. Pure.

Which state allows which step stands in one table, `ALLOWED`; what an event changes, in
`aggregate.py`. Clock and ids are arguments.
"""

from datetime import datetime
from enum import StrEnum

from chassis.errors import DomainError, Kind
from services.station.dispatch import aggregate
from services.station.dispatch.aggregate import Alarm, AlarmDisposition, AlarmState, Call


class Step(StrEnum):
    """What may be asked of an alarm."""

    DISPATCH = "dispatch"
    RECORD_ARRIVAL = "record_arrival"
    ESCALATE = "escalate"
    CLOSE = "close"


_S = AlarmState
_OPEN = frozenset({_S.REPORTED, _S.DISPATCHED, _S.ARRIVED})

ALLOWED: dict[Step, frozenset[AlarmState]] = {
    Step.DISPATCH: frozenset({_S.REPORTED}),
    Step.RECORD_ARRIVAL: frozenset({_S.DISPATCHED}),
    Step.ESCALATE: _OPEN,
    Step.CLOSE: _OPEN,
}


class AlarmStateForbidsError(DomainError, kind=Kind.PRECONDITION, reason="ALARM_STATE_FORBIDS"):
    """The state of the alarm does not allow the step."""


class AlarmAlreadyReportedError(DomainError, kind=Kind.EXISTS, reason="ALARM_ALREADY_REPORTED"):
    """An alarm of the station holds the call already."""


class AlarmNeedsCaseError(DomainError, kind=Kind.PRECONDITION, reason="ALARM_NEEDS_CASE"):
    """A serious call is not closed as settled."""


def check_state(alarm: Alarm, step: Step) -> None:
    """Refuse a step that the state of the alarm does not allow.

    Raises:
        AlarmStateForbidsError: The state is not in `ALLOWED[step]`.
    """
    if alarm.state not in ALLOWED[step]:
        sentence = f"An alarm that is {alarm.state} does not allow {step}."
        raise AlarmStateForbidsError(
            sentence, alarm_id=alarm.alarm_id, state=alarm.state, step=step
        )


def report(
    call: Call, *, alarm_id: str, station: str, holder_id: str | None, now: datetime
) -> aggregate.AlarmReported:
    """Take a call in, unless an alarm of the station holds its record already.

    Args:
        call: What was said, as `intake.Desk` made it.
        alarm_id: Identifier of the alarm to be.
        station: Station that takes it in.
        holder_id: The alarm that holds the same record number, if any.
        now: Decision time, UTC.
    """
    if holder_id is not None:
        raise AlarmAlreadyReportedError("This call was reported already.", alarm_id=holder_id)
    return aggregate.AlarmReported(now, alarm_id, station, call)


def dispatch(alarm: Alarm, *, unit_id: str, now: datetime) -> aggregate.AlarmDispatched:
    """Send a unit to a reported alarm."""
    check_state(alarm, Step.DISPATCH)
    return aggregate.AlarmDispatched(now, unit_id)


def record_arrival(alarm: Alarm, *, now: datetime) -> aggregate.AlarmArrivalRecorded:
    """Record that the dispatched unit arrived."""
    check_state(alarm, Step.RECORD_ARRIVAL)
    return aggregate.AlarmArrivalRecorded(now)


def escalate(alarm: Alarm, *, case_id: str, now: datetime) -> aggregate.AlarmEscalated:
    """End the alarm as a case; whether its type is serious advises the person who decides."""
    check_state(alarm, Step.ESCALATE)
    return aggregate.AlarmEscalated(now, case_id)


def close(alarm: Alarm, *, disposition: AlarmDisposition, now: datetime) -> aggregate.AlarmClosed:
    """Close the alarm without a case; a serious call is never closed as settled."""
    check_state(alarm, Step.CLOSE)
    if alarm.call.is_serious and disposition is AlarmDisposition.SETTLED:
        raise AlarmNeedsCaseError(
            "A serious call becomes a case, or ends for another reason than settled.",
            alarm_id=alarm.alarm_id,
            call_type=alarm.call.call_type,
        )
    return aggregate.AlarmClosed(now, disposition)
