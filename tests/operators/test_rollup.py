"""Rollups: time windows over log time, late streams, crashes."""

import gc
import random
import threading
import time
from datetime import UTC, datetime, timedelta

import bytewax.operators as op
import msgspec
import pytest
from bytewax.dataflow import Dataflow
from bytewax.inputs import FixedPartitionedSource, StatefulSourcePartition
from bytewax.recovery import RecoveryConfig, init_db_dir
from bytewax.testing import TestingSink, TestingSource, run_main

from guardrails.events import DeadLetter, Rollup
from guardrails.guardrail import Action
from guardrails.rollup import Totals
from operators.audit import read_audit
from operators.rollup import NO_TENANT, _Corrections, encode_rollups, rollup
from tests.audits import NOON_MS, audit, record

MINUTE_MS = 60_000
# What has not happened by then never will.
PATIENCE_S = 30


def roll(source, recovery=None, *, batch_size=1, ends=True, **options) -> list[Rollup]:
    """Run the operators over records of the log; return what was published, in order."""
    flow = Dataflow("rollup")
    out: list[tuple[str, Rollup]] = []
    if isinstance(source, list):
        source = TestingSource(source, batch_size=batch_size)
    read = read_audit("read", op.input("in", flow, source))
    rollups = rollup("rollup", read.readings, ends=ends, **options)
    op.output("out", rollups, TestingSink(out))
    run_main(flow, epoch_interval=timedelta(0), recovery_config=recovery)
    assert all((event.tenant or "") == key for key, event in out)
    return [event for _, event in out]


