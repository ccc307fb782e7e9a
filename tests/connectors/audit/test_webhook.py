"""Posting audit records to a real server that is well, ill, away, or refuses."""

import logging
import time
from datetime import timedelta
from urllib.parse import urlsplit

import bytewax.operators as op
import pytest
from bytewax.dataflow import Dataflow
from bytewax.recovery import RecoveryConfig, init_db_dir
from bytewax.testing import TestingSource, run_main

from connectors.audit.delivery import MAX_BATCH_RECORDS, Delivery, Endpoint, Parcel
from connectors.audit.room import RoomySource
from connectors.audit.webhook import WebhookSink
from connectors.memory import MemorySource, MemoryTopics
from connectors.webhooks.room import Room
from tests.audits import audit, record
from tests.broker import free_ports
from tests.connectors.audit.receiver import receiving

QUICK = {"first_pause_s": 0.01}


@pytest.fixture
def receiver():
    with receiving() as receiver:
        yield receiver


@pytest.fixture
def deliver():
    """`deliver(endpoint, ...)` starts a delivery that is closed in the end."""
    started = []

    def start(endpoint, room=None, waiting=()):
        delivery = Delivery(endpoint, room or Room(), waiting)
        started.append(delivery)
        return delivery

    yield start
    for delivery in started:
        delivery.close()


def parcels(*names: str) -> list[Parcel]:
    return [
        Parcel(0, offset, record(audit(name), offset).value) for offset, name in enumerate(names)
    ]


def numbered(count: int) -> list[str]:
    return [f"s{number}" for number in range(count)]


def test_records_are_posted_in_order_and_in_batches(receiver, deliver):
    delivery = deliver(Endpoint(receiver.url, token="let-me-in"))
    delivery.put(parcels(*numbered(250)))
    receiver.wait(lambda: len(receiver.taken) == 250)
    assert receiver.taken == numbered(250)
    headers, records = receiver.requests[0]
    assert headers["Authorization"] == "Bearer let-me-in"
    assert headers["Content-Type"] == "application/json"
    assert max(len(batch) for _, batch in receiver.requests) <= MAX_BATCH_RECORDS
    assert records[0]["content"]["outcome"] == "allow"
    until(lambda: delivery.waiting() == ())


def until(enough) -> None:
    deadline = time.monotonic() + 30
    while not enough():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.005)


@pytest.mark.parametrize("status", [500, 503, 429, 404, 401, 302])
def test_an_answer_that_is_no_success_is_tried_again_until_it_is(receiver, deliver, status, caplog):
    answers = iter([status] * 3)
    receiver.answer = lambda _: next(answers, 200)
    deliver(Endpoint(receiver.url, **QUICK)).put(parcels("a"))
    receiver.wait(lambda: receiver.taken == ["a"])
    assert len(receiver.requests) == 4
    until(lambda: "takes records again" in caplog.text)
    assert f"answer='status {status}' waiting=1" in caplog.text
    assert caplog.text.count("trying again") == 1


def test_a_receiver_that_is_away_is_waited_for(deliver, caplog):
    (port,) = free_ports(1)
    delivery = deliver(Endpoint(f"http://127.0.0.1:{port}/", **QUICK))
    delivery.put(parcels("a", "b"))
    until(lambda: "ClientConnectorError" in caplog.text)
    assert [parcel.offset for parcel in delivery.waiting()] == [0, 1]
    with receiving(port) as receiver:
        receiver.wait(lambda: receiver.taken == ["a", "b"])
        until(lambda: delivery.waiting() == ())


def test_handing_over_never_waits_for_a_receiver_that_hangs(receiver, deliver):
    held = []
    receiver.answer = lambda _: held.append(1) or until(lambda: len(held) > 1) or 200
    delivery = deliver(Endpoint(receiver.url))
    delivery.put(parcels("a"))
    until(lambda: held == [1])
    before = time.thread_time()
    for _ in range(100):
        delivery.put(parcels("b"))
    assert len(delivery.waiting()) == 101
    assert time.thread_time() - before < 1
    held.append(2)
    receiver.wait(lambda: len(receiver.taken) == 101)


