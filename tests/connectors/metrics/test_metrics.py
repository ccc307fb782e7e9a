"""Metrics say what happened, under bounded labels, at an address of their own."""

from __future__ import annotations

import urllib.request
from pathlib import Path
from random import Random

import pytest
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from connectors.checks.figures import Figures
from connectors.memory import MemorySink, MemorySource, MemoryTopics
from connectors.metrics.checks import ChecksMetrics
from connectors.metrics.endpoint import serve_metrics
from connectors.metrics.guard import GuardMetrics
from connectors.metrics.kafka import Lag, LagMetrics
from flows.guard import build
from flows.runtime import run
from guardrails import default_plan
from guardrails.breaker import BreakerState
from guardrails.errors import ConnectorError
from guardrails.events import Chunk, encode
from guardrails.plan import Plan
from guardrails.plans import Plans
from guardrails.policy import Policy
from guardrails.records import Answered, Batch, Record
from guardrails.shard import Shard
from tests.chunking import in_sizes

SECRET = "ada@example.org"
DOCS = Path(__file__).parents[3] / "docs"


def samples(registry: CollectorRegistry) -> dict[tuple[str, ...], float]:
    """Each sample's value, by its name and the values of its labels, these by their names."""
    text = generate_latest(registry).decode()
    return {
        (sample.name, *(value for _, value in sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


@pytest.fixture
def guarded() -> CollectorRegistry:
    """What is counted of three streams, one dead letter and nothing else."""
    import threading

    registry = CollectorRegistry()
    topics = MemoryTopics()
    for number in range(3):
        pieces = in_sizes(f"Write to {SECRET} or to nobody.", Random(number), 5)
        for seq, piece in enumerate(pieces):
            chunk = Chunk(f"stream-{number}", seq, piece, final=seq == len(pieces) - 1)
            topics.append("chunks", b"", encode(chunk))
    topics.append("chunks", b"", b"no json")
    topics.close("chunks")
    source, sink = MemorySource(topics, ["chunks"]), MemorySink(topics)
    plans = Plans(default_plan())
    run(build(source, sink, plans, observer=GuardMetrics(registry)), threading.Event())
    return registry


def test_what_leaves_the_guard_is_counted(guarded: CollectorRegistry) -> None:
    found = samples(guarded)
    assert found["tidegate_findings_total", "redact", "block", "EMAIL_ADDRESS"] == 3
    assert found["tidegate_streams_total", "final", "redact"] == 3
    chunks = found["tidegate_chunks_total",]
    assert chunks > 15
    assert found["tidegate_verdict_latency_seconds_count",] == chunks
    assert found["tidegate_held_chars_bucket", "+Inf"] == chunks
    assert found["tidegate_sessions", "active"] == 0
    letters = [value for name, value in found.items() if name[0] == "tidegate_dead_letters_total"]
    assert letters == [1]


def test_no_label_and_no_name_comes_from_a_user(guarded: CollectorRegistry) -> None:
    text = generate_latest(guarded).decode()
    assert SECRET not in text
    assert "stream-" not in text


def test_sessions_are_counted_as_they_are_when_asked() -> None:
    registry = CollectorRegistry()
    metrics = GuardMetrics(registry)
    shard = Shard(Plans(default_plan()))
    for number in range(5):
        chunk = Chunk(f"s{number}", 0, "hello ada@exam")
        events = shard.receive(chunk, Record("chunks", 0, 0, 0, None, b""), 0.0)
        metrics.observe(shard, events, Batch(1, 0.001))
    found = samples(registry)
    assert found["tidegate_sessions", "active"] == 5
    assert found["tidegate_held_total_chars",] == 5 * len("ada@exam")


def test_checks_are_added_up_over_the_runners_of_a_process() -> None:
    class Runner:
        def figures(self) -> dict[str, Figures]:
            return {"judge": Figures("judge", calls=3, done=2, breaker=BreakerState.OPEN)}

    registry = CollectorRegistry()
    metrics = ChecksMetrics(registry)
    metrics.add(Runner())
    metrics.add(Runner())
    found = samples(registry)
    assert found["tidegate_check_calls_total", "judge"] == 6
    assert found["tidegate_check_results_total", "judge", "done"] == 4
    assert found["tidegate_check_breaker", "judge", "open"] == 1
    assert found["tidegate_check_breaker", "judge", "closed"] == 0


def test_the_lag_of_every_partition_is_a_sample() -> None:
    registry = CollectorRegistry()
    LagMetrics(lambda: [Lag("chunks", 0, 7), Lag("chunks", 1, 0)], registry)
    assert samples(registry)["tidegate_consumer_lag_records", "0", "chunks"] == 7


def test_metrics_are_served_while_the_block_runs(guarded: CollectorRegistry) -> None:
    with serve_metrics(0, registry=guarded) as port:
        url = f"http://127.0.0.1:{port}/metrics"
        with urllib.request.urlopen(url, timeout=10) as response:
            assert b"tidegate_chunks_total" in response.read()
        with (
            pytest.raises(ConnectorError, match="TIDEGATE_METRICS_PORT"),
            serve_metrics(port, registry=guarded),
        ):
            pass
    with serve_metrics(None) as nothing:
        assert nothing is None


def test_every_metric_is_explained() -> None:
    page = (DOCS / "operations.md").read_text("utf-8")
    registry = CollectorRegistry()
    GuardMetrics(registry)
    LagMetrics(lambda: [Lag("chunks", 0, 7)], registry)

    class Runner:
        def figures(self) -> dict[str, Figures]:
            return {"judge": Figures("judge")}

    ChecksMetrics(registry).add(Runner())
    named = {family.name for family in registry.collect()}
    assert len(named) > 20
    for name in named:
        assert f"`{name}" in page, name


def test_hold_is_the_wait_of_the_oldest_text_that_a_verdict_releases() -> None:
    registry, now_s = CollectorRegistry(), [0.0]
    metrics = GuardMetrics(registry, clock_s=lambda: now_s[0])
    rule = {"id": "gate", "type": "GATE", "expression": "GATE[0-9]{2}"}
    shard = Shard(Plans(Plan(Policy(guardrails={"patterns": {"rules": [rule]}}))))
    seen = []
    for seq, (at_s, text) in enumerate([(0, "to GA"), (3, "T"), (7, "E12 "), (8, "end ")]):
        now_s[0] = at_s
        events = shard.receive(Chunk("s", seq, text), Record("chunks", 0, seq, 0, None, b""), 0.0)
        metrics.observe(shard, events, Batch(1, 0.001))
        seen.append(samples(registry)["tidegate_hold_seconds_sum",])
    # Plain text at once; the gate 7 s after its first letter came; the rest at once.
    assert seen == [0, 0, 7, 7]
    assert samples(registry)["tidegate_hold_seconds_count",] == 3


def test_answers_of_checks_are_counted_with_their_lag() -> None:
    registry = CollectorRegistry()
    metrics = GuardMetrics(registry)
    batch = Batch(0, 0.001, [Answered("judge", "done", 1.5), Answered("judge", "failed", 0.5)])
    metrics.observe(Shard(Plans(default_plan())), [], batch)
    found = samples(registry)
    assert found["tidegate_check_answers_total", "judge", "done"] == 1
    assert found["tidegate_check_answers_total", "judge", "failed"] == 1
    assert found["tidegate_check_lag_seconds_sum", "judge"] == 2.0
