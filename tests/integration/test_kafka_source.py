"""The source against a real broker: order, resume, lost offsets, log time, both clients."""

import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from kafka import KafkaAdminClient

from connectors.kafka.settings import KafkaSettings
from connectors.kafka.source import KafkaSource
from guardrails.errors import ConnectorError
from guardrails.records import END_OF_TIME, Clock, Record
from tests.broker import Broker
from tests.conftest import MakeTopic
from tests.integration.kafka_flow import Item, numbered, read, reason_of, stored, values_of, write

pytestmark = pytest.mark.integration


class CrashError(Exception):
    """What a failing step raises."""


def crash_at(value: bytes) -> Callable[[Item], Item]:
    def each(item: Item) -> Item:
        if isinstance(item, Record) and item.value == value:
            raise CrashError
        return item

    return each


def test_a_partition_is_read_in_order_with_its_places_and_times(
    settings: KafkaSettings, make_topic: MakeTopic
) -> None:
    topic = make_topic(message_timestamp_type="LogAppendTime")
    before_ms = int(time.time() * 1000)
    write(settings, topic, numbered(2500))
    items = read(KafkaSource(settings, [topic], until_end=True))
    records = [item for item in items if isinstance(item, Record)]
    assert [record.value for record in records] == numbered(2500)
    assert [record.offset for record in records] == list(range(2500))
    assert {(record.topic, record.partition, record.key) for record in records} == {
        (topic, 0, b"key")
    }
    after_ms = int(time.time() * 1000)
    assert all(before_ms - 1 <= record.timestamp_ms <= after_ms + 1 for record in records)


def test_until_end_gives_every_partition_the_end_of_time_last(
    settings: KafkaSettings, make_topic: MakeTopic
) -> None:
    topic = make_topic(3)
    write(settings, topic, numbered(10), partition=1)
    items = read(KafkaSource(settings, [topic], until_end=True), workers=2)
    clocks = [item for item in items if isinstance(item, Clock)]
    assert sorted(clock.partition for clock in clocks) == [0, 1, 2]
    assert {clock.timestamp_ms for clock in clocks} == {END_OF_TIME}
    of_one = [item for item in items if item.partition == 1]
    assert isinstance(of_one[-1], Clock)


def test_several_topics_are_read_together(settings: KafkaSettings, make_topic: MakeTopic) -> None:
    topics = [make_topic(2), make_topic(2)]
    for topic in topics:
        for partition in (0, 1):
            write(settings, topic, [f"{topic}/{partition}".encode()], partition)
    source = KafkaSource(settings, topics, until_end=True)
    assert sorted(values_of(read(source))) == sorted(part.encode() for part in source.list_parts())


def test_topics_with_different_partition_counts_are_refused(
    settings: KafkaSettings, make_topic: MakeTopic
) -> None:
    with pytest.raises(ConnectorError, match="same partition count"):
        KafkaSource(settings, [make_topic(1), make_topic(2)]).list_parts()


def test_a_missing_topic_is_named(settings: KafkaSettings, broker: Broker) -> None:
    if broker.kind == "noida":
        pytest.skip("noida-db makes every topic it is asked about")
    with pytest.raises(ConnectorError, match="`tidegate topics create`"):
        KafkaSource(settings, ["absent-topic"]).list_parts()


def test_after_a_crash_reading_resumes_at_the_snapshot_and_loses_nothing(
    settings: KafkaSettings, make_topic: MakeTopic, tmp_path: Path
) -> None:
    topic = make_topic()
    write(settings, topic, numbered(300))
    small = settings.model_copy(update={"batch_records": 50})
    source = KafkaSource(small, [topic], until_end=True)
    seen: list[bytes] = []

    def note(item: Item) -> Item:
        seen.extend(values_of([item]))
        return crash_at(b"220")(item)

    with pytest.raises(BaseException) as caught:  # noqa: PT011 - Bytewax chooses the type
        read(source, recovery=tmp_path / "recovery", each=note)
    assert "220" not in reason_of(caught.value)
    again = values_of(read(source, recovery=tmp_path / "recovery"))
    # It went on at an epoch after the start, and repeats at most what that epoch had begun.
    assert 0 < int(again[0]) <= 220
    assert again == numbered(300 - int(again[0]), int(again[0]))
    assert set(seen) | set(again) == set(numbered(300))


def test_a_finished_reading_resumes_behind_its_last_record(
    settings: KafkaSettings, make_topic: MakeTopic, tmp_path: Path
) -> None:
    topic = make_topic()
    write(settings, topic, numbered(10))
    source = KafkaSource(settings, [topic], until_end=True)
    assert len(values_of(read(source, recovery=tmp_path / "recovery"))) == 10
    write(settings, topic, numbered(5, 10))
    assert values_of(read(source, recovery=tmp_path / "recovery")) == numbered(5, 10)


