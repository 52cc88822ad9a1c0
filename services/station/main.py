"""The station service: wiring only."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from chassis import service
from chassis.clock import utc_now
from chassis.consumer import Consumer
from chassis.database import Database
from chassis.server import Served
from chassis.unit_of_work import UnitOfWork
from jointops.station.v1 import case_pb2, case_pb2_grpc
from services.station.casefile import consumers as casefile
from services.station.casefile.servicer import CaseServicer
from services.station.casefile.usecases import CaseUseCases
from services.station.policy import POLICY


def serve(database: Database) -> Sequence[Served]:
    """Make the servicers."""
    begin = partial(UnitOfWork, database)
    return (
        Served(
            case_pb2.DESCRIPTOR.services_by_name["CaseService"],
            CaseServicer(CaseUseCases(begin, utc_now)),
            case_pb2_grpc.add_CaseServiceServicer_to_server,
        ),
    )


SERVICE = service.Service(
    name="station",
    policy=POLICY,
    serve=serve,
    consumers=(Consumer(producer="ops", subjects=["jointops.*.ops.>"], handlers=casefile.ON_OPS),),
    versions=Path(__file__).parent / "migrations" / "versions",
)

if __name__ == "__main__":
    service.main(SERVICE)
