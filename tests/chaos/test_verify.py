"""The campaign's judge is judged: it agrees with a flow that works, and notices what is wrong."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from random import Random
from typing import Any

import pytest
from bytewax.testing import run_main

from connectors.checks.runner import Runner
from connectors.checks.settings import ChecksSettings
from connectors.checks.sink import CheckSink
from connectors.memory import MemoryPublisher, MemorySink, MemorySource, MemoryTopics
from flows.checks import connect
from flows.embedded import Settled
from flows.guard import build
from guardrails.plan import Plan
from guardrails.plans import Plans
from guardrails.policy_text import parse_policy
from tests.chaos.evidence import Logs
from tests.chaos.logs import Logged
from tests.chaos.policies import Book
from tests.chaos.scripts import VILE, write_stream
from tests.chaos.verify import verify
from tests.endpoint import Endpoint, judge_words

# The judge of the fault campaign, which is long itself.
pytestmark = pytest.mark.long

STREAMS = 60
TOPICS = ("chunks", "verdicts", "audit", "checks", "results", "dead-letters")
Topics = dict[str, list[Logged]]


@pytest.fixture(scope="module")
def campaign() -> tuple[Topics, dict[str, str]]:
    """The logs of a flow that nothing happens to, except to its chunks."""
    with Endpoint(judge_words([VILE])) as endpoint:
        policies = Book(endpoint.url, idle_s=30, gap_s=2).initial()
        plans = {name: Plan(parse_policy(text, name)) for name, text in policies.items()}
        topics = MemoryTopics(2)
        random, faults = Random(1), Counter[str]()
        sent = [
            (number * 0.01 + one.at_s, one.event)
            for number in range(STREAMS)
            for one in write_stream(f"s{number}", random, faults, late_s=0)
        ]
        for _, event in sorted(sent, key=lambda one: one[0]):
            key = event["stream_id"].encode()
            topics.append("chunks", key, json.dumps(event).encode())
        topics.close("chunks")
        run(topics, Plans(plans["default"], plans))
    assert min(faults.values()) > 0
    found = {
        name: [
            Logged(one.partition, one.offset, one.timestamp_ms, one.key, one.value)
            for one in topics.records(name)
        ]
        for name in TOPICS
    }
    return found | {"policies": []}, policies


def run(topics: MemoryTopics, plans: Plans) -> None:
    """Guard and checks over one set of topics, to the end of the chunks."""
    settled = Settled(topics.partitions)
    flow = build(
        *(MemorySource(topics, ["chunks"]), MemorySink(topics), plans),
        answers=MemorySource(topics, ["results"], done=settled.done),
        observer=settled,
    )
    sink = CheckSink(
        *("results", plans),
        lambda answer: Runner(answer, {}, ChecksSettings()),
        lambda: MemoryPublisher(topics),
        waits=False,
    )
    connect(flow, MemorySource(topics, ["checks"], done=settled.done), sink, plans)
    run_main(flow)


def test_a_flow_that_works_differs_in_nothing(campaign: tuple[Topics, dict[str, str]]) -> None:
    found = verify(Logs(*campaign))
    assert found.differences == []
    assert found.counts["streams"] > STREAMS * 0.9
    for outcome in ("allow", "warn", "redact", "block"):
        assert found.counts[f"outcome {outcome}"] > 0
    assert found.counts["gaps"] > 0
    assert found.counts["questions"] > 0


def _first(records: list[Logged], wanted: Callable[[Any], bool]) -> int:
    return next(n for n, one in enumerate(records) if wanted(json.loads(one.value)))


def _edit(records: list[Logged], number: int, edit: Callable[[Any], None]) -> None:
    value = json.loads(records[number].value)
    edit(value)
    records[number] = records[number]._replace(value=json.dumps(value).encode())


def _lose_verdict(topics: Topics) -> None:
    del topics["verdicts"][_first(topics["verdicts"], lambda one: len(one["segments"]) > 0)]


def _repeat_as_plain(topics: Topics) -> None:
    """What was hidden is shown."""
    records = topics["verdicts"]
    hidden = _first(records, lambda one: any("rule" in each for each in one["segments"]))
    _edit(records, hidden, lambda one: [each.pop("rule", None) for each in one["segments"]])


def _lose_audit(topics: Topics) -> None:
    topics["audit"].pop()


def _contradict_audit(topics: Topics) -> None:
    records = topics["audit"]
    records.append(records[0])
    _edit(records, 0, lambda one: one["content"].update(chars=one["content"]["chars"] + 1))


def _is_asked(audit: Any) -> bool:
    return any(record["runs"] for record in audit["content"]["guardrails"].values())


def _call_scanned(topics: Topics) -> None:
    """An answer failed, and the audit record says that the check has run."""
    asked = json.loads(topics["audit"][_first(topics["audit"], _is_asked)].value)
    stream_id, cut = asked["stream_id"], asked["content"]["chars"]
    starts = {
        event["id"]: event["start"]
        for one in topics["checks"]
        if (event := json.loads(one.value))["kind"] == "request" and event["stream_id"] == stream_id
    }
    number = _first(
        topics["results"],
        lambda one: one["stream_id"] == stream_id and starts[one["id"]] < cut,
    )
    _edit(topics["results"], number, lambda one: one.update(status="failed", findings=[]))


def _lose_result(topics: Topics) -> None:
    topics["results"].pop(0)


def _lose_chunk(topics: Topics) -> None:
    place = _first(topics["chunks"], lambda one: one["seq"] == 2 and bool(one.get("text")))
    del topics["chunks"][place]


@pytest.mark.parametrize(
    "tamper",
    [
        *(_lose_verdict, _repeat_as_plain, _lose_audit, _contradict_audit),
        *(_call_scanned, _lose_result, _lose_chunk),
    ],
)
def test_what_is_wrong_is_noticed(
    campaign: tuple[Topics, dict[str, str]], tamper: Callable[[Topics], None]
) -> None:
    topics, policies = campaign
    topics = {name: list(records) for name, records in topics.items()}
    tamper(topics)
    assert verify(Logs(topics, policies)).differences
