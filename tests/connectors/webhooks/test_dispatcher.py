"""Sending to real servers that are well, ill, slow, away, or want no more."""

import logging
import threading
import time

import pytest
from standardwebhooks import Webhook

from connectors.webhooks.reach import Reach
from connectors.webhooks.schedule import Schedule
from connectors.webhooks.signature import new_secret
from guardrails.guardrail import Action
from tests.broker import free_ports
from tests.connectors.webhooks.receiver import receiving
from tests.connectors.webhooks.subscribing import (
    QUICK,
    SECRET,
    Sending,
    target,
    until,
    verdict,
)


@pytest.fixture
def receiver():
    with receiving() as receiver:
        yield receiver


@pytest.fixture
def other():
    with receiving() as receiver:
        yield receiver


@pytest.fixture
def sending():
    """`sending(target, ...)` starts a dispatcher that is closed in the end."""
    started = []

    def start(*targets, **more):
        started.append(Sending(*targets, **more))
        return started[-1]

    yield start
    for one in started:
        one.close()


def numbered(count: int):
    return [verdict(number) for number in range(count)]


def test_what_arrives_is_signed_so_that_the_specifications_library_accepts_it(
    receiver, sending
) -> None:
    old, new = new_secret(), new_secret()
    to = sending(target("a", receiver.url, (new, old), headers={"X-Team": "guards"}))
    (parcel,) = to.put("a", verdict())
    receiver.wait(lambda: len(receiver.taken) == 1)
    got = receiver.taken[0]
    for secret in (old, new):
        assert Webhook(secret).verify(got.body, got.headers)["type"] == "verdict.allow"
    assert got.headers["webhook-id"] == parcel.id
    assert abs(int(got.headers["webhook-timestamp"]) - time.time()) < 60
    assert got.headers["content-type"] == "application/json"
    assert got.headers["x-team"] == "guards"
    assert got.body == parcel.body
    until(lambda: to.waiting("a") == [])
    assert to.rooms["a"].empty


def test_many_messages_arrive_over_few_connections(receiver, sending) -> None:
    to = sending(target("a", receiver.url, concurrency=4))
    to.put("a", *numbered(200))
    receiver.wait(lambda: len(receiver.taken) == 200)
    assert receiver.offsets() == list(range(200))
    assert receiver.connections <= 8


@pytest.mark.parametrize("status", [500, 503, 429, 404, 401, 302, 408])
def test_what_is_no_success_is_tried_again_under_the_same_id_with_a_new_signature(
    receiver, sending, status
) -> None:
    answers = iter([status] * 3)
    receiver.answer = lambda _: next(answers, 200)
    to = sending(target("a", receiver.url))
    (parcel,) = to.put("a", verdict())
    receiver.wait(lambda: len(receiver.taken) == 1)
    assert [got.headers["webhook-id"] for got in receiver.got] == [parcel.id] * 4
    assert {got.body for got in receiver.got} == {parcel.body}
    for got in receiver.got:
        Webhook(SECRET).verify(got.body, got.headers)
    assert to.letters() == []


def test_a_receiver_that_is_away_gets_everything_when_it_is_back(sending) -> None:
    (port,) = free_ports(1)
    to = sending(
        target("a", f"http://127.0.0.1:{port}/"), schedule=Schedule((0.05,) * 500, 0.05, 0.1)
    )
    to.put("a", *numbered(30))
    until(lambda: any(tries for _, tries in to.waiting("a")))
    with receiving(port) as receiver:
        receiver.wait(lambda: len(receiver.taken) >= 30)
        assert receiver.offsets() == list(range(30))


def test_hanging_slow_and_dead_receivers_hold_up_nobody(receiver, other, sending) -> None:
    held = threading.Event()
    receiver.answer = lambda _: held.wait(60) and 200
    (dead,) = free_ports(1)
    to = sending(
        target("hangs", receiver.url),
        target("dead", f"http://127.0.0.1:{dead}/"),
        target("nameless", "https://hooks.invalid/"),
        target("well", other.url),
        schedule=Schedule(),
        resolve=lambda _: held.wait(60) and [],
    )
    for name in ("hangs", "dead", "nameless", "well"):
        to.put(name, *numbered(300))
    other.wait(lambda: len(other.taken) == 300)
    assert other.offsets() == list(range(300))
    # No more than its share is under way to the one that hangs.
    receiver.wait(lambda: len(receiver.got) == 4)
    assert len(to.waiting("hangs")) == len(to.waiting("nameless")) == 300
    held.set()
    receiver.wait(lambda: len(receiver.taken) >= 300)


