"""What may be done to a squad request: each step refuses or returns one event. Pure.

Which state allows which step stands in one table, `ALLOWED`; what an event changes, in
`aggregate.py`. Clock and ids are arguments. What a step means for the evidence gate of the case is
decided in `casefile.domain`, in the same transaction.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from enum import StrEnum

from chassis.errors import DomainError, Kind
from services.station.casefile.aggregate import Case, CaseState, Squad
from services.station.casefile.domain import (
    FINAL,
    CaseStateForbidsError,
    DueTimePastError,
    EvidenceGateClosedError,
)
from services.station.circulation import aggregate
from services.station.circulation.aggregate import (
    Order,
    SquadRequest,
    SquadRequestKind,
    SquadRequestState,
)


class Step(StrEnum):
    """What may be asked of a squad request."""

    SIGN_FOR = "sign_for"
    ANSWER = "answer"
    VERIFY = "verify"
    SEND_BACK = "send_back"
    WITHDRAW = "withdraw"


_S = SquadRequestState

ALLOWED: dict[Step, frozenset[SquadRequestState]] = {
    Step.SIGN_FOR: frozenset({_S.ORDERED}),
    Step.ANSWER: frozenset({_S.SIGNED_FOR, _S.SENT_BACK}),
    Step.VERIFY: frozenset({_S.ANSWERED}),
    Step.SEND_BACK: frozenset({_S.ANSWERED}),
    Step.WITHDRAW: frozenset({_S.ORDERED, _S.SIGNED_FOR, _S.SENT_BACK}),
}

# Each kind is one squad's work.
SQUADS: dict[SquadRequestKind, Squad] = {
    SquadRequestKind.INTELLIGENCE_PRODUCT: Squad.INTELLIGENCE,
    SquadRequestKind.EXAMINATION: Squad.TECHNICAL,
    SquadRequestKind.JOINT_ARREST: Squad.OPERATIONS,
}

# Who works in a squad; whoever holds the role may not verify what that squad answered.
SQUAD_ROLES: dict[Squad, str] = {
    Squad.INTELLIGENCE: "intel_analyst",
    Squad.TECHNICAL: "tech_examiner",
    Squad.OPERATIONS: "ops_leader",
}

_ARREST_IN_HAND = frozenset(
    {CaseState.ARREST_PLANNED, CaseState.ARREST_APPROVED, CaseState.ARREST_UNDER_WAY}
)

# A squad may be asked from the command until the evaluation: what an arrest seizes is examined
# after it. The arrest itself is ordered out of the investigation.
_WORKING = _ARREST_IN_HAND | {
    CaseState.COMMANDED,
    CaseState.INVESTIGATING,
    CaseState.IN_CUSTODY,
    CaseState.STOOD_DOWN,
}
_ORDERABLE: dict[SquadRequestKind, frozenset[CaseState]] = {
    SquadRequestKind.INTELLIGENCE_PRODUCT: _WORKING,
    SquadRequestKind.EXAMINATION: _WORKING,
    SquadRequestKind.JOINT_ARREST: frozenset({CaseState.INVESTIGATING}),
}


class SquadRequestStateForbidsError(
    DomainError, kind=Kind.PRECONDITION, reason="SQUAD_REQUEST_STATE_FORBIDS"
):
    """The state of the squad request does not allow the step."""


class SquadNotCommandedError(DomainError, kind=Kind.PRECONDITION, reason="SQUAD_NOT_COMMANDED"):
    """The command of the case does not call on the squad."""


class JointArrestCannotGateError(DomainError, kind=Kind.INVALID, reason="JOINT_ARREST_CANNOT_GATE"):
    """A joint arrest stands behind the evidence gate, which cannot wait for it."""


class EvidenceGatePassedError(DomainError, kind=Kind.PRECONDITION, reason="EVIDENCE_GATE_PASSED"):
    """The evidence gate was passed and waits for nothing any more."""


class JointArrestAlreadyOrderedError(
    DomainError, kind=Kind.EXISTS, reason="JOINT_ARREST_ALREADY_ORDERED"
):
    """The case has a joint arrest that is not withdrawn."""


class JointArrestDoneError(DomainError, kind=Kind.PRECONDITION, reason="JOINT_ARREST_DONE"):
    """A completed joint arrest cannot be done again."""


class JointArrestPlannedError(DomainError, kind=Kind.PRECONDITION, reason="JOINT_ARREST_PLANNED"):
    """A planned joint arrest is stood down by its leader, not withdrawn."""


class VerifierIsSquadMemberError(
    DomainError, kind=Kind.PRECONDITION, reason="VERIFIER_IS_SQUAD_MEMBER"
):
    """Whoever works in the squad may not verify its answer."""


class SquadRequestForeignError(DomainError, kind=Kind.PRECONDITION, reason="SQUAD_REQUEST_FOREIGN"):
    """The squad is not the one the request was ordered of."""


def arrest_already_ordered(case_id: str) -> JointArrestAlreadyOrderedError:
    """Make the refusal of a second joint arrest, whoever finds it: a look or the database."""
    return JointArrestAlreadyOrderedError("The case has a joint arrest already.", case_id=case_id)


def waits_for(case: Case, request: SquadRequest) -> bool:
    """Tell whether the evidence gate of a case that goes on waits for the request."""
    return request.squad_request_id in case.gate_missing_ids and case.state not in FINAL


def check_state(request: SquadRequest, step: Step) -> None:
    """Refuse a step that the state of the squad request does not allow.

    Raises:
        SquadRequestStateForbidsError: The state is not in `ALLOWED[step]`.
    """
    if request.state not in ALLOWED[step]:
        raise SquadRequestStateForbidsError(
            f"A squad request that is {request.state} does not allow {step}.",
            squad_request_id=request.squad_request_id,
            state=request.state,
            step=step,
        )


def order(
    case: Case,
    wanted: Order,
    *,
    others: Sequence[SquadRequest],
    squad_request_id: str,
    by: str,
    now: datetime,
) -> aggregate.SquadRequestOrdered:
    """Order something of the squad that does such work.

    Args:
        case: The case it serves.
        wanted: What is ordered.
        others: Every squad request the case has had.
        squad_request_id: Identifier of the request to be.
        by: Person who orders.
        now: Decision time, UTC.
    """
    _check_order(wanted, now)
    _check_gate(case, wanted)
    _check_case(case, wanted)
    _check_arrests(case, wanted, others)
    squad = SQUADS[wanted.kind]
    return aggregate.SquadRequestOrdered(
        now, squad_request_id, case.case_id, case.station, squad, wanted, by
    )


def sign_for(
    request: SquadRequest, *, squad: Squad, now: datetime
) -> aggregate.SquadRequestSignedFor:
    """Note that the squad signed for the request."""
    _check_squad(request, squad)
    check_state(request, Step.SIGN_FOR)
    return aggregate.SquadRequestSignedFor(now)


def answer(
    request: SquadRequest, *, squad: Squad, answer_id: str, now: datetime
) -> aggregate.SquadRequestAnswered:
    """Note that the squad answered, for the first time or after it was sent back."""
    _check_squad(request, squad)
    check_state(request, Step.ANSWER)
    return aggregate.SquadRequestAnswered(now, answer_id)


def verify(
    request: SquadRequest, *, rating: int, by: str, roles: Collection[str], now: datetime
) -> aggregate.SquadRequestVerified:
    """Verify and rate an answer; nobody who works in the squad that gave it may.

    Whoever ordered the work may verify it: they know best what they asked, and the second pair of
    eyes is the squad's own (grader, second examiner, two approvers).
    """
    check_state(request, Step.VERIFY)
    if SQUAD_ROLES[request.squad] in roles:
        raise VerifierIsSquadMemberError(
            "Whoever works in a squad may not verify its answer.",
            squad_request_id=request.squad_request_id,
            squad=request.squad,
        )
    return aggregate.SquadRequestVerified(now, rating, by)


def send_back(
    request: SquadRequest, *, reason: str, now: datetime
) -> aggregate.SquadRequestSentBack:
    """Send an answer back to the squad; a completed arrest cannot be done again."""
    check_state(request, Step.SEND_BACK)
    if request.order.kind is SquadRequestKind.JOINT_ARREST:
        raise JointArrestDoneError(
            "A completed joint arrest cannot be sent back.",
            squad_request_id=request.squad_request_id,
        )
    return aggregate.SquadRequestSentBack(now, reason)


def withdraw(
    request: SquadRequest, *, case: Case, now: datetime
) -> aggregate.SquadRequestWithdrawn:
    """Withdraw a request that is not answered; a planned arrest is its leader's to stand down."""
    check_state(request, Step.WITHDRAW)
    stage = case.suspended_from if case.state is CaseState.SUSPENDED else case.state
    if request.order.kind is SquadRequestKind.JOINT_ARREST and stage in _ARREST_IN_HAND:
        raise JointArrestPlannedError(
            "A planned joint arrest is stood down by its leader and not withdrawn.",
            squad_request_id=request.squad_request_id,
        )
    return aggregate.SquadRequestWithdrawn(now)


