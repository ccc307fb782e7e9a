"""What the checks do: the figures of the runners of this process, read when asked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Protocol

from prometheus_client import REGISTRY, CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from connectors.checks.figures import Figures
from guardrails.breaker import BreakerState

_STATUSES = ("done", "failed", "timed_out", "skipped")
_COUNTERS = (
    ("calls", "tidegate_check_calls", "Calls made, retries counted."),
    ("failures", "tidegate_check_call_failures", "Calls that failed."),
    ("retries", "tidegate_check_retries", "Calls that were made again."),
    ("recovered", "tidegate_check_recovered", "Calls that succeeded after one before had failed."),
    ("too_slow", "tidegate_check_too_slow", "Calls slower than the guardrail's class."),
    ("cached", "tidegate_check_cached", "Results without a call of their own."),
    ("prompt_tokens", "tidegate_check_prompt_tokens", "Tokens sent, as the service says."),
    ("completion_tokens", "tidegate_check_completion_tokens", "Tokens answered."),
    ("opened", "tidegate_check_breaker_opened", "Times the circuit breaker has opened."),
)
_GAUGES = (
    ("waiting", "tidegate_check_waiting", "Questions that wait for a call."),
    ("running", "tidegate_check_running", "Calls that are open."),
)


class Source(Protocol):
    """What has figures: a runner."""

    def figures(self) -> Mapping[str, Figures]:
        """Return them by guardrail."""


class ChecksMetrics(Collector):
    """Adds up the figures of runners. Labels: the guardrails of the policies."""

    def __init__(self, registry: CollectorRegistry = REGISTRY) -> None:
        """registry: a second instance needs one of its own."""
        self._runners: list[Source] = []
        registry.register(self)

    def add(self, runner: Source) -> None:
        """Count one more runner."""
        self._runners.append(runner)

    def collect(self) -> Iterable[Metric]:
        """Read the figures as they are now."""
        every = [figures for runner in self._runners for figures in runner.figures().values()]
        by_name: dict[str, list[Figures]] = {}
        for figures in every:
            by_name.setdefault(figures.guardrail, []).append(figures)
        results = CounterMetricFamily(
            "tidegate_check_results", "Results by status.", labels=["guardrail", "status"]
        )
        took = CounterMetricFamily(
            *("tidegate_check_latency_seconds", "From question to result, summed up."),
            labels=["guardrail"],
        )
        breaker = GaugeMetricFamily(
            *("tidegate_check_breaker", "1 for the state the circuit breaker is in."),
            labels=["guardrail", "state"],
        )
        for name, own in by_name.items():
            for status in _STATUSES:
                results.add_metric([name, status], sum(getattr(one, status) for one in own))
            took.add_metric([name], sum(one.latency_ms for one in own) / 1000)
            for state in BreakerState:
                breaker.add_metric([name, state], float(any(one.breaker is state for one in own)))
        return [results, took, breaker, *_plain(by_name)]


def _plain(by_name: Mapping[str, list[Figures]]) -> Iterable[Metric]:
    for field, name, text in _COUNTERS:
        counter = CounterMetricFamily(name, text, labels=["guardrail"])
        for guardrail, own in by_name.items():
            counter.add_metric([guardrail], sum(getattr(one, field) for one in own))
        yield counter
    for field, name, text in _GAUGES:
        gauge = GaugeMetricFamily(name, text, labels=["guardrail"])
        for guardrail, own in by_name.items():
            gauge.add_metric([guardrail], sum(getattr(one, field) for one in own))
        yield gauge
