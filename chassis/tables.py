"""The tables every service has beside its own: records of what happened, and who may see a case.

Holds no query. Defaults are the server's, because a statement compiled once never runs a
Python-side default. `chassis/migrations` makes them; a test compares the two.
"""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY

METADATA = sa.MetaData()

ID = sa.Uuid(as_uuid=False)
TIME = sa.DateTime(timezone=True)
TEXTS = ARRAY(sa.Text)
NOW = sa.text("now()")

# One row an event. `position` is given at insert, hence visible out of order: nobody may read
# "greater than the last seen". `request_id` is the causation of the event.
OUTBOX = sa.Table(
    "outbox",
    METADATA,
    sa.Column("position", sa.BigInteger, sa.Identity(always=True), nullable=False),
    sa.Column("event_id", ID, nullable=False),
    sa.Column("event_type", sa.Text, nullable=False),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("aggregate_id", ID, nullable=False),
    sa.Column("aggregate_version", sa.BigInteger, nullable=False),
    sa.Column("case_id", sa.Text, nullable=False),
    sa.Column("event_time", TIME, nullable=False),
    sa.Column("payload", sa.LargeBinary, nullable=False),
    sa.Column("request_id", sa.Text, nullable=False),
    sa.Column("traceparent", sa.Text, nullable=False),
    sa.Column("publish_time", TIME),
    sa.PrimaryKeyConstraint("aggregate_id", "aggregate_version", name="outbox_pkey"),
)
# Every index is paid for by every command, so there is one for order and one for what waits.
sa.Index("outbox_waiting", OUTBOX.c.position, postgresql_where=OUTBOX.c.publish_time.is_(None))

# What the relay last knew of its stream, to notice one that was wiped, cut or restored.
STREAM = sa.Table(
    "stream",
    METADATA,
    sa.Column("stream", sa.Text, primary_key=True),
    sa.Column("create_time", sa.Text, nullable=False),
    sa.Column("last_sequence", sa.BigInteger, nullable=False),
)

# One row a change, a read or a refusal, in the same transaction as what it tells of.
AUDIT = sa.Table(
    "audit",
    METADATA,
    sa.Column("audit_id", ID, primary_key=True, server_default=sa.text("uuidv7()")),
    sa.Column("record_time", TIME, nullable=False, server_default=NOW),
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

# The person is part of the key: who guesses a request_id of somebody else gets no answer.
ANSWER = sa.Table(
    "answer",
    METADATA,
    sa.Column("person_id", sa.Text, nullable=False),
    sa.Column("request_id", ID, nullable=False),
    sa.Column("request_hash", sa.LargeBinary, nullable=False),
    sa.Column("response", sa.LargeBinary, nullable=False),
    sa.Column("create_time", TIME, nullable=False, server_default=NOW),
    sa.PrimaryKeyConstraint("person_id", "request_id", name="answer_pkey"),
)
sa.Index("answer_age", ANSWER.c.create_time, postgresql_using="brin")

# Which cases there are and who is assigned: the station writes it, the squads copy it from events.
KNOWN_CASE = sa.Table(
    "known_case",
    METADATA,
    sa.Column("case_id", ID, primary_key=True),
    sa.Column("station", sa.Text, nullable=False),
)
ASSIGNMENT = sa.Table(
    "assignment",
    METADATA,
    sa.Column("case_id", ID, nullable=False),
    sa.Column("person_id", sa.Text, nullable=False),
    sa.PrimaryKeyConstraint("person_id", "case_id", name="assignment_pkey"),
)

# Each event a consumer applied, once.
INBOX = sa.Table(
    "inbox",
    METADATA,
    sa.Column("consumer", sa.Text, nullable=False),
    sa.Column("event_id", ID, nullable=False),
    sa.Column("apply_time", TIME, nullable=False, server_default=NOW),
    sa.PrimaryKeyConstraint("consumer", "event_id", name="inbox_pkey"),
)

# How far a consumer is in the life of an aggregate.
INBOX_POSITION = sa.Table(
    "inbox_position",
    METADATA,
    sa.Column("consumer", sa.Text, nullable=False),
    sa.Column("aggregate_id", ID, nullable=False),
    sa.Column("aggregate_version", sa.BigInteger, nullable=False),
    sa.PrimaryKeyConstraint("consumer", "aggregate_id", name="inbox_position_pkey"),
)

# Events that cannot be applied yet (a version is missing before them) or at all (quarantine).
HELD = sa.Table(
    "held",
    METADATA,
    sa.Column("consumer", sa.Text, nullable=False),
    sa.Column("event_id", ID, nullable=False),
    sa.Column("aggregate_id", ID, nullable=False),
    sa.Column("aggregate_version", sa.BigInteger, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("detail", sa.Text, nullable=False),
    sa.Column("headers", sa.Text, nullable=False),
    sa.Column("payload", sa.LargeBinary, nullable=False),
    sa.Column("hold_time", TIME, nullable=False, server_default=NOW),
    sa.PrimaryKeyConstraint("consumer", "event_id", name="held_pkey"),
)
sa.Index("held_aggregate", HELD.c.consumer, HELD.c.aggregate_id, HELD.c.aggregate_version)
