"""The station service: wiring only."""

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

from chassis import service
from chassis.clock import utc_now
from chassis.consumer import Apply, Consumer
from chassis.database import Database
from chassis.ids import new_id
from chassis.server import Served
from chassis.unit_of_work import UnitOfWork
from jointops.station.v1 import (
    alarm_pb2,
    alarm_pb2_grpc,
    case_pb2,
    case_pb2_grpc,
    review_pb2,
    review_pb2_grpc,
    squad_request_pb2,
    squad_request_pb2_grpc,
)
from services.station.casefile.servicer import CaseServicer
from services.station.casefile.usecases import CaseUseCases
from services.station.circulation.servicer import CirculationServicer
from services.station.circulation.usecases import CirculationUseCases
from services.station.config import AreaSettings, StationSettings
from services.station.consumers import ON_INTEL, ON_OPS, ON_TECH
from services.station.dispatch import call_types
from services.station.dispatch.intake import Desk
from services.station.dispatch.servicer import AlarmServicer
from services.station.dispatch.usecases import AlarmUseCases
from services.station.policy import POLICY
from services.station.review import timeline
from services.station.review.servicer import ReviewServicer
from services.station.review.usecases import ReviewUseCases


def serve(database: Database) -> Sequence[Served]:
    """Make the servicers."""
    begin = partial(UnitOfWork, database)
    desk = Desk(call_types.load(), AreaSettings().make_area())
    return (
        Served(
            case_pb2.DESCRIPTOR.services_by_name["CaseService"],
            CaseServicer(CaseUseCases(begin, utc_now)),
            case_pb2_grpc.add_CaseServiceServicer_to_server,
        ),
        Served(
            alarm_pb2.DESCRIPTOR.services_by_name["AlarmService"],
            AlarmServicer(AlarmUseCases(begin, utc_now, new_id, desk)),
            alarm_pb2_grpc.add_AlarmServiceServicer_to_server,
        ),
        Served(
            squad_request_pb2.DESCRIPTOR.services_by_name["CirculationService"],
            CirculationServicer(CirculationUseCases(begin, utc_now, new_id)),
            squad_request_pb2_grpc.add_CirculationServiceServicer_to_server,
        ),
        Served(
            review_pb2.DESCRIPTOR.services_by_name["ReviewService"],
            ReviewServicer(ReviewUseCases(begin, utc_now, new_id)),
            review_pb2_grpc.add_ReviewServiceServicer_to_server,
        ),
    )


def _follow(producer: str, handlers: Mapping[str, Apply]) -> Consumer:
    """Follow everything a service tells; the timeline takes what belongs to a case."""
    return Consumer(
        producer=producer,
        subjects=[f"jointops.*.{producer}.>"],
        handlers=handlers,
        projection=timeline.PROJECTION,
    )


SERVICE = service.Service(
    name="station",
    policy=POLICY,
    serve=serve,
    consumers=(
        _follow("station", {}),
        _follow("intel", ON_INTEL),
        _follow("tech", ON_TECH),
        _follow("ops", ON_OPS),
    ),
    versions=Path(__file__).parent / "migrations" / "versions",
    settings=StationSettings,
)

if __name__ == "__main__":
    service.main(SERVICE)