def test_a_receiver_that_does_not_answer_in_time_is_asked_again(receiver, deliver, caplog):
    asked: list[int] = []

    def answer(records):
        asked.append(len(records))
        if len(asked) == 1:
            until(lambda: len(asked) > 1)
        return 200

    receiver.answer = answer
    deliver(Endpoint(receiver.url, timeout_s=0.2, **QUICK)).put(parcels("a"))
    until(lambda: "no answer in 0.2 s" in caplog.text)
    # The first request ends as well, too late to count: at least once.
    receiver.wait(lambda: receiver.taken == ["a", "a"])
    until(lambda: "takes records again" in caplog.text)


def refuse(name: str, status: int = 422):
    return lambda records: status if any(one["stream_id"] == name for one in records) else 200


def test_a_refused_record_holds_those_behind_it_and_those_before_it_arrive(
    receiver, deliver, caplog
):
    receiver.answer = refuse("s37")
    delivery = deliver(Endpoint(receiver.url, **QUICK))
    delivery.put(parcels(*numbered(60)))
    until(lambda: "partition=0 offset=37" in caplog.text)
    assert "TIDEGATE_AUDIT_WEBHOOK_ON_REFUSED=skip" in caplog.text
    assert receiver.taken == numbered(37)
    receiver.answer = lambda _: 200
    receiver.wait(lambda: receiver.taken == numbered(60))


def test_a_refused_record_is_skipped_when_that_is_set(receiver, deliver, caplog):
    receiver.answer = refuse("s5", 400)
    delivery = deliver(Endpoint(receiver.url, on_refused="skip", **QUICK))
    delivery.put(parcels(*numbered(20)))
    receiver.wait(lambda: len(receiver.taken) == 19)
    assert receiver.taken == [name for name in numbered(20) if name != "s5"]
    assert "answer='status 400' partition=0 offset=5" in caplog.text
    until(lambda: delivery.waiting() == ())


def test_a_pause_the_receiver_asks_for_is_kept(receiver, deliver):
    answers = iter([503])
    receiver.answer = lambda _: next(answers, 200)
    receiver.retry_after = "1"
    begin = time.monotonic()
    deliver(Endpoint(receiver.url, **QUICK)).put(parcels("a"))
    receiver.wait(lambda: receiver.taken == ["a"])
    assert time.monotonic() - begin >= 1


@pytest.mark.parametrize("token", [None, "let-me-in"])
def test_credentials_that_lie_about_for_the_host_are_not_sent(
    receiver, deliver, monkeypatch, tmp_path, token
):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password geheim\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    deliver(Endpoint(receiver.url, token)).put(parcels("a"))
    receiver.wait(lambda: receiver.taken == ["a"])
    headers, _ = receiver.requests[0]
    assert headers.get("Authorization") == (None if token is None else "Bearer let-me-in")


@pytest.mark.parametrize("scheme", ["http://", ""])
def test_a_proxy_of_the_environment_is_used(receiver, deliver, monkeypatch, scheme):
    monkeypatch.setenv("http_proxy", f"{scheme}me:secret@{urlsplit(receiver.url).netloc}")
    deliver(Endpoint("http://siem.invalid/audit", "let-me-in")).put(parcels("a"))
    receiver.wait(lambda: receiver.taken == ["a"])
    headers, _ = receiver.requests[0]
    assert headers["Host"] == "siem.invalid"
    assert headers["Authorization"] == "Bearer let-me-in"
    assert headers["Proxy-Authorization"] == "Basic bWU6c2VjcmV0"


def test_a_host_that_needs_no_proxy_gets_its_records_itself(receiver, deliver, monkeypatch):
    monkeypatch.setenv("http_proxy", "http://proxy.invalid:1")
    monkeypatch.setenv("no_proxy", "localhost,127.0.0.1")
    deliver(Endpoint(receiver.url)).put(parcels("a"))
    receiver.wait(lambda: receiver.taken == ["a"])


def test_neither_token_nor_query_nor_records_are_logged(receiver, deliver, caplog):
    caplog.set_level(logging.DEBUG)
    answers = iter([500, 422])
    receiver.answer = lambda _: next(answers, 200)
    deliver(Endpoint(receiver.url, token="let-me-in", **QUICK)).put(parcels("stream-name"))
    receiver.wait(lambda: receiver.taken == ["stream-name"])
    until(lambda: "takes records again" in caplog.text)
    for secret in ("let-me-in", "in-the-query", "stream-name", "acme"):
        assert secret not in caplog.text
    assert f"http://127.0.0.1:{urlsplit(receiver.url).port}" in caplog.text


