"""What happens to every call, in this order: deadline, identity, policy, validation, use case.

One piece does it all, because each interceptor costs a layer of coroutines. Around the steps stand
the span, the canonical log line, the metric and the map from refusals to status; servicers and use
cases know nothing of them.
"""

import time
from typing import Any

import grpc
from google.rpc import status_pb2
from grpc_status import rpc_status

from chassis import intake
from chassis import telemetry_names as names
from chassis.call import AlreadyAnsweredError, Call, enter_call
from chassis.database import Database
from chassis.errors import (
    DomainError,
    Kind,
    MethodUnknownError,
    RequestInvalidError,
    TooManyCallsError,
)
from chassis.ids import is_uuid, new_id
from chassis.logs import get_logger, log_call
from chassis.policy import Policy, Rule
from chassis.status import CODES, fault_to_status, refusal_to_status
from chassis.telemetry import Telemetry
from chassis.tokens import Tokens
from chassis.unit_of_work import UnitOfWork, hidden

_OK = grpc.StatusCode.OK.name
_INTERNAL = grpc.StatusCode.INTERNAL.name
_CANCELLED = grpc.StatusCode.CANCELLED.name
_log = get_logger()


class Pipeline(grpc.GenericRpcHandler):
    """Serves every method by the rules of the policy.

    A router instead of an interceptor: gRPC asks it once a call, without a layer in between.
    """

    def __init__(
        self,
        *,
        policy: Policy,
        tokens: Tokens,
        database: Database,
        telemetry: Telemetry,
        most_calls: int,
    ) -> None:
        self.policy = policy
        self.tokens = tokens
        self.database = database
        self.telemetry = telemetry
        self.most_calls = most_calls
        self.call_count = 0
        self._handlers: dict[str, Any] = {}

    def add_registered_method_handlers(self, service: str, handlers: dict[str, Any]) -> None:
        """Take the methods of a servicer; generated code calls this as it calls a server."""
        for name, handler in handlers.items():
            served = _Method(self, self.policy.rule(f"{service}/{name}"), handler)
            self._handlers[f"/{service}/{name}"] = grpc.unary_unary_rpc_method_handler(served.serve)

    def add_generic_rpc_handlers(self, _handlers: Any) -> None:
        """Ignore what generated code adds for servers that know no registered methods."""

    def service(self, handler_call_details: Any) -> Any:
        """Return how a method is served; one that does not exist is refused like any other."""
        method = handler_call_details.method
        return self._handlers.get(method) or _unknown(method)


class _Method:
    """One method as it is served: its rule, its request type and the servicer behind it."""

    def __init__(self, pipeline: Pipeline, rule: Rule, handler: Any) -> None:
        self._pipeline = pipeline
        self._rule = rule
        self._request_type = handler.request_deserializer.__self__
        self._behaviour = handler.unary_unary
        self._is_command = "request_id" in self._request_type.DESCRIPTOR.fields_by_name

    async def serve(self, body: bytes, context: Any) -> bytes:
        """Answer one call; leaves one span, one log line and one metric, whatever happens."""
        pipeline = self._pipeline
        attempt = _Attempt(pipeline, self._rule)
        authorization, traceparent = intake.read_headers(context.invocation_metadata())
        span = pipeline.telemetry.tracer.start_server_span(
            self._rule.method, traceparent, is_command=self._is_command
        )
        response = b""
        pipeline.call_count += 1
        try:
            response = await self._answer(attempt, body, context, authorization, span.traceparent)
        except Exception:  # noqa: BLE001  # the outermost edge: a bug becomes INTERNAL with an id
            attempt.fail(span.trace_id)
        finally:
            pipeline.call_count -= 1
            attempt.finish(span)
        if attempt.status is not None:
            await context.abort_with_status(rpc_status.to_status(attempt.status))
        return response

    async def _answer(
        self,
        attempt: "_Attempt",
        body: bytes,
        context: Any,
        authorization: str | None,
        traceparent: str,
    ) -> bytes:
        """Take the steps of a call; a refusal ends it with a status, and without a response."""
        try:
            request = await self._admit(attempt, body, context, authorization, traceparent)
            response = await self._behaviour(request, context)
            answer = bytes(response.SerializeToString())
        except AlreadyAnsweredError as repeat:
            answer = repeat.response
        except DomainError as refusal:
            await attempt.refuse(refusal)
            return b""
        attempt.code = _OK
        return answer

    async def _admit(
        self,
        attempt: "_Attempt",
        body: bytes,
        context: Any,
        authorization: str | None,
        traceparent: str,
    ) -> Any:
        pipeline = self._pipeline
        if pipeline.call_count > pipeline.most_calls:
            raise TooManyCallsError("The service has as many calls in hand as it takes.")
        intake.check_deadline(context.time_remaining())
        caller = await pipeline.tokens.authenticate(authorization)
        # A call that is refused below is still on record with who made it.
        attempt.call = intake.bare_call(self._rule, caller, traceparent)
        sees_station = self._rule.admit(caller)
        request = intake.decode(body, self._request_type)
        attempt.call = intake.make_call(
            self._rule, caller, request, traceparent, sees_station=sees_station
        )
        violations = intake.find_violations(request)
        if violations:
            await attempt.admit(request)
            raise RequestInvalidError(violations)
        enter_call(attempt.call)
        return request


