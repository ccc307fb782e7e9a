"""What streams come to, as metrics, and the status of each behind them."""

from __future__ import annotations

from prometheus_client import CollectorRegistry
from reactivex import Subject

from connectors.gateway.subscribers.metrics import MetricsSubscriber
from connectors.gateway.subscribers.status import Status, follow
from guardrails.events import Verdict
from guardrails.guardrail import Action
from tests.connectors.gateway.subscribers.telling import Said, reply, told_of
from tests.connectors.webhooks.subscribing import verdict


def counted(*said: Said) -> CollectorRegistry:
    registry = CollectorRegistry()
    subscriber = MetricsSubscriber(registry)
    for told in told_of(*said):
        subscriber.on_events(told)
    subscriber.close()
    return registry


def held(stream_id: str, seq: int, chars: int) -> Verdict:
    return Verdict(stream_id, seq, Action.ALLOW, (), 0, chars, (), "chunk", "active", "v")


def test_events_findings_and_outcomes_are_counted() -> None:
    registry = counted(*reply("a"), *reply("b"))
    value = registry.get_sample_value
    assert value("tidegate_gateway_events_total", {"type": "partial_result"}) == 6
    assert value("tidegate_gateway_events_total", {"type": "audit"}) == 2
    found = {"type": "SECRET", "action": "redact"}
    assert value("tidegate_gateway_findings_total", found) == 2
    assert value("tidegate_gateway_outcomes_total", {"outcome": "redact"}) == 2
    assert value("tidegate_gateway_live_streams") == 0


def test_what_is_held_is_that_of_streams_that_are_not_over() -> None:
    registry = counted(
        *(held("a", 0, 7), held("a", 1, 5), held("b", 0, 4)),
        *(held("c", 0, 9), verdict(1, stream_id="c", state="complete")),
    )
    assert registry.get_sample_value("tidegate_gateway_held_chars") == 9
    assert registry.get_sample_value("tidegate_gateway_live_streams") == 2


def test_a_status_goes_on_from_verdict_to_verdict_and_begins_anew_behind_the_last() -> None:
    verdicts: Subject[Verdict] = Subject()
    seen: list[Status] = []
    follow(verdicts).subscribe(seen.append)
    first = verdict(0, action=Action.REDACT)
    for one in (first, verdict(1), verdict(2, state="complete"), verdict(3)):
        verdicts.on_next(one)
    assert [one.verdicts for one in seen] == [1, 2, 3, 1]
    assert [one.outcome for one in seen[:3]] == [Action.REDACT] * 3
    assert [one.is_over for one in seen] == [False, False, True, False]
