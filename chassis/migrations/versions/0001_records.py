"""Records of what happened, and who may see a case.

Revision ID: chassis_0001
"""

import sqlalchemy as sa
from alembic import op

revision = "chassis_0001"
down_revision = None
branch_labels = ("chassis",)
depends_on = None

_ID = sa.Uuid()
_TIME = sa.DateTime(timezone=True)
_NOW = sa.text("now()")


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "outbox",
        sa.Column("position", sa.BigInteger, sa.Identity(always=True), nullable=False),
        sa.Column("event_id", _ID, nullable=False),
        sa.Column("event_type", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("aggregate_id", _ID, nullable=False),
        sa.Column("aggregate_version", sa.BigInteger, nullable=False),
        sa.Column("case_id", sa.Text, nullable=False),
        sa.Column("event_time", _TIME, nullable=False),
        sa.Column("payload", sa.LargeBinary, nullable=False),
        sa.Column("request_id", sa.Text, nullable=False),
        sa.Column("traceparent", sa.Text, nullable=False),
        sa.Column("publish_time", _TIME),
        sa.PrimaryKeyConstraint("aggregate_id", "aggregate_version", name="outbox_pkey"),
    )
    op.create_index(
        "outbox_waiting",
        "outbox",
        ["position"],
        postgresql_where=sa.text("publish_time IS NULL"),
    )
    op.create_table(
        "stream",
        sa.Column("stream", sa.Text, primary_key=True),
        sa.Column("create_time", sa.Text, nullable=False),
        sa.Column("last_sequence", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "audit",
        sa.Column("audit_id", _ID, primary_key=True, server_default=sa.text("uuidv7()")),
        sa.Column("record_time", _TIME, nullable=False, server_default=_NOW),
        sa.Column("person_id", sa.Text, nullable=False),
        sa.Column("station", sa.Text, nullable=False),
        sa.Column("permission", sa.Text, nullable=False),
        sa.Column("method", sa.Text, nullable=False),
        sa.Column("resource", sa.Text, nullable=False),
        sa.Column("case_id", sa.Text, nullable=False),
        sa.Column("is_granted", sa.Boolean, nullable=False),
        sa.Column("request_id", sa.Text, nullable=False),
        sa.Column("traceparent", sa.Text, nullable=False),
    )
    op.create_table(
        "answer",
        sa.Column("person_id", sa.Text, nullable=False),
        sa.Column("request_id", _ID, nullable=False),
        sa.Column("request_hash", sa.LargeBinary, nullable=False),
        sa.Column("response", sa.LargeBinary, nullable=False),
        sa.Column("create_time", _TIME, nullable=False, server_default=_NOW),
        sa.PrimaryKeyConstraint("person_id", "request_id", name="answer_pkey"),
    )
    op.create_index("answer_age", "answer", ["create_time"], postgresql_using="brin")
    op.create_table(
        "known_case",
        sa.Column("case_id", _ID, primary_key=True),
        sa.Column("station", sa.Text, nullable=False),
    )
    op.create_table(
        "assignment",
        sa.Column("case_id", _ID, nullable=False),
        sa.Column("person_id", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("person_id", "case_id", name="assignment_pkey"),
    )
    _create_inbox()


def _create_inbox() -> None:
    op.create_table(
        "inbox",
        sa.Column("consumer", sa.Text, nullable=False),
        sa.Column("event_id", _ID, nullable=False),
        sa.Column("apply_time", _TIME, nullable=False, server_default=_NOW),
        sa.PrimaryKeyConstraint("consumer", "event_id", name="inbox_pkey"),
    )
    op.create_table(
        "inbox_position",
        sa.Column("consumer", sa.Text, nullable=False),
        sa.Column("aggregate_id", _ID, nullable=False),
        sa.Column("aggregate_version", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("consumer", "aggregate_id", name="inbox_position_pkey"),
    )
    op.create_table(
        "held",
        sa.Column("consumer", sa.Text, nullable=False),
        sa.Column("event_id", _ID, nullable=False),
        sa.Column("aggregate_id", _ID, nullable=False),
        sa.Column("aggregate_version", sa.BigInteger, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
        sa.Column("headers", sa.Text, nullable=False),
        sa.Column("payload", sa.LargeBinary, nullable=False),
        sa.Column("hold_time", _TIME, nullable=False, server_default=_NOW),
        sa.PrimaryKeyConstraint("consumer", "event_id", name="held_pkey"),
    )
    op.create_index("held_aggregate", "held", ["consumer", "aggregate_id", "aggregate_version"])
