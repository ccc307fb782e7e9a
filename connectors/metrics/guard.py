"""What the guard does: counted from the events that leave it, batch by batch.

Labels are bounded: types and guardrails by the policy, the others by enumerations.
"""

from __future__ import annotations

import time
from collections import Counter as Tally
from collections.abc import Callable, Iterable, Sequence

from msgspec import UNSET
from prometheus_client import REGISTRY, CollectorRegistry, Counter, Histogram
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from connectors.living import Living
from connectors.metrics.holds import Holds
from guardrails.events import Audit, CheckRequest, DeadLetter, Verdict
from guardrails.records import Batch
from guardrails.shard import Event, Shard

# From a chunk that is released at once to the longest hold of a rule.
_HELD_CHARS = (0, 1, 2, 5, 10, 20, 50, 100, 500, 2_000, 10_000, 50_000)
# From what one process does in memory to what a reader calls broken.
LATENCY_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)


class GuardMetrics(Collector):
    """An observer of the guard. Counts on the worker's thread; sessions are counted when asked."""

    def __init__(
        self,
        registry: CollectorRegistry = REGISTRY,
        clock_s: Callable[[], float] = time.monotonic,
    ) -> None:
        """registry: a second instance needs one of its own."""
        self.chunks = Counter("tidegate_chunks", "Chunks the guard took.", registry=registry)
        self.verdicts = Counter(
            "tidegate_verdicts", "Verdicts by action.", ["action"], registry=registry
        )
        self.findings = Counter(
            *("tidegate_findings", "Findings by type, mode and action."),
            ["type", "mode", "action"],
            registry=registry,
        )
        self.streams = Counter(
            *("tidegate_streams", "Streams that are over, by outcome and by what ended them."),
            ["outcome", "ended_by"],
            registry=registry,
        )
        self.letters = Counter(
            "tidegate_dead_letters", "Events that could not be judged.", ["reason"],
            registry=registry,
        )  # fmt: skip
        self.questions = Counter(
            "tidegate_check_requests", "Questions asked of checks.", ["guardrail"],
            registry=registry,
        )  # fmt: skip
        self.unchecked = Counter(
            *("tidegate_unscanned_ranges", "Ranges of text the audit lists as not scanned."),
            ["reason"],
            registry=registry,
        )
        self.held = Histogram(
            "tidegate_held_chars", "Code points received and not released, at each verdict.",
            buckets=_HELD_CHARS, registry=registry,
        )  # fmt: skip
        self.latency = Histogram(
            *("tidegate_verdict_latency_seconds", "From the broker's timestamp to the verdict."),
            buckets=LATENCY_S,
            registry=registry,
        )
        self.batch = Histogram(
            "tidegate_guard_batch_seconds", "One batch of one shard in the guard step.",
            buckets=LATENCY_S, registry=registry,
        )  # fmt: skip
        self.saving = Histogram(
            "tidegate_snapshot_seconds", "One shard's part of a snapshot.", buckets=LATENCY_S,
            registry=registry,
        )  # fmt: skip
        self.hold = Histogram(
            *("tidegate_hold_seconds", "How long the oldest text that a verdict releases waited."),
            buckets=LATENCY_S,
            registry=registry,
        )
        self.answers = Counter(
            *("tidegate_check_answers", "Results of checks as the guard read them."),
            ["guardrail", "status"],
            registry=registry,
        )
        self.lag = Histogram(
            *(
                "tidegate_check_lag_seconds",
                "From the broker's timestamp of a question to its result's.",
            ),
            ["guardrail"],
            buckets=LATENCY_S,
            registry=registry,
        )
        self._clock_s = clock_s
        self._holds = Holds()
        self._shards: Living[Shard] = Living()
        registry.register(self)

    def observe(self, shard: Shard, events: Sequence[Event], batch: Batch) -> None:
        """Count what left a shard."""
        self._shards.add(shard)
        if batch.chunks or batch.answers or events:
            # Not the clocks, of which an idle guard is told a hundred a second.
            self.chunks.inc(batch.chunks)
            self.batch.observe(batch.took_s)
        for answer in batch.answers:
            self.answers.labels(answer.guardrail, answer.status).inc()
            self.lag.labels(answer.guardrail).observe(answer.lag_s)
        actions: Tally[str] = Tally()
        now_s = self._clock_s()
        for event in events:
            if isinstance(event, Verdict):
                actions[event.action] += 1
                self.held.observe(event.held)
                if (hold_s := self._holds.note(event, now_s)) is not None:
                    self.hold.observe(hold_s)
                self.latency.observe(event.latency_ms / 1000)
                for one in event.findings:
                    self.findings.labels(one.type, one.mode, one.action).inc()
            elif isinstance(event, Audit):
                self._holds.forget(event.stream_id)
                self.streams.labels(event.content.outcome, event.transport.ended_by).inc()
                for gap in event.content.unscanned:
                    # What producers say of theirs may be anything, and no label is.
                    ours = gap.reason == "gap" or gap.guardrail is not UNSET
                    self.unchecked.labels(gap.reason if ours else "producer").inc()
            elif isinstance(event, DeadLetter):
                self.letters.labels(event.reason).inc()
            elif isinstance(event, CheckRequest):
                self.questions.labels(event.guardrail).inc()
        for action, count in actions.items():
            self.verdicts.labels(action).inc(count)

    def refuse(self, letter: DeadLetter) -> None:
        """Count an event that reached no shard."""
        self.letters.labels(letter.reason).inc()

    def save(self, took_s: float) -> None:
        """Note how long a shard's snapshot took."""
        self.saving.observe(took_s)

    def collect(self) -> Iterable[GaugeMetricFamily]:
        """Count the sessions as they are now."""
        sessions = GaugeMetricFamily("tidegate_sessions", "Live streams.", labels=["state"])
        held = GaugeMetricFamily("tidegate_held_total_chars", "Code points held by all streams.")
        states, chars = Tally({"active": 0, "monitoring": 0}), 0
        for shard in self._shards:
            # A worker may open or close a stream meanwhile: the next scrape has it.
            for session in list(shard.sessions):
                states[session.state] += 1
                chars += session.held
        for state in ("active", "monitoring"):
            sessions.add_metric([state], states[state])
        held.add_metric([], chars)
        return [sessions, held]
