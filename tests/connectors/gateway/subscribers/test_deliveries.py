"""Every subscriber gets everything, and none disturbs another, the streams or the gateway."""

from __future__ import annotations

import threading
import time

import pytest

from connectors.gateway.streams import Streams
from connectors.gateway.subscribers.callback import CallbackSubscriber
from connectors.gateway.subscribers.deliveries import Deliveries
from connectors.gateway.subscribers.lane import EVENTS, Lane
from connectors.gateway.subscribers.subscriber import StreamSubscriber, Told
from tests.connectors.gateway.subscribers.telling import Log, Noting, reply, told_of
from tests.connectors.webhooks.subscribing import until


def counted(name: str, outcome: str) -> float:
    value: float = EVENTS.labels(name, outcome)._value.get()
    return value


class Failing(StreamSubscriber):
    """Fails whatever it is asked, each time with another error."""

    def __init__(self, name: str = "failing") -> None:
        self.name = name
        self.asked = 0

    def on_events(self, told: Told) -> None:
        self.asked += 1
        raise (ValueError, SystemExit, OSError)[self.asked % 3](told.stream_id)

    def flush(self) -> None:
        raise OSError("no room")

    def close(self) -> None:
        raise RuntimeError("not now")


class Blocking(StreamSubscriber):
    """Does not come back until it is let go."""

    def __init__(self, name: str = "blocking") -> None:
        self.name = name
        self.began, self.let_go = threading.Event(), threading.Event()
        self.told: list[Told] = []

    def on_events(self, told: Told) -> None:
        self.began.set()
        self.let_go.wait(30)
        self.told.append(told)


def test_each_subscriber_is_told_everything_in_order_and_closed() -> None:
    first, second = Noting("first"), Noting("second")
    deliveries = Deliveries([first, second])
    log = Log()
    log.streams.tell_all(deliveries.offer)
    log.write(*reply("a"), *reply("b"))
    deliveries.close()
    assert first.types == second.types
    assert first.types.count("partial_result") == 6
    assert [one.stream_id for one in first.told] == ["a"] * 4 + ["b"] * 4
    assert all(one.events[-1].id for one in first.told)
    assert first.is_closed
    assert second.is_closed
    assert first.flushed > 0


def test_what_a_replay_repeats_is_told_to_nobody() -> None:
    said = reply("a")
    assert len(told_of(*said, *said)) == len(said)


def test_what_was_there_before_the_start_is_told_to_nobody() -> None:
    log, told = Log(), []
    log.write(*reply("a"))
    log.streams.tell_all(told.extend)
    log.write(*reply("b"))
    assert {one.stream_id for one in told} == {"b"}


def test_a_subscriber_that_raises_is_asked_again_and_the_others_get_everything() -> None:
    failing, noting = Failing("raises"), Noting("beside-raises")
    deliveries = Deliveries([failing, noting])
    told = told_of(*reply("a", 50))
    deliveries.offer(told)
    deliveries.close()
    assert failing.asked == len(told)
    assert noting.told == told
    events = sum(len(one.events) for one in told)
    assert (counted("raises", "failed"), counted("raises", "taken")) == (events, 0)
    assert counted("beside-raises", "taken") == events


def test_a_flush_that_raises_counts_what_was_taken_as_failed() -> None:
    class Torn(Noting):
        def flush(self) -> None:
            raise OSError("disk full")

    told = told_of(*reply("a"))
    lane = Lane(Torn("torn"))
    lane.offer(told)
    lane.end()
    assert lane.wait(10)
    assert counted("torn", "taken") == 0
    assert counted("torn", "failed") == sum(len(one.events) for one in told)


def test_a_subscriber_that_blocks_keeps_nobody_waiting_and_what_it_loses_is_counted() -> None:
    blocking, told = Blocking("blocks"), told_of(*reply("a", 30))
    lane = Lane(blocking, max_records=10)
    lane.offer(told[:1])
    assert blocking.began.wait(10)
    lane.offer(told[1:])
    assert lane.waiting == 10
    assert counted("blocks", "dropped") == sum(len(one.events) for one in told[10:])
    blocking.let_go.set()
    lane.end()
    assert lane.wait(10)
    assert blocking.told == told[:10]


def test_what_waits_is_bounded_in_bytes_as_well() -> None:
    blocking, told = Blocking("heavy"), told_of(*reply("a", 30))
    lane = Lane(blocking, max_bytes=1)
    lane.offer(told[:1])
    assert blocking.began.wait(10)
    lane.offer(told[1:])
    assert lane.waiting == 1
    blocking.let_go.set()
    until(lambda: lane.waiting == 0)
    lane.offer(told[1:2])
    lane.end()
    assert lane.wait(10)
    assert blocking.told == told[:2]


def test_the_end_does_not_wait_for_one_that_blocks_and_the_others_finish() -> None:
    blocking, noting = Blocking("stuck"), Noting("beside-stuck")
    deliveries = Deliveries([blocking, noting])
    told = told_of(*reply("a"))
    deliveries.offer(told)
    deliveries.close(timeout_s=0.2)
    assert noting.told == told
    assert noting.is_closed
    blocking.let_go.set()


def test_streams_are_known_as_well_when_every_subscriber_fails() -> None:
    blocking = Blocking("stuck-too")
    deliveries = Deliveries([Failing("one"), Failing("two"), blocking])
    alone, beside = Log(), Log()
    beside.streams.tell_all(deliveries.offer)
    for log in (alone, beside):
        log.write(*reply("a"), *reply("b", 500))
    assert _events(alone.streams) == _events(beside.streams)
    blocking.let_go.set()
    deliveries.close()


def _events(streams: Streams) -> list[object]:
    return [event for stream in streams for entry in stream.entries for event in entry.events]


def test_a_callback_gets_the_id_of_a_stream_and_its_events() -> None:
    calls: list[tuple[str, list[str]]] = []
    callback = CallbackSubscriber(
        lambda stream_id, events: calls.append((stream_id, [event.type for event in events]))
    )
    for told in told_of(*reply("a", 1)):
        callback.on_events(told)
    assert calls == [("a", ["finding", "partial_result"]), ("a", ["audit"])]


def test_a_failure_is_logged_by_its_type_alone(caplog: pytest.LogCaptureFixture) -> None:
    def tell(_stream_id: str, _events: object) -> None:
        raise ValueError("geheim")

    lane = Lane(CallbackSubscriber(tell, "talks"))
    lane.offer(told_of(*reply("a", 20)))
    lane.end()
    assert lane.wait(10)
    logged = [one.getMessage() for one in caplog.records]
    assert len(logged) == 1
    assert "ValueError" in logged[0]
    assert "geheim" not in logged[0]


def test_records_cost_about_the_same_when_nobody_subscribes() -> None:
    """A ratio of two runs of the same code: what is asked is one comparison a record."""
    said = reply("a", 2_000)

    def cost_s(deliver: object) -> float:
        best = float("inf")
        for _ in range(5):
            log = Log()
            log.streams.tell_all(deliver)  # type: ignore[arg-type]
            began = time.thread_time()
            log.write(*said)
            best = min(best, time.thread_time() - began)
        return best

    told: list[Told] = []
    assert cost_s(None) < 1.5 * cost_s(told.extend)
