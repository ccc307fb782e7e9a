"""Webhooks beside topics in memory, without a flow."""

import threading

import msgspec
import pytest

from connectors.memory import MemoryPublisher, MemoryTopics
from connectors.webhooks.dispatcher import MAX_MESSAGES, Settings
from connectors.webhooks.embedded import Webhooks
from guardrails.events import DeadLetter, encode
from guardrails.guardrail import Action
from guardrails.records import Record
from tests.audits import audit
from tests.connectors.webhooks.receiver import receiving
from tests.connectors.webhooks.subscribing import NEAR, QUICK, record, target, until, verdict


@pytest.fixture
def receiver():
    with receiving() as receiver:
        yield receiver


@pytest.fixture
def offered():
    """`offered(target, ...)`: topics, and webhooks that are offered what is appended to them."""
    started = []

    def start(*targets):
        topics = MemoryTopics()
        settings = Settings(NEAR, schedule=QUICK)
        started.append(Webhooks(targets, settings, MemoryPublisher(topics)))
        return topics, started[-1]

    yield start
    for one in started:
        one.close()


def test_what_is_offered_goes_to_whom_it_concerns(receiver, offered) -> None:
    _, webhooks = offered(target("blocks", receiver.url, events=["verdict.block", "audit"]))
    for number, action in enumerate((Action.ALLOW, Action.BLOCK, Action.REDACT)):
        webhooks.offer(record(verdict(number, action=action), number))
    webhooks.offer(record(verdict(9, action=Action.BLOCK, tenant="other"), 9))
    webhooks.offer(record(audit(), 3, topic="audit"))
    webhooks.offer(Record("chunks", 0, 0, 1, b"k", b"{}"))
    webhooks.offer(Record("verdicts", 0, 0, 1, b"k", b"no json"))
    receiver.wait(lambda: len(receiver.taken) == 2)
    assert sorted(got.event["type"] for got in receiver.taken) == ["audit", "verdict.block"]


def test_who_does_not_keep_up_gets_dead_letters_and_nobody_waits(receiver, offered) -> None:
    held = threading.Event()
    receiver.answer = lambda _: held.wait(30) and 200
    topics, webhooks = offered(target("a", receiver.url))
    for number in range(MAX_MESSAGES + 5):
        webhooks.offer(record(verdict(number), number))
    until(lambda: len(topics.records("dead-letters")) == 5)
    letters = [
        msgspec.json.decode(one.value, type=DeadLetter) for one in topics.records("dead-letters")
    ]
    assert {one.reason for one in letters} == {"webhook-full"}
    assert [one.offset for one in letters] == list(range(MAX_MESSAGES, MAX_MESSAGES + 5))
    held.set()
    receiver.wait(lambda: len(receiver.taken) == MAX_MESSAGES)


def test_records_may_be_offered_from_many_threads(receiver, offered) -> None:
    _, webhooks = offered(target("a", receiver.url))

    def offer(first: int) -> None:
        for number in range(first, first + 50):
            webhooks.offer(record(verdict(number), number))

    threads = [threading.Thread(target=offer, args=(50 * n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    receiver.wait(lambda: len(receiver.taken) == 200)
    assert receiver.offsets() == list(range(200))


def test_a_repeated_verdict_is_the_same_message(receiver, offered) -> None:
    _, webhooks = offered(target("a", receiver.url))
    said = encode(verdict(3))
    for offset in (7, 19):
        webhooks.offer(Record("verdicts", 0, offset, 1, b"s", said))
    receiver.wait(lambda: len(receiver.taken) == 2)
    assert len({got.headers["webhook-id"] for got in receiver.taken}) == 1
