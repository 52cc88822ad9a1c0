"""Reviews, lessons and the timeline.

Revision ID: station_0004
"""

import sqlalchemy as sa
from alembic import op

revision = "station_0004"
down_revision = "station_0003"
branch_labels = None
depends_on = None

_ID = sa.Uuid()
_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the tables."""
    _create_review()
    _create_lesson()
    _create_timeline()


def _create_review() -> None:
    op.create_table(
        "review",
        sa.Column("review_id", _ID, primary_key=True),
        sa.Column("case_id", _ID, nullable=False),
        sa.Column("station", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("opened_by", sa.Text, nullable=False),
        sa.Column("scores", sa.Text, nullable=False),
        sa.Column("create_time", _TIME, nullable=False),
        sa.Column("update_time", _TIME, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
    )
    op.create_index("review_case", "review", ["case_id", "review_id"])


def _create_lesson() -> None:
    op.create_table(
        "lesson",
        sa.Column("lesson_id", _ID, primary_key=True),
        sa.Column("review_id", _ID, nullable=False),
        sa.Column("case_id", _ID, nullable=False),
        sa.Column("station", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("owner_id", sa.Text, nullable=False),
        sa.Column("due_time", _TIME, nullable=False),
        sa.Column("proof", sa.Text, nullable=False),
        sa.Column("create_time", _TIME, nullable=False),
        sa.Column("update_time", _TIME, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
    )
    op.create_index("lesson_review", "lesson", ["review_id", "lesson_id"])


def _create_timeline() -> None:
    op.create_table(
        "timeline",
        sa.Column("event_id", _ID, primary_key=True),
        sa.Column("case_id", _ID, nullable=False),
        sa.Column("event_type", sa.Text, nullable=False),
        sa.Column("event_time", _TIME, nullable=False),
        sa.Column("service", sa.Text, nullable=False),
        sa.Column("aggregate_id", _ID, nullable=False),
        sa.Column("aggregate_version", sa.BigInteger, nullable=False),
    )
    op.create_index("timeline_case", "timeline", ["case_id", "event_id"])