def test_a_receiver_that_answers_too_late_is_asked_again(receiver, sending) -> None:
    calls: list[int] = []

    def answer(_):
        calls.append(1)
        if len(calls) == 1:
            until(lambda: len(calls) > 1)
        return 200

    receiver.answer = answer
    to = sending(target("a", receiver.url, timeout_s=1))
    to.put("a", verdict())
    # The first one ends as well, too late to count: at least once, under one id.
    receiver.wait(lambda: len(receiver.taken) == 2)
    assert len({got.headers["webhook-id"] for got in receiver.taken}) == 1
    until(lambda: to.waiting("a") == [])


def test_a_message_nobody_takes_becomes_a_dead_letter_without_secrets(receiver, sending) -> None:
    refused = 3
    receiver.answer = lambda got: 500 if got.event["data"]["seq"] == refused else 200
    to = sending(target("a", receiver.url))
    parcels = to.put("a", *numbered(6))
    until(lambda: len(to.letters()) == 1)
    (letter,) = to.letters()
    assert (letter.topic, letter.partition, letter.offset) == ("verdicts", 0, refused)
    assert letter.reason == "webhook-failed"
    assert letter.detail == "subscription a: status 500 after 10 tries"
    assert (letter.key, letter.value) == (b"a", parcels[refused].body)
    assert b"geheim" not in letter.value
    assert receiver.offsets() == [0, 1, 2, 4, 5]
    until(lambda: to.waiting("a") == [])
    assert to.rooms["a"].empty
    (stored,) = to.topics.records("dead-letters")
    for secret in (SECRET, "in-the-query", "whsec"):
        assert secret.encode() not in stored.value


def test_410_disables_a_subscription_and_no_other(receiver, other, sending, caplog) -> None:
    all_put = threading.Event()
    receiver.answer = lambda _: all_put.wait(30) and 410
    to = sending(target("gone", receiver.url, concurrency=1), target("well", other.url))
    for name in ("gone", "well"):
        to.put(name, *numbered(5))
    all_put.set()
    other.wait(lambda: len(other.taken) == 5)
    until(lambda: len(to.letters()) == 5)
    assert sorted(one.reason for one in to.letters()) == [*["webhook-disabled"] * 4, "webhook-gone"]
    assert len(receiver.got) == 1
    assert not to.dispatcher.is_open("gone")
    assert to.dispatcher.is_open("well")
    # What comes now is for nobody.
    to.put("gone", verdict(9))
    assert to.rooms["gone"].empty
    assert "is disabled" in caplog.text
    assert "subscription=gone" in caplog.text


def test_a_disabled_subscription_stays_so_after_a_restart_until_its_entry_changes(
    receiver, sending
) -> None:
    receiver.answer = lambda _: 410
    to = sending(target("a", receiver.url))
    to.put("a", verdict())
    until(lambda: not to.dispatcher.is_open("a"))
    saved = to.dispatcher.snapshot()
    to.close()
    assert not sending(target("a", receiver.url), saved=saved).dispatcher.is_open("a")
    receiver.answer = lambda _: 200
    again = sending(target("a", receiver.url, description="it is back"), saved=saved)
    assert again.dispatcher.is_open("a")
    again.put("a", verdict(1))
    receiver.wait(lambda: receiver.offsets() == [1])


def test_a_receiver_that_never_takes_anything_is_disabled_in_the_end(receiver, sending) -> None:
    receiver.answer = lambda _: 503
    to = sending(
        target("a", receiver.url), schedule=Schedule((0.02,) * 9, 0.01, 0.01, patience_s=0.2)
    )
    to.put("a", *numbered(20))
    until(lambda: not to.dispatcher.is_open("a"))
    until(lambda: len(to.letters()) == 20)
    assert {one.reason for one in to.letters()} <= {"webhook-failed", "webhook-disabled"}
    assert to.rooms["a"].empty


def test_a_pause_the_receiver_asks_for_is_kept(receiver, sending) -> None:
    answers = iter([(503, {"Retry-After": "1"})])
    receiver.answer = lambda _: next(answers, 200)
    begin = time.monotonic()
    sending(target("a", receiver.url)).put("a", verdict())
    receiver.wait(lambda: len(receiver.taken) == 1)
    assert time.monotonic() - begin >= 1


