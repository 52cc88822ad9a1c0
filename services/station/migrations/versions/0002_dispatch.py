"""Alarms.

Revision ID: station_0002
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision = "station_0002"
down_revision = "station_0001"
branch_labels = None
depends_on = None

_ID = sa.Uuid()
_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "alarm",
        sa.Column("alarm_id", _ID, primary_key=True),
        sa.Column("station", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("source_record_id", sa.Text),
        sa.Column("call_type", sa.Text, nullable=False),
        sa.Column("description", sa.Text, nullable=False),
        sa.Column("district", sa.Text, nullable=False),
        sa.Column("beat", sa.Text, nullable=False),
        sa.Column("longitude", sa.Double),
        sa.Column("latitude", sa.Double),
        sa.Column("receive_time", _TIME, nullable=False),
        sa.Column("priority", sa.Integer, nullable=False),
        sa.Column("is_serious", sa.Boolean, nullable=False),
        sa.Column("flags", ARRAY(sa.Text), nullable=False),
        sa.Column("unit_id", sa.Text),
        sa.Column("dispatch_time", _TIME),
        sa.Column("arrive_time", _TIME),
        sa.Column("case_id", _ID),
        sa.Column("disposition", sa.Text),
        sa.Column("create_time", _TIME, nullable=False),
        sa.Column("update_time", _TIME, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.UniqueConstraint("station", "source_record_id", name="alarm_record_key"),
    )
    op.create_index("alarm_station", "alarm", ["station", "alarm_id"])
    op.create_index("alarm_station_state", "alarm", ["station", "state", "alarm_id"])
