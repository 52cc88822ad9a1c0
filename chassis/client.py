"""Calls a service: a deadline on every call, retries only where they are safe, one trace.

Reads change nothing and every write carries a `request_id`, so UNAVAILABLE may be tried again; no
other code is.
"""

import json
from collections.abc import Callable
from typing import Any

import grpc

CALL_SECONDS = 5.0
_RETRY = {
    "methodConfig": [
        {
            "name": [{}],
            "retryPolicy": {
                "maxAttempts": 4,
                "initialBackoff": "0.1s",
                "maxBackoff": "1s",
                "backoffMultiplier": 2,
                "retryableStatusCodes": ["UNAVAILABLE"],
            },
        }
    ]
}
_OPTIONS = [
    ("grpc.service_config", json.dumps(_RETRY)),
    ("grpc.enable_retries", 1),
    ("grpc.keepalive_time_ms", 60_000),
    ("grpc.max_receive_message_length", 4 << 20),
]


class CallDefaults(grpc.aio.UnaryUnaryClientInterceptor):
    """Gives each call a deadline, the token and the trace it belongs to.

    The deadline is set per call here: one in the service config would start with the first
    attempt of another call on the same connection.
    """

    def __init__(
        self, token: Callable[[], str] | None, traceparent: Callable[[], str | None] | None
    ) -> None:
        self._token = token
        self._traceparent = traceparent

    async def intercept_unary_unary(
        self, continuation: Callable[..., Any], client_call_details: Any, request: Any
    ) -> Any:
        """Fill in what the caller left out."""
        metadata = grpc.aio.Metadata(*(client_call_details.metadata or ()))
        if self._token is not None and "authorization" not in metadata.keys():  # noqa: SIM118  # a multimap, not a dict
            metadata.add("authorization", f"Bearer {self._token()}")
        traceparent = self._traceparent() if self._traceparent is not None else None
        if traceparent is not None and "traceparent" not in metadata.keys():  # noqa: SIM118  # same
            metadata.add("traceparent", traceparent)
        details = grpc.aio.ClientCallDetails(
            client_call_details.method,
            client_call_details.timeout or CALL_SECONDS,
            metadata,
            client_call_details.credentials,
            client_call_details.wait_for_ready,
        )
        return await continuation(details, request)


def open_channel(
    target: str,
    *,
    token: Callable[[], str] | None = None,
    traceparent: Callable[[], str | None] | None = None,
) -> grpc.aio.Channel:
    """Open a channel to `host:port`; close it when done."""
    return grpc.aio.insecure_channel(
        target, options=_OPTIONS, interceptors=[CallDefaults(token, traceparent)]
    )
