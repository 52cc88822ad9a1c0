"""`jointops taskings`: what the intelligence squad makes of a squad request."""

from typing import Annotated

import typer

from jointops.intel.v1 import tasking_pb2 as pb
from services.console.cli.command import verb
from services.console.cli.options import TaskingId

app = typer.Typer(
    name="taskings", help="情报任务 Taskings of the intelligence squad.", no_args_is_help=True
)

_ID = "01992f00-5a10-7c3e-9b1d-2f0f6a1c0020"

OfCaseOrAny = Annotated[
    str, typer.Option("--case", metavar="CASE_ID", help="Only this case 案件.", show_default=False)
]


@verb(app, "get", example=_ID)
def get(tasking_id: TaskingId) -> pb.GetTaskingRequest:
    """查看任务 Show one tasking."""
    return pb.GetTaskingRequest(tasking_id=tasking_id)


@verb(app, "list", example="--all")
def list_(*, case_id: OfCaseOrAny = "") -> pb.ListTaskingsRequest:
    """任务列表 List the taskings you may see, newest first."""
    return pb.ListTaskingsRequest(case_id=case_id)


@verb(app, "sign-for", example=_ID)
def sign_for(tasking_id: TaskingId) -> pb.SignForTaskingRequest:
    """签收 Sign for a tasking in the name of the squad."""
    return pb.SignForTaskingRequest(tasking_id=tasking_id)
