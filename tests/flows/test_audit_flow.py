"""The audit flow behind the guard flow, both in this process: what was guarded is rolled up."""

import json
import threading

import msgspec
import pytest
from bytewax.testing import run_main

from connectors.audit.chain_check import check_chain, find_chains
from connectors.audit.chain_files import list_files
from connectors.audit.chain_sink import ChainSink
from connectors.audit.settings import AuditSettings
from connectors.memory import MemorySink, MemorySource, MemoryTopics
from flows.audit import build, build_webhook
from flows.guard import build as build_guard
from guardrails.chain import Seal
from guardrails.events import Audit, Rollup
from guardrails.guardrail import Action
from guardrails.plan import Plan
from guardrails.plans import Plans
from guardrails.policy import Policy
from guardrails.rollup import MINUTE_MS, Totals
from tests.connectors.audit.receiver import receiving

SEAL = Seal(b"0123456789abcdef0123456789abcdef")
SECRET = "AKIA" + "Q3EGRIFWEKZPMLXA"
TEXTS = ("all is well", "write to ada@example.org", f"the key is {SECRET}", "")


@pytest.fixture
def guarded() -> MemoryTopics:
    """Topics after the guard flow: 40 streams of two tenants and of nobody."""
    topics = MemoryTopics(2)
    for number in range(40):
        tenant = (None, "acme", "other")[number % 3]
        chunk = {
            "stream_id": f"s{number}",
            "seq": 0,
            "text": TEXTS[number % len(TEXTS)],
            "final": True,
            "context": {"tenant": tenant},
        }
        topics.append("chunks", chunk["stream_id"].encode(), msgspec.json.encode(chunk))
    topics.close("chunks")
    policy = Policy(guardrails={"pii": {"action": "redact"}, "secrets": {"action": "block"}})
    source = MemorySource(topics, ["chunks"])
    run_main(build_guard(source, MemorySink(topics), Plans(Plan(policy)), recovery=False))
    for one in topics.records("audit")[:7]:
        # As after a crash of the guard.
        topics.append("audit", one.key, one.value, one.partition)
    topics.append("audit", b"x", b"no audit record")
    topics.close("audit")
    return topics


def audits(topics: MemoryTopics) -> dict[str, Audit]:
    """The audit records of the guard, by stream."""
    found = {}
    for one in topics.records("audit"):
        if one.value.startswith(b"{"):
            event = msgspec.json.decode(one.value, type=Audit)
            found[event.stream_id] = event
    return found


def expected(topics: MemoryTopics) -> dict[tuple[str | None, int], Rollup]:
    """What the streams of each tenant and minute came to, without a flow."""
    sums: dict[tuple[str | None, int], Totals] = {}
    for event in audits(topics).values():
        minute_ms = event.transport.ended_at_ms // MINUTE_MS * MINUTE_MS
        sums.setdefault((event.context.tenant, minute_ms), Totals()).add(event)
    return {key: totals.rollup(*key) for key, totals in sums.items()}


def rolled_up(topics: MemoryTopics) -> dict[tuple[str | None, int], Rollup]:
    """What a reader of the rollups keeps."""
    kept = {}
    for one in topics.records("audit-rollup"):
        event = msgspec.json.decode(one.value, type=Rollup)
        assert one.key == (event.tenant or "-").encode()
        kept[event.tenant, event.minute_ms] = event
    return kept


@pytest.fixture
def audited(guarded, tmp_path):
    """The same topics after the audit flow, where its chains are, and what was posted."""
    with receiving() as receiver:
        source, feed = (MemorySource(guarded, ["audit"], batch=3) for _ in range(2))
        chain = ChainSink(tmp_path, "audit", SEAL, lambda: len(source.list_parts()))
        webhook = build_webhook(AuditSettings(), receiver.url, feed, threading.Event())
        flow = build(source, MemorySink(guarded), chain=chain, webhook=webhook, ends=True)
        run_main(flow)
        yield guarded, tmp_path, receiver


def test_what_was_guarded_is_rolled_up_chained_and_posted(audited):
    topics, root, receiver = audited
    assert len(audits(topics)) == 40
    assert rolled_up(topics) == expected(topics)
    assert sum(event.streams for event in rolled_up(topics).values()) == 40
    blocked = sum(event.outcomes.get(Action.BLOCK, 0) for event in rolled_up(topics).values())
    assert blocked == 10
    assert set(receiver.taken) == set(audits(topics))
    assert len(receiver.taken) == 47
    chained = []
    for directory in find_chains(root):
        report = check_chain(directory, SEAL)
        assert report.problems == []
        chained += [
            json.loads(line)["record"]["stream_id"]
            for file in list_files(directory)
            for line in file.path.read_text().splitlines()
            if '"record":' in line
        ]
    assert sorted(chained) == sorted(audits(topics))
    (letter,) = topics.records("dead-letters")
    assert json.loads(letter.value)["reason"] == "not-json"


def test_no_text_of_a_stream_is_in_rollups_or_chains(audited):
    topics, root, _ = audited
    written = b"".join(one.value for one in topics.records("audit-rollup"))
    written += b"".join(path.read_bytes() for path in root.rglob("*.jsonl"))
    assert b"s0" in written
    for text in ("ada@example.org", SECRET, "all is well"):
        assert text.encode() not in written
