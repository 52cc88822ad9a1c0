"""Names of spans' attributes, metrics and log fields, once for every service.

Standard names follow the OpenTelemetry semantic conventions (a test compares them with the
installed package); ours start with `jointops.`. A service adds its own in constants of its own.
"""

from typing import Final

# Resource. Source: semantic conventions, service and deployment.
SERVICE_NAME: Final = "service.name"
SERVICE_VERSION: Final = "service.version"
DEPLOYMENT_ENVIRONMENT_NAME: Final = "deployment.environment.name"

# Calls. Source: semantic conventions, rpc and grpc.
RPC_SYSTEM_NAME: Final = "rpc.system.name"
RPC_METHOD: Final = "rpc.method"
RPC_RESPONSE_STATUS_CODE: Final = "rpc.response.status_code"
ERROR_TYPE: Final = "error.type"
GRPC: Final = "grpc"
# What the conventions call a method that the server does not know.
OTHER_METHOD: Final = "_OTHER"

# Messages. Source: semantic conventions, messaging.
MESSAGING_SYSTEM: Final = "messaging.system"
MESSAGING_OPERATION_NAME: Final = "messaging.operation.name"
MESSAGING_OPERATION_TYPE: Final = "messaging.operation.type"
MESSAGING_DESTINATION_TEMPLATE: Final = "messaging.destination.template"
MESSAGING_BATCH_MESSAGE_COUNT: Final = "messaging.batch.message_count"
MESSAGING_MESSAGE_ID: Final = "messaging.message.id"
NATS: Final = "nats"

# Ours, on spans.
CASE_ID: Final = "jointops.case.id"
REQUEST_ID: Final = "jointops.request.id"
REFUSAL_REASON: Final = "jointops.refusal.reason"
EVENT_TYPE: Final = "jointops.event.type"
CONSUMER: Final = "jointops.consumer"
STREAM: Final = "jointops.stream"

# Metrics.
RPC_SERVER_CALL_DURATION: Final = "rpc.server.call.duration"
OUTBOX_AGE: Final = "jointops.outbox.age"
OUTBOX_WAITING: Final = "jointops.outbox.waiting"
CONSUMER_LAG: Final = "jointops.consumer.lag"
EVENTS_PUBLISHED: Final = "jointops.events.published"
EVENTS_APPLIED: Final = "jointops.events.applied"
EVENTS_QUARANTINED: Final = "jointops.events.quarantined"
SPANS_DROPPED: Final = "jointops.spans.dropped"

# Canonical log lines.
CALL_FINISHED: Final = "call_finished"
MESSAGE_PROCESSED: Final = "message_processed"

# A server span is in error only for these; every other code is a refusal and no incident.
# Source: semantic conventions, grpc, server status.
SERVER_ERROR_CODES: Final = frozenset(
    {
        "UNKNOWN",
        "DEADLINE_EXCEEDED",
        "UNIMPLEMENTED",
        "INTERNAL",
        "UNAVAILABLE",
        "DATA_LOSS",
    }
)

# Keys that would carry a person's data or a message's content into telemetry, which is read by
# more people, and kept in more places, than the record. Their values are never written.
FORBIDDEN_KEYS: Final = frozenset(
    {
        "address",
        "birth_date",
        "body",
        "client.address",
        "db.query.text",
        "email",
        "enduser.id",
        "exception.message",
        "exception.stacktrace",
        "family_name",
        "free_text",
        "full_name",
        "given_name",
        "id_number",
        "latitude",
        "longitude",
        "messaging.message.body",
        "name",
        "network.peer.address",
        "password",
        "payload",
        "phone",
        "phone_number",
        "plate",
        "plate_number",
        "request",
        "response",
        "secret",
        "source.address",
        "summary",
        "text",
        "token",
        "url.full",
        "user.email",
        "user.full_name",
        "user.id",
        "user.name",
    }
)
# Stands where a forbidden value would, so that the mistake is seen.
WITHHELD: Final = "[withheld]"
