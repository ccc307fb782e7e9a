"""What operators see of a gateway: its streams, rates, times, checks and connections, as figures.

Counters only grow: who asks twice has the rates in between. Nothing here is text of users, and of
a stream's id only the beginning is told, which opens nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from itertools import islice
from typing import Any

from msgspec import Struct
from prometheus_client import CollectorRegistry, Metric
from prometheus_client.samples import Sample as Figure

from connectors.gateway.live_stream import LiveStream
from guardrails.guardrail import Action

# Enough to find the one that somebody asks about; the figures count all of them.
MAX_STREAMS = 100
# 8 of some 60 characters, as people tell commits apart.
_ID_CHARS = 8
_SEVERITY = {action: rank for rank, action in enumerate(Action)}


class StreamState(Struct, frozen=True, rename="camel"):
    """One stream. age_s: since its first verdict; quiet_s: since anything was said of it. watchers:
    clients that wait for its events. action: the strongest so far.
    """

    id: str
    state: str
    action: Action
    frontier: int
    held: int
    verdicts: int
    findings: int
    age_s: float
    quiet_s: float
    watchers: int


class Times(Struct, frozen=True):
    """How long things took, in seconds. buckets: (upper bound, how many up to it); the last bound
    is null: all of them.
    """

    count: int = 0
    sum: float = 0.0
    buckets: tuple[tuple[float | None, int], ...] = ()


class CheckState(Struct, frozen=True, rename="camel"):
    """One check of this process. breaker: closed, open or half_open. results: by status."""

    guardrail: str
    breaker: str
    waiting: int
    running: int
    calls: int
    failures: int
    retries: int
    cached: int
    latency_s: float
    results: dict[str, int]


def describe_stream(stream: LiveStream, *, now_ms: int, now_s: float) -> StreamState | None:
    """Return what is told of a stream; None before its first verdict. now_ms: log time."""
    verdict = stream.verdict
    if verdict is None:
        return None
    return StreamState(
        id=stream.stream_id[:_ID_CHARS],
        state=verdict.state,
        action=max((one.verdict.action for one in stream.seen), key=_SEVERITY.__getitem__),
        frontier=verdict.frontier,
        held=verdict.held,
        verdicts=stream.seen.end,
        findings=sum(len(one.findings) for one in stream.seen),
        age_s=round(max(0, now_ms - stream.began_ms) / 1000, 1),
        quiet_s=round(max(0.0, now_s - stream.touched_at), 1),
        watchers=stream.watchers,
    )


def describe_streams(streams: Iterable[LiveStream], *, now_ms: int, now_s: float) -> dict[str, Any]:
    """Return the figures of streams that are live, and the first `MAX_STREAMS` of them.

    streams: those that changed last first.
    """
    live = held = 0
    shown: list[LiveStream] = []
    for stream in streams:
        verdict = stream.verdict
        if verdict is None or verdict.state == "complete":
            continue
        live += 1
        held += verdict.held
        if len(shown) < MAX_STREAMS:
            shown.append(stream)
    told = (describe_stream(stream, now_ms=now_ms, now_s=now_s) for stream in shown)
    return {"live": live, "held": held, "list": [one for one in told if one]}


def describe_process(registry: CollectorRegistry) -> dict[str, Any]:
    """Return the figures of this process out of its metrics, whoever counts them."""
    figures = {metric.name: metric for metric in registry.collect()}
    return {
        "counters": {
            "chunks": int(_total(figures, "tidegate_chunks")),
            "verdicts": _by_label(figures, "tidegate_verdicts", "action"),
            "findings": _by_label(figures, "tidegate_findings", "type"),
            "streams": _by_label(figures, "tidegate_streams", "outcome"),
            "deadLetters": _by_label(figures, "tidegate_dead_letters", "reason"),
            "evicted": _by_label(figures, "tidegate_gateway_evicted", "transport"),
        },
        "latency": _times(figures, "tidegate_verdict_latency_seconds"),
        "hold": _times(figures, "tidegate_hold_seconds"),
        "checks": _checks(figures),
        "residentBytes": int(_total(figures, "process_resident_memory_bytes")),
        "cpuSeconds": round(_total(figures, "process_cpu_seconds"), 2),
    }


def _values(figures: dict[str, Metric], name: str) -> Iterable[Figure]:
    """Yield the values of a counter or gauge, without the times at which they began to count."""
    metric = figures.get(name)
    for figure in metric.samples if metric else ():
        if figure.name in (name, f"{name}_total"):
            yield figure


def _total(figures: dict[str, Metric], name: str) -> float:
    return sum(figure.value for figure in _values(figures, name))


def _by_label(figures: dict[str, Metric], name: str, label: str) -> dict[str, int]:
    sums: defaultdict[str, int] = defaultdict(int)
    for figure in _values(figures, name):
        sums[figure.labels[label]] += int(figure.value)
    return dict(sums)


def _times(figures: dict[str, Metric], name: str) -> Times:
    metric = figures.get(name)
    if metric is None:
        return Times()
    buckets: list[tuple[float | None, int]] = []
    count, total = 0, 0.0
    for figure in metric.samples:
        if figure.name == f"{name}_bucket":
            bound = float(figure.labels["le"])
            buckets.append((None if bound == float("inf") else bound, int(figure.value)))
        elif figure.name == f"{name}_count":
            count = int(figure.value)
        elif figure.name == f"{name}_sum":
            total = figure.value
    return Times(count, round(total, 6), tuple(buckets))


def _checks(figures: dict[str, Metric]) -> list[CheckState]:
    breakers = {
        figure.labels["guardrail"]: figure.labels["state"]
        for figure in _values(figures, "tidegate_check_breaker")
        if figure.value
    }
    results: defaultdict[str, dict[str, int]] = defaultdict(dict)
    for figure in _values(figures, "tidegate_check_results"):
        results[figure.labels["guardrail"]][figure.labels["status"]] = int(figure.value)
    figure_of = {
        field: _by_label(figures, f"tidegate_check_{name}", "guardrail")
        for field, name in (
            *(("waiting", "waiting"), ("running", "running"), ("calls", "calls")),
            *(("failures", "call_failures"), ("retries", "retries"), ("cached", "cached")),
        )
    }
    took = {
        figure.labels["guardrail"]: round(figure.value, 3)
        for figure in _values(figures, "tidegate_check_latency_seconds")
    }
    return [
        CheckState(
            guardrail=name,
            breaker=breaker,
            latency_s=took.get(name, 0.0),
            results=results[name],
            **{field: counts.get(name, 0) for field, counts in figure_of.items()},
        )
        for name, breaker in islice(sorted(breakers.items()), MAX_STREAMS)
    ]
