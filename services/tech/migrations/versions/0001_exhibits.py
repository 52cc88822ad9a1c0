"""Exhibits.

Revision ID: tech_0001
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "tech_0001"
down_revision = None
branch_labels = ("tech",)
depends_on = None

_ID = sa.Uuid()
_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "exhibit",
        sa.Column("exhibit_id", _ID, primary_key=True),
        sa.Column("station", sa.Text, nullable=False),
        sa.Column("case_id", _ID, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("description", sa.Text, nullable=False),
        sa.Column("content_sha256", sa.Text, nullable=False),
        sa.Column("legal_basis", sa.Text, nullable=False),
        sa.Column("holder_id", sa.Text, nullable=False),
        sa.Column("receiver_id", sa.Text),
        sa.Column("seal_number", sa.Text, nullable=False),
        sa.Column("custody", JSONB, nullable=False),
        sa.Column("create_time", _TIME, nullable=False),
        sa.Column("update_time", _TIME, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
    )
    op.create_index("exhibit_case", "exhibit", ["case_id", "exhibit_id"])
