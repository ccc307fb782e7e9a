"""What operators see: figures of a registry, streams of their tenant, and no text of users."""

from __future__ import annotations

import pytest
from prometheus_client import CollectorRegistry

from connectors.checks.figures import Figures
from connectors.gateway.operations import describe_process
from connectors.metrics.checks import ChecksMetrics
from connectors.metrics.guard import GuardMetrics
from guardrails.breaker import BreakerState
from tests.gateway import Client

TEXT = "Write to ada@exam"


def live(client: Client) -> dict[str, dict[str, object]]:
    return {one["id"]: one for one in client.http.get("/v1/operations").json()["streams"]["list"]}


def test_a_live_stream_is_told_with_its_figures_and_the_beginning_of_its_id(
    client: Client,
) -> None:
    stream = client.start()
    client.send(stream, TEXT, 0)
    row = live(client)[stream[:8]]
    assert (row["state"], row["action"]) == ("active", "allow")
    assert (row["frontier"], row["held"], row["findings"]) == (9, 8, 0)
    client.send(stream, "ple.org and more. ", 1)
    row = live(client)[stream[:8]]
    assert (row["action"], row["findings"]) == ("redact", 1)
    client.finish(stream)
    assert stream[:8] not in live(client)


def test_neither_text_nor_a_whole_id_is_told(client: Client) -> None:
    stream = client.start(context={"userId": "somebody"})
    client.send(stream, TEXT, 0)
    told = client.http.get("/v1/operations").text
    assert stream[:8] in told
    for hidden in (stream, stream[:12], "ada@", "Write to", "somebody"):
        assert hidden not in told
    client.finish(stream)


def test_counters_grow_with_what_is_guarded(client: Client) -> None:
    before = client.http.get("/v1/operations").json()
    stream = client.start()
    client.send(stream, "Pay with 4111 1111 1111 1111 today.", 0)
    client.finish(stream)
    after = client.http.get("/v1/operations").json()
    assert after["counters"]["chunks"] >= before["counters"]["chunks"] + 3
    found = [told["counters"]["findings"].get("CREDIT_CARD", 0) for told in (before, after)]
    assert found[1] == found[0] + 1
    latency = after["latency"]
    assert latency["count"] == latency["buckets"][-1][1] > 0
    assert latency["buckets"][-1][0] is None
    assert after["memory"]["residentBytes"] > 10_000_000
    assert after["ready"] is True
    assert after["trouble"] is None


class _Runner:
    def figures(self) -> dict[str, Figures]:
        counts = {"calls": 7, "failures": 3, "waiting": 2, "done": 4, "failed": 1}
        figures = Figures("judge", **counts, latency_ms=2_500.0, breaker=BreakerState.OPEN)
        return {"judge": figures}


def test_checks_are_told_with_their_breaker() -> None:
    registry = CollectorRegistry()
    ChecksMetrics(registry).add(_Runner())
    (check,) = describe_process(registry)["checks"]
    assert (check.guardrail, check.breaker) == ("judge", "open")
    assert (check.calls, check.failures, check.waiting) == (7, 3, 2)
    assert (check.results["done"], check.results["failed"]) == (4, 1)
    assert check.latency_s == pytest.approx(2.5)


def test_a_process_that_counts_nothing_has_empty_figures() -> None:
    told = describe_process(CollectorRegistry())
    assert told["counters"]["chunks"] == 0
    assert told["checks"] == []
    assert told["latency"].buckets == ()


def test_a_guard_that_has_done_nothing_has_zeros() -> None:
    registry = CollectorRegistry()
    GuardMetrics(registry)
    told = describe_process(registry)
    assert told["counters"]["chunks"] == 0
    assert told["latency"].count == 0
    assert told["latency"].buckets[-1] == (None, 0)
