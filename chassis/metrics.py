"""Metrics of one service: calls, outbox, consumers and telemetry itself.

Every label is bounded: methods and codes come from the protos, streams and consumers from the
configuration. Ids are never labels.
"""

from collections.abc import Callable, Iterable
from typing import Final

from opentelemetry.metrics import CallbackOptions, MeterProvider, Observation

from chassis import telemetry_names as names

# Buckets in seconds, from the conventions' advice for call durations, finer below 10 ms because a
# command takes one. Source: semantic conventions, rpc metrics.
DURATION_BUCKETS: Final = (
    0.0005, 0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10,
)  # fmt: skip
# Far more than methods times codes of a service; beyond it a caller is inventing names.
MAX_CALL_SERIES: Final = 1000

Labels = dict[str, str]


class Metrics:
    """The instruments of one service."""

    def __init__(self, provider: MeterProvider) -> None:
        meter = provider.get_meter("jointops")
        self._calls = meter.create_histogram(
            names.RPC_SERVER_CALL_DURATION,
            unit="s",
            description="Duration of incoming calls.",
            explicit_bucket_boundaries_advisory=DURATION_BUCKETS,
        )
        self._call_labels: dict[tuple[str, str], Labels] = {}
        self._outbox_age = meter.create_gauge(
            names.OUTBOX_AGE, unit="s", description="Age of the oldest event not yet published."
        )
        self._outbox_waiting = meter.create_gauge(
            names.OUTBOX_WAITING, unit="{event}", description="Events not yet published."
        )
        self._lag = meter.create_gauge(
            names.CONSUMER_LAG, unit="{event}", description="Events a consumer has not applied."
        )
        self._published = meter.create_counter(
            names.EVENTS_PUBLISHED, unit="{event}", description="Events the stream acknowledged."
        )
        self._applied = meter.create_counter(
            names.EVENTS_APPLIED, unit="{event}", description="Events a consumer applied."
        )
        self._quarantined = meter.create_counter(
            names.EVENTS_QUARANTINED, unit="{event}", description="Events put into quarantine."
        )
        self._meter = meter

    def record_call(self, method: str, code: str, seconds: float) -> None:
        """Count a finished call of `package.Service/Method` with its gRPC code."""
        labels = self._call_labels.get((method, code))
        if labels is None:
            labels = self._label_call(method, code)
        self._calls.record(seconds, labels)

    def record_outbox(self, age_seconds: float, waiting_count: int) -> None:
        """Note how far the relay is behind."""
        self._outbox_age.set(age_seconds)
        self._outbox_waiting.set(waiting_count)

    def record_lag(self, consumer: str, waiting_count: int) -> None:
        """Note how many events wait for a consumer."""
        self._lag.set(waiting_count, {names.CONSUMER: consumer})

    def count_published(self, count: int) -> None:
        """Count events the stream acknowledged."""
        self._published.add(count)

    def count_applied(self, consumer: str, count: int) -> None:
        """Count events a consumer applied, once a batch."""
        self._applied.add(count, {names.CONSUMER: consumer})

    def count_quarantined(self, consumer: str) -> None:
        """Count an event that was put into quarantine."""
        self._quarantined.add(1, {names.CONSUMER: consumer})

    def observe_dropped_spans(self, dropped_count: Callable[[], int]) -> None:
        """Report, at every collection, how many spans the sink could not keep."""

        def observe(_options: CallbackOptions) -> Iterable[Observation]:
            return [Observation(dropped_count())]

        self._meter.create_observable_counter(
            names.SPANS_DROPPED, [observe], unit="{span}", description="Spans that were lost."
        )

    def _label_call(self, method: str, code: str) -> Labels:
        if len(self._call_labels) >= MAX_CALL_SERIES:
            method = names.OTHER_METHOD
        labels = {
            names.RPC_SYSTEM_NAME: names.GRPC,
            names.RPC_METHOD: method.removeprefix("/"),
            names.RPC_RESPONSE_STATUS_CODE: code,
        }
        if len(self._call_labels) < MAX_CALL_SERIES:
            self._call_labels[method, code] = labels
        return labels
