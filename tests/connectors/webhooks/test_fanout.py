"""One log for many: nobody waits for others, nothing is left out, and a restart goes on."""

import threading
import time
from datetime import timedelta

import bytewax.operators as op
import msgspec
import pytest
from bytewax.dataflow import Dataflow
from bytewax.inputs import FixedPartitionedSource, StatefulSourcePartition
from bytewax.recovery import RecoveryConfig, init_db_dir
from bytewax.testing import run_main

from connectors.memory import MemoryPublisher, MemorySource, MemoryTopics
from connectors.webhooks.audience import Audience
from connectors.webhooks.dispatcher import Settings, make_rooms
from connectors.webhooks.fanout import FanoutSource
from connectors.webhooks.room import Room
from connectors.webhooks.schedule import Schedule
from connectors.webhooks.sink import WebhookSink
from guardrails.events import encode
from tests.audits import audit
from tests.connectors.webhooks.receiver import receiving
from tests.connectors.webhooks.subscribing import NEAR, QUICK, target, verdict

KINDS = {"verdicts": "verdicts", "audit": "audit"}


@pytest.fixture
def receiver():
    with receiving() as receiver:
        yield receiver


@pytest.fixture
def other():
    with receiving() as receiver:
        yield receiver


@pytest.fixture
def recovery(tmp_path):
    init_db_dir(tmp_path, 1)
    return RecoveryConfig(str(tmp_path))


def memory(count: int, partitions: int = 2) -> MemoryTopics:
    """Topics with so many verdicts, and an audit record for each tenth."""
    topics = MemoryTopics(partitions)
    for number in range(count):
        said = verdict(number, stream_id=f"s{number}")
        topics.append("verdicts", said.stream_id.encode(), encode(said))
        if number % 10 == 0:
            topics.append("audit", b"k", encode(audit(f"s{number}")))
    for name in KINDS:
        topics.close(name)
    return topics


class Flow:
    """The webhook flow over in-process topics. small: rooms of so many messages."""

    def __init__(self, topics, *targets, small: int | None = None, schedule=QUICK, stop=None):
        self.stop = stop or threading.Event()
        rooms = make_rooms(targets)
        if small is not None:
            rooms = {name: Room(max_records=small) for name in rooms}
        self.rooms = rooms
        source = MemorySource(topics, list(KINDS), batch=7, stop=self.stop)
        behind = MemorySource(topics, list(KINDS), batch=7)
        audience = Audience(targets, rooms, KINDS)
        self.flow = Dataflow("webhooks")
        log = op.input("log", self.flow, FanoutSource(source, behind, audience, self.stop.is_set))
        self.sink = WebhookSink(
            targets, rooms, Settings(NEAR, schedule=schedule), lambda: MemoryPublisher(topics)
        )
        op.output("send", op.key_on("key", log, lambda _: "webhooks"), self.sink)

    def run(self, recovery=None) -> None:
        try:
            run_main(self.flow, epoch_interval=timedelta(0), recovery_config=recovery)
        finally:
            self.sink.close()

    def run_until(self, enough, recovery=None) -> None:
        """Run, and stop when something is so."""

        def watch() -> None:
            deadline = time.monotonic() + 30
            while not enough() and time.monotonic() < deadline:
                time.sleep(0.005)
            self.stop.set()

        watcher = threading.Thread(target=watch)
        watcher.start()
        self.run(recovery)
        watcher.join()


def streams(receiver, kind: str = "verdict.allow") -> list[str]:
    """The streams whose messages were taken, in order of their number, each as often as it came."""
    events = [got.event for got in receiver.taken]
    found = [one["data"]["stream_id"] for one in events if one["type"] == kind]
    return sorted(found, key=lambda name: int(name[1:]))


def numbered(count: int, step: int = 1) -> list[str]:
    return [f"s{number}" for number in range(0, count, step)]


def test_everyone_gets_what_they_asked_for_once(receiver, other) -> None:
    topics = memory(100)
    Flow(
        topics,
        target("verdicts", receiver.url, events=["verdict"]),
        target("audits", other.url, events=["audit"], all_tenants=True),
    ).run()
    assert streams(receiver) == numbered(100)
    assert streams(other, "audit") == numbered(100, 10)
    assert len(receiver.taken) + len(other.taken) == 110


