"""Leads.

Revision ID: intel_0002
"""

import sqlalchemy as sa
from alembic import op

revision = "intel_0002"
down_revision = "intel_0001"
branch_labels = None
depends_on = None

_ID = sa.Uuid()
_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "lead",
        sa.Column("lead_id", _ID, primary_key=True),
        sa.Column("station", sa.Text, nullable=False),
        sa.Column("case_id", _ID, nullable=False),
        sa.Column("tasking_id", _ID, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("priority", sa.Integer, nullable=False),
        sa.Column("summary", sa.Text, nullable=False),
        sa.Column("purpose", sa.Text, nullable=False),
        sa.Column("legal_basis", sa.Text, nullable=False),
        sa.Column("expire_time", _TIME, nullable=False),
        sa.Column("recorded_by", sa.Text, nullable=False),
        sa.Column("decided_by", sa.Text),
        sa.Column("rejection_ground", sa.Text),
        sa.Column("create_time", _TIME, nullable=False),
        sa.Column("update_time", _TIME, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
    )
    op.create_index("lead_case", "lead", ["case_id", "lead_id"])
