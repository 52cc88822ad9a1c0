"""`jointops examinations`: what the technical squad examines, and who verified it."""

from typing import Annotated, Any

import typer

from jointops.tech.v1 import examination_pb2 as pb
from services.console.cli.command import verb
from services.console.cli.groups.taskings import OfCaseOrAny
from services.console.cli.options import ExaminationId, Reason
from services.console.cli.values import one_of

app = typer.Typer(
    name="examinations", help="检验 Examinations of the technical squad.", no_args_is_help=True
)

_ID = "01992f00-5a10-7c3e-9b1d-2f0f6a1c0031"
_EXHIBIT = "01992f00-5a10-7c3e-9b1d-2f0f6a1c0030"


@verb(app, "get", example=_ID)
def get(examination_id: ExaminationId) -> pb.GetExaminationRequest:
    """查看检验 Show one examination with every result."""
    return pb.GetExaminationRequest(examination_id=examination_id)


@verb(app, "list", example="--all")
def list_(*, case_id: OfCaseOrAny = "") -> pb.ListExaminationsRequest:
    """检验列表 List the examinations you may see, newest first."""
    return pb.ListExaminationsRequest(case_id=case_id)


@verb(app, "sign-for", example=_ID)
def sign_for(examination_id: ExaminationId) -> pb.SignForExaminationRequest:
    """签收 Sign for an examination; you are its examiner from then on."""
    return pb.SignForExaminationRequest(examination_id=examination_id)


@verb(
    app,
    "record",
    example=f"{_ID} --exhibit {_EXHIBIT} --method 'GA/T 383-2014' --finding 'Full profile' "
    "--conclusion supports",
)
def record(
    examination_id: ExaminationId,
    *,
    exhibit: Annotated[
        list[str],
        typer.Option(metavar="EXHIBIT_ID", help="Exhibit examined 物证; repeat for more."),
    ],
    method: Annotated[str, typer.Option(help="Method used 方法, as 'GA/T 383-2014'.")],
    finding: Annotated[str, typer.Option(help="What was found 发现.")],
    conclusion: Annotated[Any, one_of(pb.ExaminationConclusion, "What it says 结论.")],
) -> pb.RecordExaminationResultRequest:
    """记录结果 Record a result; an earlier one is kept."""
    return pb.RecordExaminationResultRequest(
        examination_id=examination_id,
        exhibit_ids=exhibit,
        method=method,
        finding=finding,
        conclusion=conclusion,
    )


@verb(app, "verify", example=_ID)
def verify(examination_id: ExaminationId) -> pb.VerifyExaminationRequest:
    """复核 Verify the recorded result; never whoever recorded it."""
    return pb.VerifyExaminationRequest(examination_id=examination_id)


@verb(app, "return", example=f"{_ID} --reason 'Control sample missing'")
def return_(examination_id: ExaminationId, *, reason: Reason) -> pb.ReturnExaminationRequest:
    """退回检验员 Return the recorded result to its examiner."""
    return pb.ReturnExaminationRequest(examination_id=examination_id, reason=reason)
