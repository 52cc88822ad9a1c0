"""Squad requests.

Revision ID: station_0003
"""

import sqlalchemy as sa
from alembic import op

revision = "station_0003"
down_revision = "station_0002"
branch_labels = None
depends_on = None

_ID = sa.Uuid()
_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "squad_request",
        sa.Column("squad_request_id", _ID, primary_key=True),
        sa.Column("case_id", _ID, nullable=False),
        sa.Column("station", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("squad", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("question", sa.Text, nullable=False),
        sa.Column("due_time", _TIME, nullable=False),
        sa.Column("is_gating", sa.Boolean, nullable=False),
        sa.Column("ordered_by", sa.Text, nullable=False),
        sa.Column("sign_for_time", _TIME),
        sa.Column("answer_id", _ID),
        sa.Column("send_back_reason", sa.Text, nullable=False),
        sa.Column("rating", sa.Integer),
        sa.Column("verified_by", sa.Text),
        sa.Column("create_time", _TIME, nullable=False),
        sa.Column("update_time", _TIME, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
    )
    op.create_index("squad_request_case", "squad_request", ["case_id", "squad_request_id"])
    op.create_index(
        "squad_request_arrest_key",
        "squad_request",
        ["case_id"],
        unique=True,
        postgresql_where=sa.text("kind = 'joint_arrest' AND state <> 'withdrawn'"),
    )
