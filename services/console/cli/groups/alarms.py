"""`jointops alarms`: calls for help, from intake to a case or a disposition."""

from typing import Annotated, Any

import typer

from jointops.station.v1 import alarm_pb2 as pb
from services.console.cli.command import verb
from services.console.cli.options import AlarmId
from services.console.cli.values import moment_option, one_of

app = typer.Typer(name="alarms", help="警情 Alarms: calls for help.", no_args_is_help=True)

_ID = "01992f00-5a10-7c3e-9b1d-2f0f6a1c0001"

CallType = Annotated[str, typer.Option(help="Call type 警情类别, as 211P.")]
Received = Annotated[Any, moment_option("When the call was received; now when left out.")]


@verb(
    app, "report", example="--record 7303184 --call-type 211P --description 'ROBBERY-IN PROGRESS'"
)
def report(  # noqa: PLR0913  # a report has that many parts, and each is an option
    *,
    source: Annotated[Any, one_of(pb.AlarmSource, "Who or what raised it.")] = "operator",
    record: Annotated[str, typer.Option(help="Record number of the system it comes from.")] = "",
    call_type: CallType = "",
    description: Annotated[str, typer.Option(help="What the caller said.")] = "",
    district: Annotated[str, typer.Option(help="Police district.")] = "",
    beat: Annotated[str, typer.Option(help="Beat.")] = "",
    longitude: Annotated[float | None, typer.Option(help="WGS 84, degrees.")] = None,
    latitude: Annotated[float | None, typer.Option(help="WGS 84, degrees.")] = None,
    received: Received = None,
) -> pb.ReportAlarmRequest:
    """接警 Take a call for help in; whatever is missing is flagged, and nothing is refused."""
    return pb.ReportAlarmRequest(
        source=source,
        source_record_id=record,
        call_type=call_type,
        description=description,
        district=district,
        beat=beat,
        longitude=longitude,
        latitude=latitude,
        receive_time=received,
    )


@verb(app, "get", example=_ID)
def get(alarm_id: AlarmId) -> pb.GetAlarmRequest:
    """查看警情 Show one alarm."""
    return pb.GetAlarmRequest(alarm_id=alarm_id)


@verb(app, "list", example="--state reported --all")
def list_(
    *, state: Annotated[Any, one_of(pb.AlarmState, "Only alarms in this state.")] = None
) -> pb.ListAlarmsRequest:
    """警情列表 List the alarms of your station, newest first."""
    return pb.ListAlarmsRequest(state=state)


@verb(app, "dispatch", example=f"{_ID} --unit 1C24")
def dispatch(
    alarm_id: AlarmId,
    *,
    unit: Annotated[str, typer.Option(help="Call sign of the unit 警组呼号, as 1C24.")],
) -> pb.DispatchAlarmRequest:
    """派警 Send a unit to a reported alarm."""
    return pb.DispatchAlarmRequest(alarm_id=alarm_id, unit_id=unit)


@verb(app, "arrive", example=_ID)
def arrive(alarm_id: AlarmId) -> pb.RecordArrivalRequest:
    """到场 Record that the unit arrived."""
    return pb.RecordArrivalRequest(alarm_id=alarm_id)


@verb(app, "escalate", example=f"{_ID} --officer case-officer-7f3a")
def escalate(
    alarm_id: AlarmId,
    *,
    officer: Annotated[str, typer.Option(help="Person in charge of the case 主办人.")],
) -> pb.EscalateAlarmRequest:
    """立案 Make a case of an alarm."""
    return pb.EscalateAlarmRequest(alarm_id=alarm_id, case_officer_id=officer)


@verb(app, "close", example=f"{_ID} --disposition settled")
def close(
    alarm_id: AlarmId,
    *,
    disposition: Annotated[Any, one_of(pb.AlarmDisposition, "How it ended 处置结果.")],
) -> pb.CloseAlarmRequest:
    """结警 Close an alarm without a case."""
    return pb.CloseAlarmRequest(alarm_id=alarm_id, disposition=disposition)
