"""What the mirror has seen.

Revision ID: mirror_0001
"""

import sqlalchemy as sa
from alembic import op

revision = "mirror_0001"
down_revision = None
branch_labels = ("mirror",)
depends_on = None


def upgrade() -> None:
    """Make the table; nothing in it keeps an event from being seen twice."""
    op.create_table(
        "seen",
        sa.Column("seen", sa.BigInteger, sa.Identity(always=True), primary_key=True),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("event_type", sa.Text, nullable=False),
    )
