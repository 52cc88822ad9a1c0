"""The technical service: wiring only."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from chassis import service
from chassis.assignments import copy_assignments
from chassis.clock import utc_now
from chassis.consumer import Consumer
from chassis.database import Database
from chassis.server import Served
from chassis.unit_of_work import UnitOfWork
from jointops.station.v1 import case_events_pb2
from jointops.tech.v1 import (
    examination_pb2,
    examination_pb2_grpc,
    exhibit_pb2,
    exhibit_pb2_grpc,
)
from services.tech.exhibits.servicer import ExhibitServicer
from services.tech.exhibits.usecases import ExhibitUseCases
from services.tech.lab import consumers as lab
from services.tech.lab.servicer import ExaminationServicer
from services.tech.lab.usecases import ExaminationUseCases
from services.tech.policy import POLICY


def serve(database: Database) -> Sequence[Served]:
    """Make the servicers."""
    begin = partial(UnitOfWork, database)
    return (
        Served(
            exhibit_pb2.DESCRIPTOR.services_by_name["ExhibitService"],
            ExhibitServicer(ExhibitUseCases(begin, utc_now)),
            exhibit_pb2_grpc.add_ExhibitServiceServicer_to_server,
        ),
        Served(
            examination_pb2.DESCRIPTOR.services_by_name["ExaminationService"],
            ExaminationServicer(ExaminationUseCases(begin, utc_now)),
            examination_pb2_grpc.add_ExaminationServiceServicer_to_server,
        ),
    )


_ASSIGNMENTS = copy_assignments(
    reported=case_events_pb2.CaseReported,
    assigned=case_events_pb2.CaseMemberAssigned,
    released=case_events_pb2.CaseMemberReleased,
)

SERVICE = service.Service(
    name="tech",
    policy=POLICY,
    serve=serve,
    consumers=(
        Consumer(
            producer="station",
            subjects=["jointops.*.station.v1.case.>", "jointops.*.station.v1.squad_request.>"],
            handlers={**_ASSIGNMENTS, **lab.ON_STATION},
        ),
    ),
    versions=Path(__file__).parent / "migrations" / "versions",
)

if __name__ == "__main__":
    service.main(SERVICE)
