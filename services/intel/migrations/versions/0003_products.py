"""Products.

Revision ID: intel_0003
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision = "intel_0003"
down_revision = "intel_0002"
branch_labels = None
depends_on = None

_ID = sa.Uuid()
_TIME = sa.DateTime(timezone=True)
_TEXTS = ARRAY(sa.Text)


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "product",
        sa.Column("product_id", _ID, primary_key=True),
        sa.Column("station", sa.Text, nullable=False),
        sa.Column("case_id", _ID, nullable=False),
        sa.Column("tasking_id", _ID, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("assessment", sa.Text, nullable=False),
        sa.Column("lead_ids", _TEXTS, nullable=False),
        sa.Column("drafted_by", sa.Text, nullable=False),
        sa.Column("graded_by", sa.Text),
        sa.Column("source_grade", sa.Text),
        sa.Column("information_grade", sa.Text),
        sa.Column("published_by", sa.Text),
        sa.Column("create_time", _TIME, nullable=False),
        sa.Column("update_time", _TIME, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
    )
    op.create_index("product_case", "product", ["case_id", "product_id"])
