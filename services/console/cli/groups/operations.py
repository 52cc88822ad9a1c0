"""`jointops operations`: a joint arrest from the squad request to its completion."""

from typing import Annotated, Any

import typer

from jointops.ops.v1 import operation_pb2 as pb
from services.console.cli.command import verb
from services.console.cli.groups.taskings import OfCaseOrAny
from services.console.cli.options import LegalBasis, OperationId, Reason
from services.console.cli.values import moment_option, one_of

app = typer.Typer(name="operations", help="行动 Operations: joint arrests.", no_args_is_help=True)

_ID = "01992f00-5a10-7c3e-9b1d-2f0f6a1c0040"
_HASH = "9f2c4be1a0d3c5f60718293a4b5c6d7e8f90123456789abcdef0123456789abc"

Expire = Annotated[Any, moment_option("From when on the instrument is no longer valid 有效期.")]
Start = Annotated[Any, moment_option("When it is to start 开始时间.")]


@verb(app, "get", example=_ID)
def get(operation_id: OperationId) -> pb.GetOperationRequest:
    """查看行动 Show one operation with its plan and approvals."""
    return pb.GetOperationRequest(operation_id=operation_id)


@verb(app, "list", example="--all")
def list_(*, case_id: OfCaseOrAny = "") -> pb.ListOperationsRequest:
    """行动列表 List the operations you may see, newest first."""
    return pb.ListOperationsRequest(case_id=case_id)


@verb(app, "sign-for", example=_ID)
def sign_for(operation_id: OperationId) -> pb.SignForOperationRequest:
    """签收 Sign for an operation; you are its leader from then on."""
    return pb.SignForOperationRequest(operation_id=operation_id)


@verb(
    app,
    "add-target",
    example=f"{_ID} --designation T1 --kind arrest_warrant --number W-2026-118 "
    "--issuer 'Pudong PSB' --legal-basis 'CPL art. 82' --expire +7d",
)
def add_target(  # noqa: PLR0913  # an instrument has that many parts, and each is an option
    operation_id: OperationId,
    *,
    designation: Annotated[str, typer.Option(help="What the teams call the target 代号.")],
    kind: Annotated[Any, one_of(pb.AuthorityKind, "Instrument 法律文书.")],
    number: Annotated[str, typer.Option(help="Number on the instrument 文书编号.")],
    issuer: Annotated[str, typer.Option(help="Authority that issued it 签发机关.")],
    legal_basis: LegalBasis,
    expire: Expire,
) -> pb.AddTargetRequest:
    """增加对象 Add a target with the instrument that allows the arrest."""
    authority = pb.Authority(
        kind=kind, number=number, issuer=issuer, legal_basis=legal_basis, expire_time=expire
    )
    return pb.AddTargetRequest(
        operation_id=operation_id, designation=designation, authority=authority
    )


@verb(app, "add-team", example=f"{_ID} --name A --role arrest --leader ops-leader-7f3a")
def add_team(
    operation_id: OperationId,
    *,
    name: Annotated[str, typer.Option(help="What the team is called 组名.")],
    role: Annotated[Any, one_of(pb.TeamRole, "What it does 任务.")],
    leader: Annotated[str, typer.Option(metavar="PERSON_ID", help="Who leads it 组长.")],
    member: Annotated[
        list[str],
        typer.Option(metavar="PERSON_ID", help="Who else is in it 组员; repeat for more."),
    ] = [],  # noqa: B006  # typer copies it
) -> pb.AddTeamRequest:
    """增加小组 Add a team."""
    return pb.AddTeamRequest(
        operation_id=operation_id, name=name, role=role, leader_id=leader, member_ids=member
    )


@verb(app, "plan", example=f"{_ID} --rally-point 'Depot gate' --start +2h --risks 'Dog on site'")
def plan(
    operation_id: OperationId,
    *,
    rally_point: Annotated[str, typer.Option(help="Where the teams meet 集结点.")],
    start: Start,
    risks: Annotated[str, typer.Option(help="Risks, medical needs, vulnerable people 风险.")],
) -> pb.PlanOperationRequest:
    """制定计划 Plan the operation, or plan it anew."""
    return pb.PlanOperationRequest(
        operation_id=operation_id, rally_point=rally_point, start_time=start, risk_note=risks
    )


@verb(app, "approve", example=f"{_ID} --plan-hash {_HASH}")
def approve(
    operation_id: OperationId,
    *,
    plan_hash: Annotated[
        str, typer.Option(help="Hash of the plan you read 计划摘要: see `operations get`.")
    ],
) -> pb.ApproveOperationRequest:
    """批准 Approve the plan you read; two people are needed, and neither shaped it."""
    return pb.ApproveOperationRequest(operation_id=operation_id, plan_hash=plan_hash)


@verb(app, "start", example=_ID)
def start(operation_id: OperationId) -> pb.StartOperationRequest:
    """下达行动命令 Give go."""
    return pb.StartOperationRequest(operation_id=operation_id)


@verb(app, "stand-down", example=f"{_ID} --reason 'Children on site'")
def stand_down(operation_id: OperationId, *, reason: Reason) -> pb.StandDownOperationRequest:
    """取消行动 Stand the operation down; final."""
    return pb.StandDownOperationRequest(operation_id=operation_id, reason=reason)


@verb(app, "complete", example=_ID)
def complete(operation_id: OperationId) -> pb.CompleteOperationRequest:
    """完成行动 Complete the operation once every target is handed over; final."""
    return pb.CompleteOperationRequest(operation_id=operation_id)