class _Attempt:
    """What is known of a call so far, and how it ended."""

    __slots__ = ("_pipeline", "_rule", "_started_at", "call", "code", "reason", "status")

    def __init__(self, pipeline: Pipeline, rule: Rule) -> None:
        self._pipeline = pipeline
        self._rule = rule
        self._started_at = time.perf_counter()
        self.call: Call | None = None
        self.code = _CANCELLED
        self.reason: str | None = None
        self.status: status_pb2.Status | None = None

    async def admit(self, request: Any) -> None:
        """Decide permission before a broken rule is told: the request names an object."""
        admission, call = self._rule.admission, self.call
        if admission is None or call is None:
            return
        object_id = getattr(request, admission.field)
        if not is_uuid(object_id):
            return
        async with UnitOfWork(self._pipeline.database, call) as uow:
            rows = await uow.page(admission.statement, key=object_id)
        if not rows or not rows[0]["is_admitted"]:
            raise hidden(call)

    async def refuse(self, refusal: DomainError) -> None:
        """Turn a refusal into its status; a denied call is on record before it is told."""
        if refusal.kind is Kind.DENIED and self.call is not None:
            refusal = await self._record_denial(self.call, refusal)
        self.code = CODES[refusal.kind].name
        self.reason = refusal.reason
        self.status = refusal_to_status(refusal)

    def fail(self, trace_id: str) -> None:
        """Answer a bug with an id; what it is stands in the log under the same id."""
        error_id = new_id()
        _log.exception(
            "call_failed", rpc_method=self._rule.method, error_id=error_id, trace_id=trace_id
        )
        self.code, self.reason = _INTERNAL, "FAULT"
        self.status = fault_to_status(error_id)

    def finish(self, span: Any) -> None:
        """Leave the span, the metric and the canonical line."""
        seconds = time.perf_counter() - self._started_at
        call = self.call
        case_id = call.trail.case_id if call is not None else ""
        if case_id:
            span.set(names.CASE_ID, case_id)
        span.end(self.code, self.reason)
        self._pipeline.telemetry.metrics.record_call(self._rule.method, self.code, seconds)
        log_call(
            rpc_method=self._rule.method,
            code=self.code,
            reason=self.reason,
            duration_ms=round(seconds * 1000, 3),
            person_id=call.person_id if call is not None else None,
            case_id=case_id or None,
            request_id=call.request_id or None if call is not None else None,
            trace_id=span.trace_id,
        )

    async def _record_denial(self, call: Call, refusal: DomainError) -> DomainError:
        try:
            async with UnitOfWork(self._pipeline.database, call) as uow:
                await uow.record_denial(refusal.reason)
        except DomainError as fault:
            return fault
        return refusal


def _unknown(method: str) -> Any:
    """Serve a method that does not exist with a refusal like any other."""
    refusal = MethodUnknownError("The service has no such method.", method=method[1:][:200])

    async def refuse(_body: bytes, context: Any) -> bytes:
        await context.abort_with_status(rpc_status.to_status(refusal_to_status(refusal)))
        return b""

    return grpc.unary_unary_rpc_method_handler(refuse)
