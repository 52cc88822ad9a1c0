"""`jointops cases`: a case from report to closing."""

from typing import Annotated, Any

import typer

from jointops.station.v1 import case_pb2 as pb
from services.console.cli.command import verb
from services.console.cli.options import CaseId, Due, LegalBasis, PersonId, Reason
from services.console.cli.values import one_of

app = typer.Typer(name="cases", help="案件 Cases: from report to closing.", no_args_is_help=True)

_ID = "01992f00-5a10-7c3e-9b1d-2f0f6a1c0002"


@verb(app, "get", example=_ID)
def get(case_id: CaseId) -> pb.GetCaseRequest:
    """查看案件 Show one case."""
    return pb.GetCaseRequest(case_id=case_id)


@verb(app, "list", example="--all -o json")
def list_() -> pb.ListCasesRequest:
    """案件列表 List the cases you may see, newest first."""
    return pb.ListCasesRequest()


@verb(app, "accept", example=_ID)
def accept(case_id: CaseId) -> pb.AcceptCaseRequest:
    """受理 Accept a reported case."""
    return pb.AcceptCaseRequest(case_id=case_id)


@verb(app, "file", example=f"{_ID} --legal-basis 'CPL art. 112'")
def file(case_id: CaseId, *, legal_basis: LegalBasis) -> pb.FileCaseRequest:
    """审批立案 File an accepted case; never whoever accepted it."""
    return pb.FileCaseRequest(case_id=case_id, legal_basis=legal_basis)


@verb(
    app,
    "command",
    example=f"{_ID} --objective 'Find who did it' --squad intelligence --due +48h",
)
def command(
    case_id: CaseId,
    *,
    objective: Annotated[str, typer.Option(help="What is to be reached 目标.")],
    squad: Annotated[list[Any], one_of(pb.Squad, "Squad called on 参战队; repeat for more.")],
    due: Due,
) -> pb.CommandCaseRequest:
    """下达指令 Issue the command of a filed case."""
    return pb.CommandCaseRequest(case_id=case_id, objective=objective, squads=squad, due_time=due)


@verb(app, "assign", example=f"{_ID} intel-analyst-7f3a")
def assign(case_id: CaseId, person_id: PersonId) -> pb.AssignMemberRequest:
    """加入专班 Assign a person to a case."""
    return pb.AssignMemberRequest(case_id=case_id, person_id=person_id)


@verb(app, "release", example=f"{_ID} intel-analyst-7f3a")
def release(case_id: CaseId, person_id: PersonId) -> pb.ReleaseMemberRequest:
    """移出专班 Release a person from a case."""
    return pb.ReleaseMemberRequest(case_id=case_id, person_id=person_id)


@verb(app, "pass-gate", example=_ID)
def pass_gate(case_id: CaseId) -> pb.PassEvidenceGateRequest:
    """通过证据门禁 Pass the evidence gate once its requests are verified."""
    return pb.PassEvidenceGateRequest(case_id=case_id)


@verb(app, "suspend", example=f"{_ID} --reason 'Witness abroad until March'")
def suspend(case_id: CaseId, *, reason: Reason) -> pb.SuspendCaseRequest:
    """中止 Suspend a case."""
    return pb.SuspendCaseRequest(case_id=case_id, reason=reason)


@verb(app, "resume", example=_ID)
def resume(case_id: CaseId) -> pb.ResumeCaseRequest:
    """恢复 Resume a suspended case."""
    return pb.ResumeCaseRequest(case_id=case_id)


@verb(app, "transfer", example=f"{_ID} --agency 'Pudong prosecutor'")
def transfer(
    case_id: CaseId,
    *,
    agency: Annotated[str, typer.Option(help="Receiving agency 移送单位.")],
) -> pb.TransferCaseRequest:
    """移送 Transfer a case to another agency; final."""
    return pb.TransferCaseRequest(case_id=case_id, agency=agency)


@verb(app, "merge", example=f"{_ID} --into 01992f00-5a10-7c3e-9b1d-2f0f6a1c0003")
def merge(
    case_id: CaseId,
    *,
    into: Annotated[str, typer.Option(metavar="CASE_ID", help="Case that goes on 并入案件.")],
) -> pb.MergeCaseRequest:
    """并案 Merge a case into another of the station; final."""
    return pb.MergeCaseRequest(case_id=case_id, into_case_id=into)


@verb(app, "close", example=_ID)
def close(case_id: CaseId) -> pb.CloseCaseRequest:
    """办结案件 Close an evaluated case."""
    return pb.CloseCaseRequest(case_id=case_id)