def _check_order(wanted: Order, now: datetime) -> None:
    if wanted.due_at <= now:
        raise DueTimePastError("The deadline is not in the future.", field="due_time")
    if wanted.is_gating and wanted.kind is SquadRequestKind.JOINT_ARREST:
        raise JointArrestCannotGateError(
            "The evidence gate cannot wait for a joint arrest.", field="is_gating"
        )


def _check_gate(case: Case, wanted: Order) -> None:
    if wanted.is_gating and case.is_gate_passed:
        raise EvidenceGatePassedError("The evidence gate was passed.", case_id=case.case_id)
    if wanted.kind is SquadRequestKind.JOINT_ARREST and not case.is_gate_passed:
        raise EvidenceGateClosedError(
            "The evidence gate was not passed.",
            case_id=case.case_id,
            missing=",".join(case.gate_missing_ids),
        )


def _check_case(case: Case, wanted: Order) -> None:
    if case.state not in _ORDERABLE[wanted.kind]:
        raise CaseStateForbidsError(
            f"A case that is {case.state} does not allow {wanted.kind} to be ordered.",
            case_id=case.case_id,
            state=case.state,
            step=f"order_{wanted.kind}",
        )
    squad = SQUADS[wanted.kind]
    if squad not in case.squads:
        raise SquadNotCommandedError(
            "The command of the case does not call on the squad.",
            case_id=case.case_id,
            squad=squad,
        )


def _check_arrests(case: Case, wanted: Order, others: Sequence[SquadRequest]) -> None:
    arrest = SquadRequestKind.JOINT_ARREST
    withdrawn = SquadRequestState.WITHDRAWN
    standing = [
        each for each in others if each.order.kind is arrest and each.state is not withdrawn
    ]
    if wanted.kind is arrest and standing:
        raise arrest_already_ordered(case.case_id)


def _check_squad(request: SquadRequest, squad: Squad) -> None:
    if squad is not request.squad:
        raise SquadRequestForeignError(
            "The request was ordered of another squad.",
            squad_request_id=request.squad_request_id,
            squad=squad,
        )
