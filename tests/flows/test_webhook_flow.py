"""The webhook flow behind the guard flow, both in this process."""

import threading

import msgspec
import pytest
from bytewax.dataflow import Dataflow
from bytewax.testing import run_main
from standardwebhooks import Webhook

from connectors.memory import MemorySink, MemorySource, MemoryTopics
from connectors.webhooks.dispatcher import Settings
from flows.guard import build as build_guard
from flows.webhooks import connect_memory
from guardrails.plan import Plan
from guardrails.plans import Plans
from guardrails.policy import Policy
from tests.connectors.webhooks.receiver import Receiver, receiving
from tests.connectors.webhooks.subscribing import NEAR, QUICK, SECRET, target

KEY = "AKIA" + "Q3EGRIFWEKZPMLXA"
TEXTS = ("all is well", "write to ada@example.org", f"the key is {KEY}")


@pytest.fixture
def guarded() -> MemoryTopics:
    """Topics after the guard flow: 30 streams of two tenants and of nobody."""
    topics = MemoryTopics(2)
    for number in range(30):
        chunk = {
            "stream_id": f"s{number}",
            "seq": 0,
            "text": TEXTS[number % 3],
            "final": True,
            "context": {"tenant": ("acme", "other", None)[number // 3 % 3], "user_id": "ada"},
        }
        topics.append("chunks", chunk["stream_id"].encode(), msgspec.json.encode(chunk))
    topics.close("chunks")
    policy = Policy(guardrails={"pii": {"action": "redact"}, "secrets": {"action": "block"}})
    source = MemorySource(topics, ["chunks"])
    run_main(build_guard(source, MemorySink(topics), Plans(Plan(policy)), recovery=False))
    for name in ("verdicts", "audit"):
        topics.close(name)
    return topics


def send(topics: MemoryTopics, *targets) -> None:
    flow = Dataflow("webhooks")
    settings = Settings(NEAR, schedule=QUICK)
    sink = connect_memory(flow, topics, targets, settings, stop=threading.Event())
    try:
        run_main(flow)
    finally:
        sink.close()


def got(receiver: Receiver) -> list[tuple[str, str]]:
    """Type and stream of what was taken; each is signed as it should be."""
    for one in receiver.taken:
        Webhook(SECRET).verify(one.body, one.headers)
    return sorted((one.event["type"], one.event["data"]["stream_id"]) for one in receiver.taken)


def streams(tenant: int | None, kind: int | None = None) -> list[str]:
    """The streams of a tenant, and of a text, as `guarded` made them."""
    return [
        f"s{number}"
        for number in range(30)
        if tenant in (None, number // 3 % 3) and kind in (None, number % 3)
    ]


def test_blocks_reach_the_tenant_they_belong_to_and_nobody_else(guarded) -> None:
    with receiving() as acme, receiving() as other:
        send(
            guarded,
            target("acme", acme.url, events=["verdict.block"]),
            target("other", other.url, tenant="other", events=["verdict.block"]),
        )
        assert got(acme) == sorted(("verdict.block", name) for name in streams(0, 2))
        assert got(other) == sorted(("verdict.block", name) for name in streams(1, 2))
        bodies = b"".join(one.body for one in acme.got + other.got)
    for text in (KEY, "the key is", "ada"):
        assert text.encode() not in bodies


def test_released_text_is_sent_where_the_subscription_says_so_and_only_what_was_released(
    guarded,
) -> None:
    with receiving() as receiver:
        send(guarded, target("a", receiver.url, events=["verdict"], include_text=True))
        bodies = b"".join(one.body for one in receiver.got)
    assert b"the key is" in bodies
    assert b"[EMAIL_ADDRESS]" in bodies
    assert KEY.encode() not in bodies
    assert b"ada@example.org" not in bodies


def test_audit_records_of_all_tenants_reach_the_house(guarded) -> None:
    with receiving() as receiver:
        send(guarded, target("siem", receiver.url, all_tenants=True, events=["audit"]))
        assert got(receiver) == sorted(("audit", name) for name in streams(None))
        assert {one.event["data"]["context"].get("tenant") for one in receiver.taken} == {
            *("acme", "other", None)
        }
