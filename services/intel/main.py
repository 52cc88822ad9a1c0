"""The intelligence service: wiring only."""

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
from jointops.intel.v1 import (
    lead_pb2,
    lead_pb2_grpc,
    product_pb2,
    product_pb2_grpc,
    tasking_pb2,
    tasking_pb2_grpc,
)
from jointops.station.v1 import case_events_pb2 as station
from services.intel.leads.servicer import LeadServicer
from services.intel.leads.usecases import LeadUseCases
from services.intel.policy import POLICY
from services.intel.products.servicer import ProductServicer
from services.intel.products.usecases import ProductUseCases
from services.intel.taskings import consumers as taskings
from services.intel.taskings.servicer import TaskingServicer
from services.intel.taskings.usecases import TaskingUseCases


def serve(database: Database) -> Sequence[Served]:
    """Make the servicers."""
    begin = partial(UnitOfWork, database)
    return (
        Served(
            tasking_pb2.DESCRIPTOR.services_by_name["TaskingService"],
            TaskingServicer(TaskingUseCases(begin, utc_now)),
            tasking_pb2_grpc.add_TaskingServiceServicer_to_server,
        ),
        Served(
            lead_pb2.DESCRIPTOR.services_by_name["LeadService"],
            LeadServicer(LeadUseCases(begin, utc_now, new_id)),
            lead_pb2_grpc.add_LeadServiceServicer_to_server,
        ),
        Served(
            product_pb2.DESCRIPTOR.services_by_name["ProductService"],
            ProductServicer(ProductUseCases(begin, utc_now, new_id)),
            product_pb2_grpc.add_ProductServiceServicer_to_server,
        ),
    )


ON_STATION = Consumer(
    producer="station",
    subjects=["jointops.*.station.v1.case.>", "jointops.*.station.v1.squad_request.>"],
    handlers={
        **copy_assignments(
            reported=station.CaseReported,
            assigned=station.CaseMemberAssigned,
            released=station.CaseMemberReleased,
        ),
        **taskings.ON_STATION,
    },
)

SERVICE = service.Service(
    name="intel",
    policy=POLICY,
    serve=serve,
    consumers=(ON_STATION,),
    versions=Path(__file__).parent / "migrations" / "versions",
)

if __name__ == "__main__":
    service.main(SERVICE)