def test_what_was_under_way_is_sent_by_the_next_run_under_the_same_ids(receiver, sending) -> None:
    receiver.answer = lambda _: 500
    # Twelve failures make a receiver ill; on a busy machine all of them may have come.
    schedule = Schedule((0.5,) * 9, first_rest_s=0.5, longest_rest_s=0.5)
    to = sending(target("a", receiver.url), schedule=schedule)
    parcels = to.put("a", *numbered(12))
    until(lambda: any(tries for _, tries in to.waiting("a")))
    saved = to.dispatcher.snapshot()
    to.close()
    assert receiver.taken == []
    receiver.answer = lambda _: 200
    sending(target("a", receiver.url), schedule=schedule, saved=saved)
    receiver.wait(lambda: len(receiver.taken) == 12)
    ids = {got.headers["webhook-id"] for got in receiver.taken}
    assert ids == {parcel.id for parcel in parcels}


def test_what_waits_for_a_subscription_that_is_gone_from_the_file_becomes_dead_letters(
    receiver, sending
) -> None:
    receiver.answer = lambda _: 500
    to = sending(target("a", receiver.url), schedule=Schedule())
    to.put("a", *numbered(3))
    saved = to.dispatcher.snapshot()
    to.close()
    later = sending(target("b", receiver.url), saved=saved)
    assert [one.reason for one in later.letters()] == ["webhook-removed"] * 3


def test_an_address_of_the_inside_is_never_connected_to_whatever_the_name_says(
    receiver, sending
) -> None:
    answers = iter([["192.0.2.1"], ["10.0.0.1"], ["::1"]])
    reach = Reach(loopback=False, ports=frozenset({443, receiver.port}))
    url = f"https://hooks.example.com:{receiver.port}/"
    near = target("a", "http://127.0.0.1/")
    far = near._replace(subscription=near.subscription.model_copy(update={"url": url}))
    to = sending(far, reach=reach, resolve=lambda _: next(answers, ["127.0.0.1"]))
    to.put("a", verdict())
    until(lambda: len(to.letters()) == 1)
    assert to.letters()[0].detail == (
        "subscription a: the receiver stands at a loopback address after 10 tries"
    )
    assert receiver.connections == 0


def test_neither_secrets_nor_urls_nor_texts_nor_answers_are_logged(
    receiver, sending, caplog
) -> None:
    caplog.set_level(logging.DEBUG)
    answers = iter([500, 500, 422, 500, (302, {"Location": "http://answered.invalid/"})])
    receiver.answer = lambda _: next(answers, 200)
    receiver.body = b"answered"
    to = sending(target("a", receiver.url, include_text=True, headers={"X-Key-Of": "let-me-in"}))
    to.put("a", verdict(action=Action.BLOCK, stream_id="stream-name"))
    receiver.wait(lambda: len(receiver.taken) == 1)
    until(lambda: "taken again" in caplog.text)
    assert f"http://127.0.0.1:{receiver.port}" in caplog.text
    secrets = (SECRET, "let-me-in", "in-the-query", "stream-name", "geheim", "answered", "acme")
    for secret in secrets:
        assert secret not in caplog.text


def test_handing_over_never_waits_for_a_receiver_that_hangs(receiver, sending) -> None:
    held = threading.Event()
    receiver.answer = lambda _: held.wait(60) and 200
    to = sending(target("a", receiver.url), schedule=QUICK)
    to.put("a", verdict())
    receiver.wait(lambda: len(receiver.got) == 1)
    before = time.thread_time()
    to.put("a", *numbered(100))
    assert len(to.waiting("a")) == 101
    assert time.thread_time() - before < 1
    held.set()
    receiver.wait(lambda: len(receiver.taken) >= 101)


def test_what_ends_the_thread_is_told_to_who_hands_over_next(receiver, sending) -> None:
    to = sending(target("a", receiver.url))
    # Nothing that can be posted: as a bug of ours would look.
    (parcel,) = to.put("a", verdict())
    to.rooms["a"].take([b""])
    to.dispatcher.put("a", parcel._replace(body=None))
    with pytest.raises(TypeError):
        until(lambda: to.dispatcher.put("a", parcel))
