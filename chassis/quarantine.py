"""What operators do about events that could not be applied: look, and try again."""

import sqlalchemy as sa

from chassis.database import Database
from chassis.ids import is_uuid
from chassis.inbox import POISON, REDRIVE
from chassis.statements import Statement
from chassis.tables import HELD

_LIST = Statement(sa.select(HELD).order_by(HELD.c.hold_time).limit(1000))
_REDRIVE = Statement(
    sa.update(HELD)
    .where(
        HELD.c.event_id == sa.bindparam("key", type_=HELD.c.event_id.type),
        HELD.c.reason == POISON,
    )
    .values(reason=REDRIVE)
    .returning(HELD.c.event_id)
)


async def list_held(database: Database) -> list[str]:
    """Return a line for each event held back: consumer, event, aggregate, version, reason."""
    connection = await database.acquire()
    try:
        rows = await connection.fetch_all(_LIST, {})
    finally:
        database.release(connection)
    return [
        f"{row['consumer']} {row['event_id']} of {row['aggregate_id']} v{row['aggregate_version']}"
        f" {row['reason']} {row['detail']}".rstrip()
        for row in rows
    ]


async def redrive(database: Database, event_id: str) -> int:
    """Ask the consumers to try an event again; return how many hold it in quarantine."""
    if not is_uuid(event_id):
        return 0
    connection = await database.acquire()
    try:
        return len(await connection.fetch_all(_REDRIVE, {"key": event_id}))
    finally:
        database.release(connection)