def test_another_tenants_events_are_for_nobody_here(receiver) -> None:
    Flow(memory(30), target("a", receiver.url, tenant="other")).run()
    assert receiver.got == []


def test_what_is_disabled_in_the_file_gets_nothing(receiver, other) -> None:
    Flow(memory(30), target("a", receiver.url, enabled=False), target("b", other.url)).run()
    assert receiver.got == []
    assert streams(other) == numbered(30)


def test_who_is_slow_is_left_behind_and_gets_everything_in_the_end(receiver, other) -> None:
    """Its room is a twentieth of what there is; the others are through long before."""
    through = threading.Event()
    receiver.answer = lambda _: through.wait(30) and 200
    flow = Flow(memory(200), target("slow", receiver.url), target("quick", other.url), small=20)
    before: list[int] = []

    def release() -> None:
        other.wait(lambda: len(other.taken) == 220)
        before.append(len(receiver.taken))
        through.set()

    helper = threading.Thread(target=release)
    helper.start()
    flow.run()
    helper.join()
    assert before == [0]
    assert streams(other) == streams(receiver) == numbered(200)
    assert streams(receiver, "audit") == numbered(200, 10)


def test_no_more_is_read_for_anyone_than_there_is_room_for(receiver) -> None:
    seen: list[bool] = []
    flow = Flow(memory(200), target("a", receiver.url, concurrency=1), small=10)
    room = flow.rooms["a"]
    receiver.answer = lambda _: seen.append(room._records <= 10) or 200
    flow.run()
    assert len(receiver.taken) == 220
    assert all(seen)


def test_ten_who_are_slow_in_ten_ways_all_get_everything(receiver) -> None:
    """Each at another place of the log, and of another size of room."""
    topics = memory(60, partitions=3)
    targets = [
        target(f"t{n}", receiver.url, concurrency=1 + n % 3, rate=None if n % 2 else 400.0)
        for n in range(10)
    ]
    flow = Flow(topics, *targets, small=1)
    for number, room in enumerate(flow.rooms.values()):
        room._max = (1 + 3 * number, 2**20)
    refused = {"s7", "s57"}
    receiver.answer = lambda got: (
        500 if "seq" in got.event["data"] and got.event["data"]["stream_id"] in refused else 200
    )
    flow.run()
    expected = [name for name in numbered(60) if name not in refused]
    assert streams(receiver) == sorted(expected * 10, key=lambda name: int(name[1:]))
    assert streams(receiver, "audit") == sorted(numbered(60, 10) * 10, key=lambda n: int(n[1:]))
    assert len(topics.records("dead-letters")) == 10 * len(refused)


def test_a_stop_leaves_the_rest_to_the_next_run(receiver, other, recovery) -> None:
    """Of one who takes nothing: what is under way, and the place in the log it was left at."""
    topics = memory(300)
    receiver.answer = lambda _: 500
    flow = Flow(
        topics,
        target("away", receiver.url),
        target("well", other.url),
        small=20,
        schedule=Schedule(),
    )
    flow.run_until(lambda: len(other.taken) == 330, recovery)
    assert streams(other) == numbered(300)
    assert receiver.taken == []
    receiver.answer = lambda _: 200
    Flow(topics, target("away", receiver.url), target("well", other.url), small=20).run(recovery)
    assert streams(receiver) == numbered(300)
    assert streams(receiver, "audit") == numbered(300, 10)
    # And nothing twice for who had everything.
    assert len(other.taken) == 330
    ids = [got.headers["webhook-id"] for got in receiver.taken]
    assert len(ids) == len(set(ids))


def test_a_subscription_that_is_new_begins_where_the_others_are(receiver, other, recovery) -> None:
    topics = memory(40)
    flow = Flow(topics, target("old", receiver.url))
    flow.run(recovery)
    assert len(receiver.taken) == 44
    said = verdict(40, stream_id="s40")
    topics.append("verdicts", b"s40", encode(said))
    Flow(topics, target("old", receiver.url), target("new", other.url)).run(recovery)
    assert streams(other) == ["s40"]
    assert len(receiver.taken) == 45


