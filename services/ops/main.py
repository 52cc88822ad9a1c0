"""The operations service: wiring only."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from chassis import service
from chassis.assignments import copy_assignments
from chassis.clock import utc_now
from chassis.consumer import Consumer
from chassis.database import Database
from chassis.ids import new_id
from chassis.server import Served
from chassis.unit_of_work import UnitOfWork
from jointops.ops.v1 import arrest_pb2, arrest_pb2_grpc, operation_pb2, operation_pb2_grpc
from jointops.station.v1.case_events_pb2 import (
    CaseMemberAssigned,
    CaseMemberReleased,
    CaseReported,
)
from services.ops.custody.servicer import ArrestServicer
from services.ops.custody.store import Arrests
from services.ops.custody.usecases import ArrestUseCases
from services.ops.operations import consumers as operations
from services.ops.operations.servicer import OperationServicer
from services.ops.operations.usecases import OperationUseCases
from services.ops.policy import POLICY


def serve(database: Database) -> Sequence[Served]:
    """Make the servicers."""
    begin = partial(UnitOfWork, database)
    return (
        Served(
            operation_pb2.DESCRIPTOR.services_by_name["OperationService"],
            OperationServicer(OperationUseCases(begin, utc_now, new_id, Arrests)),
            operation_pb2_grpc.add_OperationServiceServicer_to_server,
        ),
        Served(
            arrest_pb2.DESCRIPTOR.services_by_name["ArrestService"],
            ArrestServicer(ArrestUseCases(begin, utc_now, new_id)),
            arrest_pb2_grpc.add_ArrestServiceServicer_to_server,
        ),
    )


ON_STATION = Consumer(
    producer="station",
    subjects=["jointops.*.station.v1.case.>", "jointops.*.station.v1.squad_request.>"],
    handlers={
        **copy_assignments(
            reported=CaseReported, assigned=CaseMemberAssigned, released=CaseMemberReleased
        ),
        **operations.ON_STATION,
    },
)

SERVICE = service.Service(
    name="ops",
    policy=POLICY,
    serve=serve,
    consumers=(ON_STATION,),
    versions=Path(__file__).parent / "migrations" / "versions",
)

if __name__ == "__main__":
    service.main(SERVICE)
