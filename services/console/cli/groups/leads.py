"""`jointops leads`: what was learned, and whether a person confirmed it."""

from typing import Annotated, Any

import typer

from jointops.intel.v1 import lead_pb2 as pb
from services.console.cli.command import verb
from services.console.cli.options import LeadId, LegalBasis, OfCase
from services.console.cli.values import moment_option, one_of

app = typer.Typer(
    name="leads", help="线索 Leads: recorded, then confirmed or rejected.", no_args_is_help=True
)

_ID = "01992f00-5a10-7c3e-9b1d-2f0f6a1c0021"
_TASKING = "01992f00-5a10-7c3e-9b1d-2f0f6a1c0020"

Priority = Annotated[int, typer.Option(min=1, max=4, help="1 (act now) to 4 (file only) 优先级.")]
Expire = Annotated[Any, moment_option("When purpose and legal basis lapse 有效期.")]


@verb(app, "get", example=_ID)
def get(lead_id: LeadId) -> pb.GetLeadRequest:
    """查看线索 Show one lead."""
    return pb.GetLeadRequest(lead_id=lead_id)


@verb(app, "list", example="--case 01992f00-5a10-7c3e-9b1d-2f0f6a1c0002")
def list_(*, case_id: OfCase) -> pb.ListLeadsRequest:
    """线索列表 List the leads of a case, newest first."""
    return pb.ListLeadsRequest(case_id=case_id)


@verb(
    app,
    "record",
    example=f"--tasking {_TASKING} --priority 2 --summary 'Seen at the depot' "
    "--purpose 'Locate the vehicle' --legal-basis 'CPL art. 54' --expire +30d",
)
def record(
    *,
    tasking: Annotated[str, typer.Option(metavar="TASKING_ID", help="Tasking 情报任务.")],
    priority: Priority,
    summary: Annotated[str, typer.Option(help="What was learned 内容.")],
    purpose: Annotated[str, typer.Option(help="What it may be used for 用途.")],
    legal_basis: LegalBasis,
    expire: Expire,
) -> pb.RecordLeadRequest:
    """记录线索 Record a lead under a tasking."""
    return pb.RecordLeadRequest(
        tasking_id=tasking,
        priority=priority,
        summary=summary,
        purpose=purpose,
        legal_basis=legal_basis,
        expire_time=expire,
    )


@verb(app, "reprioritise", example=f"{_ID} --priority 1")
def reprioritise(lead_id: LeadId, *, priority: Priority) -> pb.ReprioritiseLeadRequest:
    """调整优先级 Give an open lead another priority."""
    return pb.ReprioritiseLeadRequest(lead_id=lead_id, priority=priority)


@verb(app, "confirm", example=_ID)
def confirm(lead_id: LeadId) -> pb.ConfirmLeadRequest:
    """确认 Confirm a lead: products may rest on it."""
    return pb.ConfirmLeadRequest(lead_id=lead_id)


@verb(app, "reject", example=f"{_ID} --ground unfounded")
def reject(
    lead_id: LeadId, *, ground: Annotated[Any, one_of(pb.RejectionGround, "Why 原因.")]
) -> pb.RejectLeadRequest:
    """排除 Reject a lead."""
    return pb.RejectLeadRequest(lead_id=lead_id, ground=ground)