def last(events: list[Rollup]) -> dict[tuple[str | None, int], Rollup]:
    """What a reader keeps: of each tenant and minute, counted from noon, the last record."""
    return {(event.tenant, (event.minute_ms - NOON_MS) // MINUTE_MS): event for event in events}


def at(second: float, name: str, offset: int, **fields) -> object:
    """A stream that ended so many seconds after noon, as it stands in the log."""
    return record(audit(name, ended_at_ms=NOON_MS + int(second * 1000), **fields), offset)


@pytest.fixture
def recovery(tmp_path):
    init_db_dir(tmp_path, 1)
    return RecoveryConfig(str(tmp_path))


def test_each_tenant_and_minute_has_one_record():
    items = [
        at(0, "a", 0),
        at(59.9, "b", 1),
        at(60, "c", 2),
        at(30, "d", 3, tenant="other"),
        at(31, "e", 4, tenant=None),
        at(32, "f", 5, tenant=""),
    ]
    events = roll(items)
    assert {key: event.streams for key, event in last(events).items()} == {
        ("acme", 0): 2,
        ("acme", 1): 1,
        ("other", 0): 1,
        (None, 0): 2,
    }
    assert len(events) == 4


def test_a_minute_is_published_when_log_time_has_passed_it_and_the_wait():
    items = [at(5, "a", 0), at(69, "b", 1), at(70.001, "c", 2), TestingSource.EOF()]
    assert [event.minute_ms for event in roll(items, ends=False)] == [NOON_MS]
    assert roll(items[:2], ends=False, wait_s=10) == []


def test_a_stream_that_comes_again_counts_once():
    items = [at(0, "a", 0), at(1, "b", 1), at(0, "a", 2, verdicts=9)]
    (event,) = roll(items)
    assert (event.streams, event.late) == (2, 0)


def test_a_late_stream_corrects_its_minute_and_is_counted_as_late():
    items = [at(0, "a", 0), at(100, "b", 1), at(10, "c", 2, outcome=Action.BLOCK)]
    events = roll(items)
    first = [event for event in events if event.minute_ms == NOON_MS]
    assert [(event.streams, event.late) for event in first] == [(1, 0), (2, 1)]
    assert first[-1].outcomes == {Action.ALLOW: 1, Action.BLOCK: 1}


def test_a_late_stream_of_a_minute_that_had_none_makes_its_record():
    items = [at(0, "a", 0), at(200, "b", 1), at(70, "c", 2)]
    event = last(roll(items))[("acme", 1)]
    assert (event.streams, event.late) == (1, 1)


def test_a_stream_that_comes_too_late_is_counted_where_it_arrived_and_overwrites_nothing():
    old = audit("old", ended_at_ms=NOON_MS)
    items = [at(1, "a", 0), at(4_000, "b", 1), record(old, 2, after_ms=4_001_000)]
    kept = last(roll(items, correct_s=3_600))
    assert (kept[("acme", 0)].streams, kept[("acme", 0)].too_late) == (1, 0)
    assert (kept[("acme", 66)].streams, kept[("acme", 66)].too_late) == (1, 1)
    assert sum(event.streams + event.too_late for event in kept.values()) == 3


def test_a_contradiction_is_counted_where_it_arrived():
    items = [at(0, "a", 0), record(audit("a", outcome=Action.WARN), 1, after_ms=5_000)]
    (event,) = roll(items)
    assert (event.streams, event.contradictions) == (1, 1)


def test_the_end_of_an_execution_closes_nothing_and_the_next_one_goes_on(recovery):
    items = [at(0, "a", 0), TestingSource.EOF(), at(30, "b", 1), TestingSource.EOF()]
    source = [*items, at(100, "c", 2), TestingSource.EOF()]
    published = [roll(source, recovery, ends=False) for _ in range(3)]
    assert published[0] == published[1] == []
    (event,) = published[2]
    assert (event.streams, event.late) == (2, 0)


def test_a_published_minute_is_corrected_after_an_abort(recovery):
    items = [at(0, "a", 0), at(100, "b", 1), TestingSource.ABORT(), at(10, "c", 2)]
    assert [event.streams for event in roll(items, recovery, ends=False)] == [1]
    events = roll(items, recovery, ends=False)
    kept = last(events)[("acme", 0)]
    assert (kept.streams, kept.late) == (2, 1)


def test_time_spent_stopped_makes_nothing_late(recovery):
    clock = Wall()
    items = [at(0, "a", 0), TestingSource.EOF(), at(10, "b", 1), at(100, "c", 2)]
    roll(items, recovery, ends=False, now=clock.now)
    clock.move(3 * 24 * 3600)
    (event,) = roll(items, recovery, ends=False, now=clock.now)
    assert (event.streams, event.late) == (2, 0)


def test_a_quiet_tenants_minute_is_closed_by_running_time():
    """Half a second before the minute and the wait are over, nothing else ever comes."""
    moment = threading.Event()
    source = Trickle([at(59.9, "a", 0)], moment)
    events: list[Rollup] = []

    def stop_when_published(event: tuple[str, Rollup]) -> tuple[str, Rollup]:
        moment.set()
        return event

    flow = Dataflow("quiet")
    read = read_audit("read", op.input("in", flow, source))
    rollups = op.map("see", rollup("rollup", read.readings, wait_s=0.4), stop_when_published)
    op.output("out", op.map("event", rollups, lambda pair: pair[1]), TestingSink(events))
    run_main(flow)
    assert [event.streams for event in events] == [1]


def test_a_tenant_that_has_gone_quiet_leaves_nothing_behind():
    """Windows, clocks and corrections of 300 tenants are gone when their time is over."""
    moment = threading.Event()
    items = [at(59.9, f"s{n}", n, tenant=f"t{n}") for n in range(300)]
    left: list[int] = []

    def look() -> bool:
        gc.collect()
        kinds = [type(one).__name__ for one in gc.get_objects()]
        alive = kinds.count("_Corrections") + kinds.count("_LogClockLogic")
        left.append(alive)
        return len(left) > 1 and alive == 0

    source = Trickle(items, moment, look)
    published = roll(source, ends=False, wait_s=0.2, correct_s=0.3)
    assert len(published) == 300
    assert max(left) >= 300
    assert left[-1] == 0


def test_waiting_for_log_time_does_not_keep_the_flow_busy():
    """A log an hour behind the wall clock: Bytewax asks once, not a hundred thousand times."""
    clock = Wall()
    moment = threading.Event()
    source = Trickle([at(59.9, "a", 0)], moment)
    flow = Dataflow("busy")
    out: list[object] = []
    read = read_audit("read", op.input("in", flow, source))

    def stop_when_published(event: object) -> object:
        moment.set()
        return event

    rollups = rollup("rollup", read.readings, wait_s=0.5, now=clock.now)
    op.output("out", op.map("see", rollups, stop_when_published), TestingSink(out))
    run_main(flow)
    assert len(out) == 1
    assert clock.asked < 50


@pytest.mark.parametrize("seed", range(12))
def test_whatever_is_late_repeated_or_aborted_the_last_records_say_what_the_streams_came_to(
    seed, recovery
):
    rng = random.Random(seed)
    items, streams = shuffled_log(rng)
    position = 0
    for _ in range(rng.randrange(1, 6)):
        position = rng.randrange(position, len(items))
        items.insert(position, rng.choice([TestingSource.ABORT(), TestingSource.EOF()]))
        position += 1
    source = TestingSource(items, batch_size=rng.choice([1, 7, 50]))
    published: list[Rollup] = []
    for _ in range(8):
        published += roll(source, recovery, ends=False)
    published += roll([], recovery, ends=True)
    expected: dict[tuple[str | None, int], Totals] = {}
    for one in streams:
        minute = (one.transport.ended_at_ms - NOON_MS) // MINUTE_MS
        expected.setdefault((one.context.tenant, minute), Totals()).add(one)
    found = {key: timeless(event) for key, event in last(published).items()}
    assert found == {
        key: timeless(totals.rollup(key[0], NOON_MS + key[1] * MINUTE_MS))
        for key, totals in expected.items()
    }


def shuffled_log(rng):
    """Two partitions, streams out of order by up to two minutes, one in five comes again."""
    streams = [
        audit(
            f"s{number}",
            tenant=rng.choice(["acme", "other", None]),
            ended_at_ms=NOON_MS + rng.randrange(10 * MINUTE_MS),
            outcome=rng.choice(list(Action)),
            chars=rng.randrange(10, 900),
        )
        for number in range(150)
    ]
    order = [(one.transport.ended_at_ms + rng.randrange(120_000), one) for one in streams]
    order += [(moment + rng.randrange(90_000), one) for moment, one in rng.sample(order, 30)]
    order.sort(key=lambda pair: pair[0])
    offsets = [0, 0]
    items: list[object] = []
    for moment, one in order:
        partition = len(one.stream_id) % 2
        after_ms = moment - one.transport.ended_at_ms
        items.append(record(one, offsets[partition], partition=partition, after_ms=after_ms))
        offsets[partition] += 1
    return items, streams


def timeless(event: Rollup) -> Rollup:
    """How many were late depends on when the flow ran."""
    return msgspec.structs.replace(event, late=0)


def test_rollups_and_dead_letters_are_encoded_for_their_topics():
    flow = Dataflow("encode")
    outputs = []
    event = Totals(streams=3).rollup("acme", NOON_MS)
    nobody = Totals(streams=1).rollup(None, NOON_MS)
    letter = DeadLetter("audit", 3, 9, 1, "not-json", "detail", None, b"x", 1)
    rollups = op.input("r", flow, TestingSource([("acme", event), ("", nobody)]))
    letters = op.input("l", flow, TestingSource([letter]))
    encoded = encode_rollups("encode", rollups, letters, "tidegate.{}".format)
    op.output("out", encoded, TestingSink(outputs))
    run_main(flow)
    by_key = {output.key: output for _, output in outputs}
    assert set(by_key) == {b"acme", NO_TENANT, b""}
    assert msgspec.json.decode(by_key[b"acme"].value, type=Rollup) == event
    assert msgspec.json.decode(by_key[NO_TENANT].value)["tenant"] is None
    assert by_key[b"acme"].topic == "tidegate.audit-rollup"
    assert by_key[b""].topic == "tidegate.dead-letters"


def test_a_snapshot_of_corrections_of_another_version_says_what_to_do():
    from guardrails.errors import SnapshotError

    with pytest.raises(SnapshotError, match="new recovery directory"):
        _Corrections((99, ()), timedelta(1), Wall().now)


class Wall:
    """A wall clock that can be moved, and counts how often it is read."""

    def __init__(self) -> None:
        self.asked = 0
        self._ahead = timedelta(0)

    def now(self) -> datetime:
        self.asked += 1
        return datetime.now(UTC) + self._ahead

    def move(self, seconds: float) -> None:
        self._ahead += timedelta(seconds=seconds)


class Trickle(FixedPartitionedSource):
    """Gives everything at once, then stays open until told, or until `enough` says so."""

    def __init__(self, items, moment: threading.Event, enough=lambda: False) -> None:
        self.items, self.moment, self.enough = items, moment, enough

    def list_parts(self):
        return ["one"]

    def build_part(self, step_id, for_part, resume_state):
        return _TricklePart(self)


class _TricklePart(StatefulSourcePartition):
    def __init__(self, source: Trickle) -> None:
        self._source = source
        self._given = False
        self._opened_at = time.monotonic()

    def next_batch(self):
        if not self._given:
            self._given = True
            return self._source.items
        waited_s = time.monotonic() - self._opened_at
        if self._source.moment.is_set() or self._source.enough() or waited_s > PATIENCE_S:
            raise StopIteration
        return []

    def next_awake(self):
        return datetime.now(UTC) + timedelta(milliseconds=20)

    def snapshot(self):
        return None
