"""`jointops arrests`: arrests, and the hand-over of whoever was arrested."""

from typing import Annotated, Any

import typer

from jointops.ops.v1 import arrest_pb2 as pb
from services.console.cli.command import verb
from services.console.cli.options import ArrestId
from services.console.cli.values import moment_option, one_of

app = typer.Typer(name="arrests", help="抓捕移交 Arrests and hand-overs.", no_args_is_help=True)

_ID = "01992f00-5a10-7c3e-9b1d-2f0f6a1c0041"
_OPERATION = "01992f00-5a10-7c3e-9b1d-2f0f6a1c0040"

OfOperation = Annotated[
    str, typer.Option("--operation", metavar="OPERATION_ID", help="Operation 行动.")
]
Place = Annotated[str, typer.Option(help="Where 地点.")]
Arrested = Annotated[Any, moment_option("When the arrest was made 抓捕时间.")]


@verb(app, "get", example=_ID)
def get(arrest_id: ArrestId) -> pb.GetArrestRequest:
    """查看抓捕 Show one arrest with its signatures."""
    return pb.GetArrestRequest(arrest_id=arrest_id)


@verb(app, "list", example=f"--operation {_OPERATION}")
def list_(*, operation_id: OfOperation) -> pb.ListArrestsRequest:
    """抓捕列表 List the arrests of an operation, newest first."""
    return pb.ListArrestsRequest(operation_id=operation_id)


@verb(
    app,
    "record",
    example=f"--operation {_OPERATION} --target 01992f00-5a10-7c3e-9b1d-2f0f6a1c0042 "
    "--identity document --at 2026-11-23T20:15Z --place 'Depot gate'",
)
def record(
    *,
    operation_id: OfOperation,
    target: Annotated[str, typer.Option(metavar="TARGET_ID", help="Target arrested 对象.")],
    identity: Annotated[Any, one_of(pb.IdentityMethod, "How the identity was confirmed 核实方式.")],
    at: Arrested,
    place: Place,
) -> pb.RecordArrestRequest:
    """记录抓捕 Record an arrest whose identity was confirmed."""
    return pb.RecordArrestRequest(
        operation_id=operation_id,
        target_id=target,
        identity_method=identity,
        arrest_time=at,
        place=place,
    )


@verb(app, "offer", example=f"{_ID} --place 'Custody suite'")
def offer(arrest_id: ArrestId, *, place: Place) -> pb.OfferHandOverRequest:
    """移交 Offer whoever was arrested to custody: the first signature."""
    return pb.OfferHandOverRequest(arrest_id=arrest_id, hand_over_place=place)


@verb(app, "accept", example=_ID)
def accept(arrest_id: ArrestId) -> pb.AcceptHandOverRequest:
    """接收 Accept the hand-over: the second signature, of another person."""
    return pb.AcceptHandOverRequest(arrest_id=arrest_id)