def test_large_records_are_posted_alone(receiver, deliver):
    large = audit("large", tenant="x" * 1_048_000)
    delivery = deliver(Endpoint(receiver.url))
    delivery.put([Parcel(0, n, record(large, n).value) for n in range(3)])
    receiver.wait(lambda: len(receiver.taken) == 3)
    assert [len(batch) for _, batch in receiver.requests] == [1, 1, 1]


def flow_to(receiver_url: str, source, stopped=lambda: False, room=None):
    room = room or Room()
    flow = Dataflow("webhook")
    sink = WebhookSink(Endpoint(receiver_url, **QUICK), room)
    records = op.input("in", flow, RoomySource(source, room, stopped))
    op.output("webhook", op.key_on("key", records, lambda _: "webhook"), sink)
    return flow, sink


def run(flow, sink, recovery=None, epoch=timedelta(0)) -> None:
    try:
        run_main(flow, epoch_interval=epoch, recovery_config=recovery)
    finally:
        sink.close()


@pytest.fixture
def recovery(tmp_path):
    init_db_dir(tmp_path, 1)
    return RecoveryConfig(str(tmp_path))


def memory(count: int) -> MemoryTopics:
    topics = MemoryTopics(2)
    for name in numbered(count):
        topics.append("audit", name.encode(), record(audit(name), 0).value)
    topics.close("audit")
    return topics


def test_a_flow_over_a_finite_log_ends_when_everything_is_delivered(receiver):
    answers = iter([500, 500])
    receiver.answer = lambda _: next(answers, 200)
    flow, sink = flow_to(receiver.url, MemorySource(memory(40), ["audit"], batch=5))
    run(flow, sink)
    assert sorted(receiver.taken) == sorted(numbered(40))


def test_what_is_no_audit_record_is_not_posted(receiver):
    topics = MemoryTopics(1)
    for value in (b"no json", record(audit("a"), 1).value, b"", b'{"stream_id": 1}'):
        topics.append("audit", b"k", value)
    topics.close("audit")
    run(*flow_to(receiver.url, MemorySource(topics, ["audit"])))
    assert receiver.taken == ["a"]
    assert len(receiver.requests) == 1


def test_only_so_much_is_read_ahead_of_a_receiver_that_is_away(receiver):
    """The log is the queue: what does not fit stays there."""
    room = Room(max_records=10)
    seen = []
    receiver.answer = lambda _: seen.append(room.full) or (500 if len(seen) < 8 else 200)
    source = MemorySource(memory(100), ["audit"], batch=3)
    flow, sink = flow_to(receiver.url, source, room=room)
    biggest = []
    receiver_answer = receiver.answer
    receiver.answer = lambda records: biggest.append(len(records)) or receiver_answer(records)
    run(flow, sink)
    assert len(receiver.taken) == 100
    assert True in seen
    # A batch of each partition beyond the bound, at most.
    assert max(biggest) <= 10 + 2 * 3


def test_what_was_under_way_is_sent_again_after_an_abort(receiver, recovery):
    items = [record(audit(name), offset) for offset, name in enumerate(numbered(12))]
    items.insert(7, TestingSource.ABORT())
    receiver.answer = lambda _: 500
    flow, sink = flow_to(receiver.url, TestingSource(items, batch_size=1))
    run(flow, sink, recovery)
    assert receiver.taken == []
    receiver.answer = lambda _: 200
    flow, sink = flow_to(receiver.url, TestingSource(items, batch_size=1))
    run(flow, sink, recovery)
    assert list(dict.fromkeys(receiver.taken)) == numbered(12)


def test_a_stop_leaves_the_rest_in_the_snapshot_and_the_next_run_delivers_it(receiver, recovery):
    items = [record(audit(name), offset) for offset, name in enumerate(numbered(6))]
    receiver.answer = lambda _: 500
    flow, sink = flow_to(receiver.url, TestingSource(items), stopped=lambda: True)
    run(flow, sink, recovery)
    receiver.answer = lambda _: 200
    flow, sink = flow_to(receiver.url, TestingSource(items))
    run(flow, sink, recovery)
    assert receiver.taken == numbered(6)
