"""Metrics of one service: its calls, its outbox, its consumers and its telemetry.

Every label is bounded: methods and codes come from the protos, consumers from the wiring. Ids are
never labels. Counters take a whole batch at once, because one `add` costs 5 µs.
"""

from collections.abc import Callable, Iterable

from opentelemetry.metrics import CallbackOptions, MeterProvider, Observation

from chassis import telemetry_names as names
from chassis.call_durations import CallDurations


class Metrics:
    """The instruments of one service."""

    def __init__(
        self, provider: MeterProvider, calls: CallDurations, dropped_spans: Callable[[], int]
    ) -> None:
        meter = provider.get_meter("jointops")
        self.record_call = calls.record
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

        def observe_dropped(_options: CallbackOptions) -> Iterable[Observation]:
            return [Observation(dropped_spans())]

        meter.create_observable_counter(
            names.SPANS_DROPPED,
            [observe_dropped],
            unit="{span}",
            description="Spans lost to a full queue or a failed export.",
        )

    def record_outbox(self, age_seconds: float, waiting_count: int) -> None:
        """Note how far the relay is behind."""
        self._outbox_age.set(age_seconds)
        self._outbox_waiting.set(waiting_count)

    def record_lag(self, consumer: str, waiting_count: int) -> None:
        """Note how many events wait for a consumer."""
        self._lag.set(waiting_count, {names.CONSUMER: consumer})

    def count_published(self, count: int) -> None:
        """Count the events of a batch the stream acknowledged."""
        self._published.add(count)

    def count_applied(self, consumer: str, count: int) -> None:
        """Count the events of a batch a consumer applied."""
        self._applied.add(count, {names.CONSUMER: consumer})

    def count_quarantined(self, consumer: str) -> None:
        """Count an event that was put into quarantine."""
        self._quarantined.add(1, {names.CONSUMER: consumer})
