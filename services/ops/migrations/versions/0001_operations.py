"""Operations.

Revision ID: ops_0001
"""

import sqlalchemy as sa
from alembic import op

revision = "ops_0001"
down_revision = None
branch_labels = ("ops",)
depends_on = None

_ID = sa.Uuid()
_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "operation",
        sa.Column("operation_id", _ID, primary_key=True),
        sa.Column("station", sa.Text, nullable=False),
        sa.Column("case_id", _ID, nullable=False),
        sa.Column("squad_request_id", _ID, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("due_time", _TIME, nullable=False),
        sa.Column("leader_id", sa.Text),
        sa.Column("targets", sa.Text, nullable=False),
        sa.Column("teams", sa.Text, nullable=False),
        sa.Column("plan", sa.Text),
        sa.Column("approvals", sa.Text, nullable=False),
        sa.Column("start_time", _TIME),
        sa.Column("stand_down_reason", sa.Text, nullable=False),
        sa.Column("create_time", _TIME, nullable=False),
        sa.Column("update_time", _TIME, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.UniqueConstraint("squad_request_id", name="operation_squad_request_key"),
    )
    op.create_index("operation_station", "operation", ["station", "operation_id"])
    op.create_index("operation_case", "operation", ["case_id", "operation_id"])
