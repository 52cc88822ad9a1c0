"""Arrests.

Revision ID: ops_0002
"""

import sqlalchemy as sa
from alembic import op

revision = "ops_0002"
down_revision = "ops_0001"
branch_labels = None
depends_on = None

_ID = sa.Uuid()
_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "arrest",
        sa.Column("arrest_id", _ID, primary_key=True),
        sa.Column("station", sa.Text, nullable=False),
        sa.Column("case_id", _ID, nullable=False),
        sa.Column("squad_request_id", _ID, nullable=False),
        sa.Column("operation_id", _ID, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("target_id", _ID, nullable=False),
        sa.Column("identity_method", sa.Text, nullable=False),
        sa.Column("arrest_time", _TIME, nullable=False),
        sa.Column("place", sa.Text, nullable=False),
        sa.Column("recorder_id", sa.Text, nullable=False),
        sa.Column("hand_over_place", sa.Text, nullable=False),
        sa.Column("offerer_id", sa.Text),
        sa.Column("offer_time", _TIME),
        sa.Column("offer_sha256", sa.Text),
        sa.Column("receiver_id", sa.Text),
        sa.Column("accept_time", _TIME),
        sa.Column("accept_sha256", sa.Text),
        sa.Column("create_time", _TIME, nullable=False),
        sa.Column("update_time", _TIME, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.UniqueConstraint("operation_id", "target_id", name="arrest_target_key"),
    )
    op.create_index("arrest_operation", "arrest", ["operation_id", "arrest_id"])
