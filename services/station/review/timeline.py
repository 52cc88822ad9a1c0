"""The timeline of a case: one row an event, filled from events alone, whoever emitted them.

Nothing else writes it, so it shows what the platform said when it happened, not what somebody
remembered for the review.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from chassis.cloudevents import Delivery
from chassis.database import Row
from chassis.paging import LAST_ID, Page
from chassis.projection import Projection
from chassis.statements import Statement, bind
from chassis.tables import ID, TIME
from chassis.unit import Unit
from services.station.review.aggregate import TimelineEntry
from services.station.tables import METADATA

# Smaller than every UUID we make: the first page starts above it.
_FIRST_ID = "00000000-0000-0000-0000-000000000000"

TIMELINE = sa.Table(
    "timeline",
    METADATA,
    sa.Column("event_id", ID, primary_key=True),
    sa.Column("case_id", ID, nullable=False),
    sa.Column("event_type", sa.Text, nullable=False),
    sa.Column("event_time", TIME, nullable=False),
    sa.Column("service", sa.Text, nullable=False),
    sa.Column("aggregate_id", ID, nullable=False),
    sa.Column("aggregate_version", sa.BigInteger, nullable=False),
)
_T = TIMELINE.c
sa.Index("timeline_case", _T.case_id, _T.event_id)

_LIST = Statement(
    sa.select(TIMELINE)
    .where(_T.case_id == bind(_T.case_id, "case_id"), _T.event_id > bind(_T.event_id, "after"))
    .order_by(_T.event_id)
    .limit(sa.bindparam("limit", type_=sa.Integer))
)


def _fill() -> sa.Insert:
    """Insert a batch of entries from one array a column; an entry that is there stays."""
    arrays = (sa.bindparam(f"all_{column.name}", type_=sa.ARRAY(column.type)) for column in _T)
    names = [column.name for column in _T]
    entries = sa.func.unnest(*arrays).table_valued(*names).render_derived(name="entry")
    rows = insert(TIMELINE).from_select(names, sa.select(*entries.c))
    return rows.on_conflict_do_nothing()


class Timeline:
    """The timelines, as one unit of work reads them."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit

    async def list(self, page: Page, *, case_id: str) -> tuple[list[TimelineEntry], str]:
        """Load a page of a case's timeline, oldest first, and the token of the next page.

        Whether the caller may see the case is checked before, with the case. This list grows at
        its end: what the page calls `before` is the place from which it goes on.
        """
        after = _FIRST_ID if page.before == LAST_ID else page.before
        rows = await self._unit.page(_LIST, case_id=case_id, after=after, limit=page.limit)
        shown, token = page.cut(rows, "event_id")
        return [_row_to_entry(row) for row in shown], token


def _arrays(deliveries: Sequence[Delivery]) -> dict[str, list[object]]:
    """Make the entries of those events that belong to a case."""
    entries = [_delivery_to_entry(each) for each in deliveries if each.case_id]
    return {
        "all_event_id": [each.event_id for each in entries],
        "all_case_id": [each.case_id for each in entries],
        "all_event_type": [each.event_type for each in entries],
        "all_event_time": [each.happened_at for each in entries],
        "all_service": [each.service for each in entries],
        "all_aggregate_id": [each.aggregate_id for each in entries],
        "all_aggregate_version": [each.aggregate_version for each in entries],
    }


def _delivery_to_entry(delivery: Delivery) -> TimelineEntry:
    _, service, _ = delivery.event_type.split(".", 2)
    return TimelineEntry(
        event_id=delivery.event_id,
        case_id=delivery.case_id,
        event_type=delivery.event_type,
        happened_at=delivery.event_time,
        service=service,
        aggregate_id=delivery.aggregate_id,
        aggregate_version=delivery.aggregate_version,
    )


def _row_to_entry(row: Row) -> TimelineEntry:
    return TimelineEntry(
        event_id=str(row["event_id"]),
        case_id=str(row["case_id"]),
        event_type=row["event_type"],
        happened_at=row["event_time"],
        service=row["service"],
        aggregate_id=str(row["aggregate_id"]),
        aggregate_version=row["aggregate_version"],
    )


PROJECTION = Projection(_fill(), _arrays)