def test_latest_skips_what_is_in_the_log(settings: KafkaSettings, make_topic: MakeTopic) -> None:
    topic = make_topic()
    write(settings, topic, numbered(10))
    late = settings.model_copy(update={"start": "latest"})
    assert values_of(read(KafkaSource(late, [topic], until_end=True))) == []


def test_a_set_stop_event_ends_the_flow_with_a_last_snapshot(
    settings: KafkaSettings, make_topic: MakeTopic, tmp_path: Path
) -> None:
    topic = make_topic(2)
    write(settings, topic, numbered(10))
    stop = threading.Event()

    def stop_at_nine(item: Item) -> Item:
        if isinstance(item, Record) and item.value == b"9":
            stop.set()
        return item

    source = KafkaSource(settings, [topic], stop=stop)
    started = time.monotonic()
    items = read(source, recovery=tmp_path / "recovery", each=stop_at_nine)
    assert values_of(items) == numbered(10)
    assert time.monotonic() - started < 10
    write(settings, topic, numbered(3, 10))
    rest = read(KafkaSource(settings, [topic], until_end=True), recovery=tmp_path / "recovery")
    assert values_of(rest) == numbered(3, 10)


def test_a_quiet_partition_at_its_end_ticks_with_the_wall_clock(
    settings: KafkaSettings, make_topic: MakeTopic
) -> None:
    topic = make_topic(message_timestamp_type="LogAppendTime")
    write(settings, topic, numbered(3))
    stop = threading.Event()
    # However slow the machine is: it ends with the fourth clock, or fails.
    too_late = threading.Timer(60, stop.set)
    too_late.start()
    ticks: list[int] = []

    def stop_at_four(item: Item) -> Item:
        if isinstance(item, Clock):
            ticks.append(item.timestamp_ms)
            if len(ticks) == 4:
                stop.set()
        return item

    started_ms = int(time.time() * 1000)
    read(KafkaSource(settings, [topic], stop=stop), each=stop_at_four)
    too_late.cancel()
    assert len(ticks) >= 4
    assert ticks == sorted(ticks)
    # About one a second, and none for a moment that has not come.
    assert started_ms + 1500 < ticks[3] <= int(time.time() * 1000)


def test_while_busy_the_clock_is_the_largest_broker_timestamp_once_a_second(
    settings: KafkaSettings, make_topic: MakeTopic
) -> None:
    topic = make_topic(message_timestamp_type="LogAppendTime")
    write(settings, topic, numbered(5000))
    small = settings.model_copy(update={"batch_records": 100})
    part = KafkaSource(small, [topic]).build_part("test", f"{topic}/0", None)
    items: list[Item] = []
    try:
        while part.snapshot() < 5000:
            items += part.next_batch()
    finally:
        part.close()
    counts = Counter(type(item).__name__ for item in items)
    assert counts["Record"] == 5000
    assert counts["Clock"] <= 3
    assert isinstance(items[100], Clock)
    assert items[100].timestamp_ms == max(item.timestamp_ms for item in items[:100])


def test_offsets_are_published_for_lag_monitors(
    settings: KafkaSettings, broker: Broker, make_topic: MakeTopic
) -> None:
    topic = make_topic()
    write(settings, topic, numbered(7))
    group = f"lag-{topic}"
    ours = settings.model_copy(update={"group": group})
    part = KafkaSource(ours, [topic]).build_part("test", f"{topic}/0", None)
    admin = KafkaAdminClient(bootstrap_servers=broker.bootstrap)
    try:
        deadline = time.monotonic() + 15
        found = None
        while time.monotonic() < deadline and found != 7:
            part.next_batch()
            part.snapshot()
            time.sleep(0.1)
            offsets = admin.list_group_offsets([group])
            found = {
                offset.offset for answer in offsets.values() for offset in answer.values()
            } or {None}
            found = found.pop()
    finally:
        admin.close()
        part.close()
    assert found == 7


def test_nothing_is_read_twice_or_left_out_by_two_workers(
    settings: KafkaSettings, make_topic: MakeTopic
) -> None:
    topic = make_topic(4)
    for partition in range(4):
        write(settings, topic, numbered(100, partition * 100), partition)
    values = values_of(read(KafkaSource(settings, [topic], until_end=True), workers=2))
    assert sorted(map(int, values)) == list(range(400))
    assert len(stored(settings, topic)) == 400