class _Aborting(FixedPartitionedSource):
    """A memory source that fails after so many batches, as a process that is killed."""

    def __init__(self, inner, batches: int) -> None:
        self.inner, self.batches = inner, [batches]

    def list_parts(self):
        return self.inner.list_parts()

    def build_part(self, step_id, for_part, resume_state):
        part = self.inner.build_part(step_id, for_part, resume_state)
        return _AbortingPart(part, self.batches)


class _AbortingPart(StatefulSourcePartition):
    def __init__(self, part, batches) -> None:
        self.part, self.batches = part, batches

    def next_batch(self):
        self.batches[0] -= 1
        if self.batches[0] < 0:
            raise RuntimeError("killed")
        return self.part.next_batch()

    def next_awake(self):
        return self.part.next_awake()

    def snapshot(self):
        return self.part.snapshot()

    def close(self):
        self.part.close()


@pytest.mark.parametrize("batches", [1, 3, 8, 20])
def test_a_crash_loses_nothing_for_anyone_wherever_it_comes(
    receiver, other, recovery, batches
) -> None:
    topics = memory(120)
    answers = iter(range(10_000))
    receiver.answer = lambda _: 500 if next(answers) % 3 else 200
    targets = target("ill", receiver.url), target("well", other.url)
    schedule = Schedule((0.005,) * 200, 0.005, 0.005)
    for attempt in range(40):
        flow = Flow(topics, *targets, small=15, schedule=schedule)
        (log,) = [one for one in flow.flow.substeps if one.step_id == "webhooks.log"]
        log.source._source = _Aborting(log.source._source, batches + attempt)
        try:
            flow.run(recovery)
            break
        except RuntimeError:
            continue
    assert attempt > 0
    for one in (receiver, other):
        assert list(dict.fromkeys(streams(one))) == numbered(120)
        assert list(dict.fromkeys(streams(one, "audit"))) == numbered(120, 10)
        bodies = {got.headers["webhook-id"]: got.body for got in one.taken}
        # Whatever came again came as the same message.
        assert len(bodies) == 132
        assert all(bodies[got.headers["webhook-id"]] == got.body for got in one.taken)


def test_what_is_no_event_is_passed_over(receiver) -> None:
    topics = memory(3, partitions=1)
    topics._closed.clear()
    for value in (b"", b"no json", b"{}"):
        topics.append("verdicts", b"k", value)
        topics.append("audit", b"k", value)
    topics.append("verdicts", b"k", encode(verdict(3, stream_id="s3")))
    for name in KINDS:
        topics.close(name)
    Flow(topics, target("a", receiver.url, events=["verdict"])).run()
    assert streams(receiver) == numbered(4)


def test_offsets_that_a_compacted_log_has_lost_hold_up_nobody(receiver) -> None:
    """As the audit topic does: only the last record of a key is kept."""
    topics = memory(60, partitions=1)
    through = threading.Event()

    class Gappy(MemorySource):
        """Leaves out what was compacted since the first reader came by."""

        def build_part(self, step_id, for_part, resume_state):
            part = super().build_part(step_id, for_part, resume_state)
            read = part.next_batch
            part.next_batch = lambda: [
                one for one in read() if not hasattr(one, "offset") or one.offset % 5
            ]
            return part

    flow = Flow(topics, target("a", receiver.url, events=["verdict"]), small=4)
    (log,) = [one for one in flow.flow.substeps if one.step_id == "webhooks.log"]
    log.source._behind = Gappy(topics, list(KINDS), batch=7)
    receiver.answer = lambda _: through.wait(30) and 200
    threading.Timer(0.2, through.set).start()
    flow.run()
    kept = {name for name in numbered(60) if int(name[1:]) % 5}
    assert kept <= set(streams(receiver))
    decoded = [msgspec.json.decode(got.body)["data"]["stream_id"] for got in receiver.taken]
    assert len(decoded) == len(set(decoded))
