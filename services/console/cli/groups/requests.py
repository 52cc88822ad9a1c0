"""`jointops requests`: what station command orders of the squads, and their answers."""

from typing import Annotated, Any

import typer

from jointops.station.v1 import squad_request_pb2 as pb
from services.console.cli.command import verb
from services.console.cli.options import Due, OfCase, Reason, SquadRequestId
from services.console.cli.values import one_of

app = typer.Typer(
    name="requests", help="流转请求 Squad requests: orders and answers.", no_args_is_help=True
)

_ID = "01992f00-5a10-7c3e-9b1d-2f0f6a1c0010"
_CASE = "01992f00-5a10-7c3e-9b1d-2f0f6a1c0002"


@verb(
    app,
    "order",
    example=f"--case {_CASE} --kind examination --question 'Whose prints?' --due +24h --gating",
)
def order(
    *,
    case_id: OfCase,
    kind: Annotated[Any, one_of(pb.SquadRequestKind, "What is ordered; it names the squad.")],
    question: Annotated[str, typer.Option(help="What the squad is asked 问题.")],
    due: Due,
    gating: Annotated[
        bool, typer.Option("--gating", help="The evidence gate waits for it 计入证据门禁.")
    ] = False,
) -> pb.OrderSquadRequestRequest:
    """下单 Order something of a squad."""
    return pb.OrderSquadRequestRequest(
        case_id=case_id, kind=kind, question=question, due_time=due, is_gating=gating
    )


@verb(app, "get", example=_ID)
def get(squad_request_id: SquadRequestId) -> pb.GetSquadRequestRequest:
    """查看请求 Show one squad request."""
    return pb.GetSquadRequestRequest(squad_request_id=squad_request_id)


@verb(app, "list", example=f"--case {_CASE}")
def list_(*, case_id: OfCase) -> pb.ListSquadRequestsRequest:
    """请求列表 List the squad requests of a case, newest first."""
    return pb.ListSquadRequestsRequest(case_id=case_id)


@verb(app, "verify", example=f"{_ID} --rating 4")
def verify(
    squad_request_id: SquadRequestId,
    *,
    rating: Annotated[int, typer.Option(min=1, max=5, help="1 (useless) to 5 (decisive) 评分.")],
) -> pb.VerifySquadRequestRequest:
    """核验 Verify and rate an answer; never a member of the squad that gave it."""
    return pb.VerifySquadRequestRequest(squad_request_id=squad_request_id, rating=rating)


@verb(app, "send-back", example=f"{_ID} --reason 'The method is not named'")
def send_back(
    squad_request_id: SquadRequestId, *, reason: Reason
) -> pb.SendBackSquadRequestRequest:
    """退回 Send an answer back to the squad."""
    return pb.SendBackSquadRequestRequest(squad_request_id=squad_request_id, reason=reason)


@verb(app, "withdraw", example=_ID)
def withdraw(squad_request_id: SquadRequestId) -> pb.WithdrawSquadRequestRequest:
    """撤回 Withdraw a request that is not answered; final."""
    return pb.WithdrawSquadRequestRequest(squad_request_id=squad_request_id)
