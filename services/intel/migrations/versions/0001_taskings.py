"""Taskings.

Revision ID: intel_0001
"""

import sqlalchemy as sa
from alembic import op

revision = "intel_0001"
down_revision = None
branch_labels = ("intel",)
depends_on = None

_ID = sa.Uuid()
_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "tasking",
        sa.Column("tasking_id", _ID, primary_key=True),
        sa.Column("station", sa.Text, nullable=False),
        sa.Column("case_id", _ID, nullable=False),
        sa.Column("squad_request_id", _ID, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("due_time", _TIME, nullable=False),
        sa.Column("signed_for_by", sa.Text),
        sa.Column("product_id", _ID),
        sa.Column("create_time", _TIME, nullable=False),
        sa.Column("update_time", _TIME, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.UniqueConstraint("squad_request_id", name="tasking_squad_request_key"),
    )
    op.create_index("tasking_case", "tasking", ["case_id", "tasking_id"])
    op.create_index("tasking_station", "tasking", ["station", "tasking_id"])
