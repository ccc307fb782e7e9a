"""What streams come to, counted from the events clients get: for a gateway whose guard, with
figures of its own, runs elsewhere.

No label is a stream, a tenant or a user: types and plugins are bounded by policy and packages.
"""

from __future__ import annotations

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge
from reactivex import Subject

from connectors.gateway.subscribers.status import Status, follow
from connectors.gateway.subscribers.subscriber import StreamSubscriber, Told
from guardrails.events import Audit, Verdict


class MetricsSubscriber(StreamSubscriber):
    """Counts events by type, findings by type and action, streams by outcome, and what is held."""

    def __init__(self, registry: CollectorRegistry = REGISTRY) -> None:
        """registry: a second instance needs one of its own."""
        self.name = "metrics"
        self._events = Counter(
            *("tidegate_gateway_events", "Events of all streams.", ["type"]), registry=registry
        )
        self._findings = Counter(
            *("tidegate_gateway_findings", "Findings by type and action.", ["type", "action"]),
            registry=registry,
        )
        self._outcomes = Counter(
            *("tidegate_gateway_outcomes", "Streams that are over.", ["outcome"]),
            registry=registry,
        )
        self._live = Gauge(
            "tidegate_gateway_live_streams", "Streams that are not over.", registry=registry
        )
        self._held = Gauge(
            "tidegate_gateway_held_chars", "Code points held of all streams.", registry=registry
        )
        self._verdicts: Subject[Verdict] = Subject()
        self._following = follow(self._verdicts).subscribe(self._note)

    def on_events(self, told: Told) -> None:
        """Count what a record says."""
        for event in told.events:
            # A package chooses the names behind its own.
            plugin, dot, _ = event.type.partition(".")
            self._events.labels(f"{plugin}.*" if dot else event.type).inc()
            if event.type == "finding":
                self._findings.labels(event.data["type"], event.data["action"]).inc()
        if isinstance(told.said, Audit):
            self._outcomes.labels(told.said.content.outcome).inc()
        elif isinstance(told.said, Verdict):
            self._verdicts.on_next(told.said)

    def close(self) -> None:
        """Stop following streams."""
        self._following.dispose()

    def _note(self, status: Status) -> None:
        self._held.inc(status.held_change)
        self._live.inc((status.verdicts == 1) - status.is_over)
