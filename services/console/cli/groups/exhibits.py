"""`jointops exhibits`: exhibits and the chain of their custody."""

import hashlib
from pathlib import Path
from typing import Annotated

import typer

from jointops.tech.v1 import exhibit_pb2 as pb
from services.console.cli.command import verb
from services.console.cli.options import ExhibitId, LegalBasis, OfCase, Reason

app = typer.Typer(
    name="exhibits", help="物证 Exhibits and their chain of custody.", no_args_is_help=True
)

_ID = "01992f00-5a10-7c3e-9b1d-2f0f6a1c0030"
_CASE = "01992f00-5a10-7c3e-9b1d-2f0f6a1c0002"

Seal = Annotated[str, typer.Option(help="Seal number 封签号, as S-88120.")]


@verb(app, "get", example=_ID)
def get(exhibit_id: ExhibitId) -> pb.GetExhibitRequest:
    """查看物证 Show one exhibit with its whole custody chain."""
    return pb.GetExhibitRequest(exhibit_id=exhibit_id)


@verb(app, "list", example=f"--case {_CASE}")
def list_(*, case_id: OfCase) -> pb.ListExhibitsRequest:
    """物证列表 List the exhibits of a case, newest first."""
    return pb.ListExhibitsRequest(case_id=case_id)


@verb(
    app,
    "register",
    example=f"--case {_CASE} --description 'Knife' --file knife.jpg --seal S-88120 "
    "--legal-basis 'CPL art. 141'",
)
def register(
    *,
    case_id: OfCase,
    description: Annotated[str, typer.Option(help="What it is 名称特征.")],
    file: Annotated[
        Path,
        typer.Option(
            exists=True,
            dir_okay=False,
            help="Digital original, or photograph of a sealed thing; its SHA-256 is sent.",
        ),
    ],
    seal: Seal,
    legal_basis: LegalBasis,
) -> pb.RegisterExhibitRequest:
    """登记物证 Register an exhibit; you are its first holder."""
    with file.open("rb") as original:
        digest = hashlib.file_digest(original, "sha256").hexdigest()
    return pb.RegisterExhibitRequest(
        case_id=case_id,
        description=description,
        content_sha256=digest,
        seal_number=seal,
        legal_basis=legal_basis,
    )


@verb(app, "offer", example=f"{_ID} --to tech-examiner-7f3a --seal S-88120 --reason 'Examination'")
def offer(
    exhibit_id: ExhibitId,
    *,
    to: Annotated[str, typer.Option(metavar="PERSON_ID", help="Receiver 接收人.")],
    seal: Seal,
    reason: Reason,
) -> pb.OfferCustodyTransferRequest:
    """移交 Offer an exhibit you hold to another person."""
    return pb.OfferCustodyTransferRequest(
        exhibit_id=exhibit_id, receiver_id=to, seal_number=seal, reason=reason
    )


@verb(app, "accept", example=f"{_ID} --seal S-88120")
def accept(exhibit_id: ExhibitId, *, seal: Seal) -> pb.AcceptCustodyTransferRequest:
    """接收 Accept an exhibit on offer, under the seal you read on it."""
    return pb.AcceptCustodyTransferRequest(exhibit_id=exhibit_id, seal_number=seal)


@verb(app, "decline", example=f"{_ID} --reason 'The seal is broken'")
def decline(exhibit_id: ExhibitId, *, reason: Reason) -> pb.DeclineCustodyTransferRequest:
    """拒收 Decline an exhibit on offer; its holder keeps it."""
    return pb.DeclineCustodyTransferRequest(exhibit_id=exhibit_id, reason=reason)
