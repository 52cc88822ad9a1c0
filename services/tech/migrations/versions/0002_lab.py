"""Examinations.

Revision ID: tech_0002
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "tech_0002"
down_revision = "tech_0001"
branch_labels = None
depends_on = None

_ID = sa.Uuid()
_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "examination",
        sa.Column("examination_id", _ID, primary_key=True),
        sa.Column("station", sa.Text, nullable=False),
        sa.Column("case_id", _ID, nullable=False),
        sa.Column("squad_request_id", _ID, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("due_time", _TIME, nullable=False),
        sa.Column("examiner_id", sa.Text),
        sa.Column("results", JSONB, nullable=False),
        sa.Column("verified_by", sa.Text),
        sa.Column("return_reason", sa.Text, nullable=False),
        sa.Column("create_time", _TIME, nullable=False),
        sa.Column("update_time", _TIME, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.UniqueConstraint("squad_request_id", name="examination_squad_request_key"),
    )
    op.create_index("examination_case", "examination", ["case_id", "examination_id"])
    op.create_index("examination_station", "examination", ["station", "examination_id"])
