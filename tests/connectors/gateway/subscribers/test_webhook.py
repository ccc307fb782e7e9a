"""Records go on to webhooks as they stand in the log, and are decoded once."""

from __future__ import annotations

import json

import pytest

from connectors.gateway.subscribers.webhook import WebhookSubscriber
from connectors.memory import MemoryPublisher, MemoryTopics
from connectors.webhooks import audience
from connectors.webhooks.dispatcher import Settings
from connectors.webhooks.embedded import Webhooks
from guardrails.events import PipelineEvent
from tests.connectors.gateway.subscribers.telling import reply, told_of
from tests.connectors.webhooks.receiver import receiving
from tests.connectors.webhooks.subscribing import NEAR, QUICK, target


def test_webhooks_get_verdicts_and_audit_records_without_decoding_them_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def decode(*_: object) -> None:
        raise AssertionError("decoded twice")

    monkeypatch.setattr(audience, "read_event", decode)
    step = PipelineEvent("step_start", "a", 1, {}, step="pii")
    with receiving() as receiver:
        settings = Settings(NEAR, schedule=QUICK)
        wanted = target("a", receiver.url, events=["verdict.redact", "audit"])
        webhooks = Webhooks([wanted], settings, MemoryPublisher(MemoryTopics()))
        subscriber = WebhookSubscriber(webhooks)
        for told in told_of(step, *reply("a")):
            subscriber.on_events(told)
        receiver.wait(lambda: len(receiver.taken) == 2)
        subscriber.close()
        sent = {got.event["type"]: got.event["data"] for got in receiver.taken}
    assert sent.keys() == {"verdict.redact", "audit"}
    assert sent["audit"]["stream_id"] == "a"
    assert "geheim" not in json.dumps(sent["verdict.redact"])
