"""Cases.

Revision ID: station_0001
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision = "station_0001"
down_revision = None
branch_labels = ("station",)
depends_on = None

_ID = sa.Uuid()
_TIME = sa.DateTime(timezone=True)
_TEXTS = ARRAY(sa.Text)


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "case_file",
        sa.Column("case_id", _ID, primary_key=True),
        sa.Column("station", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("alarm_id", _ID, nullable=False),
        sa.Column("call_type", sa.Text, nullable=False),
        sa.Column("case_officer_id", sa.Text, nullable=False),
        sa.Column("member_ids", _TEXTS, nullable=False),
        sa.Column("accepted_by", sa.Text),
        sa.Column("legal_basis", sa.Text, nullable=False),
        sa.Column("objective", sa.Text, nullable=False),
        sa.Column("squads", _TEXTS, nullable=False),
        sa.Column("due_time", _TIME),
        sa.Column("gate_missing_ids", _TEXTS, nullable=False),
        sa.Column("gate_met_ids", _TEXTS, nullable=False),
        sa.Column("is_gate_passed", sa.Boolean, nullable=False),
        sa.Column("is_reviewed", sa.Boolean, nullable=False),
        sa.Column("suspended_from", sa.Text),
        sa.Column("suspend_reason", sa.Text, nullable=False),
        sa.Column("transferred_to", sa.Text, nullable=False),
        sa.Column("merged_into_id", _ID),
        sa.Column("create_time", _TIME, nullable=False),
        sa.Column("update_time", _TIME, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
    )
    op.create_index("case_file_station", "case_file", ["station", "case_id"])
