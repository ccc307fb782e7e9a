"""How far sources are behind their topics, and how long an epoch waits for its deliveries."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

from prometheus_client import REGISTRY, CollectorRegistry, Histogram
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from connectors.metrics.guard import LATENCY_S

FLUSH_S = Histogram(
    "tidegate_flush_seconds",
    "What an epoch waits for at its close until all its records are acknowledged.",
    buckets=LATENCY_S,
)


class Lag(NamedTuple):
    """How many records of a partition have not been read."""

    topic: str
    partition: int
    records: int


class LagMetrics(Collector):
    """Asks sources when it is asked."""

    def __init__(
        self, lags: Callable[[], Iterable[Lag]], registry: CollectorRegistry = REGISTRY
    ) -> None:
        self._lags = lags
        registry.register(self)

    def collect(self) -> Iterable[GaugeMetricFamily]:
        """Return the lag of every partition whose end is known."""
        lag = GaugeMetricFamily(
            *("tidegate_consumer_lag_records", "Records that have not been read."),
            labels=["topic", "partition"],
        )
        for one in self._lags():
            lag.add_metric([one.topic, str(one.partition)], one.records)
        return [lag]
