"""One kafka-python consumer for all partitions that this process reads, pumped by a thread."""

from __future__ import annotations

import threading
import weakref
from collections import deque
from typing import Any, NamedTuple

from kafka import TopicPartition
from kafka import errors as kafka_errors

from connectors.kafka.client import LostOffset, Partition, Span
from connectors.kafka.failures import unreachable, unreadable
from connectors.kafka.kafka_python_options import REQUEST_TIMEOUT_MS, open_consumer
from connectors.kafka.settings import KafkaSettings
from guardrails.errors import ConnectorError
from guardrails.records import Record

# 100 ms: one blocking poll. A poll costs 0.1-1 ms of CPU however short its timeout (measured), so
# quiet partitions should sit in a long one; but a new partition waits until it is over.
POLL_MS = 100
# Batches waiting in one lane: enough to stay busy while the next is fetched. A full lane holds up
# the others, which cannot matter: then it is the flow that is too slow, for all of them.
BATCHES_AHEAD = 4
# Seconds between two looks at a full lane, should its wake-up be missed.
FULL_WAIT_S = 0.05


class Fetched(NamedTuple):
    """What one poll brought a lane: records, the position behind them, or why it stopped."""

    records: list[Record]
    position: int
    failure: Exception | None = None


class Lane:
    """What the feed fetched of one partition and the flow has not taken yet."""

    def __init__(self, partition: Partition, position: int) -> None:
        """position: the next offset to be fetched."""
        self.partition = partition
        self.position = position
        self.fetched: deque[Fetched] = deque()

    def put(self, records: list[Record], position: int) -> None:
        """Called by the feed's thread."""
        self.position = position
        self.fetched.append(Fetched(records, position))

    def fail(self, failure: Exception) -> None:
        """The last thing that comes out of this lane."""
        self.fetched.append(Fetched([], self.position, failure))


class Feed:
    """Fetches into lanes; its thread lives while there is one.

    One consumer, because a fetch request in Python costs 0.4 ms of CPU: one per partition kept a
    core busy at 1,000 records/s over 4 partitions, one for all of them half of it. A thread,
    because `KafkaConsumer.poll` crosses to the library's own thread and back, 130-250 µs of CPU
    even when nothing has arrived; a look into a lane costs 0.3 µs.
    """

    def __init__(self, settings: KafkaSettings) -> None:
        """Nothing is connected before the first use."""
        self._settings = settings
        self._lock = threading.Lock()
        # Weak: the lanes of an aborted flow, which nobody closes, end with its readers.
        self._lanes: weakref.WeakValueDictionary[TopicPartition, Lane] = (
            weakref.WeakValueDictionary()
        )
        self._room = threading.Event()
        self._thread: threading.Thread | None = None
        self._asker: Any = None

    def span(self, partition: Partition) -> Span:
        """What the partition holds. Raises ConnectorError if the brokers do not answer."""
        where = TopicPartition(*partition)
        with self._lock:
            if self._asker is None:
                self._asker = open_consumer(self._settings)
            try:
                begin = self._asker.beginning_offsets([where], timeout_ms=REQUEST_TIMEOUT_MS)
                end = self._asker.end_offsets([where], timeout_ms=REQUEST_TIMEOUT_MS)
            except kafka_errors.KafkaError as error:
                raise unreachable(self._settings, type(error).__name__) from error
        return Span(begin[where], end[where])

    def open_lane(self, partition: Partition, position: int) -> Lane:
        """Fetch a partition from `position` on; replaces its earlier lane."""
        lane = Lane(partition, position)
        with self._lock:
            self._lanes[TopicPartition(*partition)] = lane
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="kafka-feed", daemon=True)
                self._thread.start()
        return lane

    def close_lane(self, lane: Lane) -> None:
        """Fetch it no more. Returns at once."""
        with self._lock:
            self._forget(lane)
        self._room.set()

    def note_room(self) -> None:
        """Something was taken out of a lane."""
        self._room.set()

    def close_unused(self) -> None:
        """Close what `span` needed, unless lanes are open: the thread does it after the last."""
        with self._lock:
            if self._thread is None and self._asker is not None:
                self._asker.close(autocommit=False, timeout_ms=0)
                self._asker = None

    def _forget(self, lane: Lane) -> None:
        where = TopicPartition(*lane.partition)
        if self._lanes.get(where) is lane:
            del self._lanes[where]

    def _run(self) -> None:
        consumer: Any = None
        placed: dict[Any, Lane] = {}
        while True:
            with self._lock:
                lanes = dict(self._lanes)
                if not lanes:
                    self._thread = None
                    break
            try:
                if consumer is None:
                    consumer = open_consumer(
                        self._settings, max_poll_records=self._settings.batch_records
                    )
                if lanes != placed:
                    _place(consumer, lanes, placed)
                    placed = lanes
                if any(len(lane.fetched) >= BATCHES_AHEAD for lane in lanes.values()):
                    self._room.wait(FULL_WAIT_S)
                    self._room.clear()
                else:
                    _fetch(consumer, lanes)
            except kafka_errors.RetriableError:
                self._room.wait(POLL_MS / 1000)
            except kafka_errors.OffsetOutOfRangeError as error:
                self._fail([lanes[where] for where in error.args[0] if where in lanes])
            except kafka_errors.LogTruncationError as error:
                self._fail([lanes[w] for w in error.divergent_offsets if w in lanes])
            except (kafka_errors.KafkaError, ConnectorError) as error:
                self._fail(list(lanes.values()), type(error).__name__)
            del lanes
        if consumer is not None:
            consumer.close(autocommit=False, timeout_ms=0)
        self.close_unused()

    def _fail(self, lanes: list[Lane], reason: str | None = None) -> None:
        """End these lanes: without a reason because the log does not hold their position."""
        for lane in lanes:
            with self._lock:
                self._forget(lane)
            if reason is None:
                lane.fail(LostOffset())
            else:
                lane.fail(unreadable(str(lane.partition), lane.position, reason))


def _place(consumer: Any, lanes: dict[Any, Lane], placed: dict[Any, Lane]) -> None:
    """Assign all lanes; seek the new ones, the others keep what was fetched ahead."""
    consumer.assign(list(lanes))
    for where, lane in lanes.items():
        if placed.get(where) is not lane:
            consumer.seek(where, lane.position)


def _fetch(consumer: Any, lanes: dict[Any, Lane]) -> None:
    found = consumer.poll(timeout_ms=POLL_MS)
    for where, batch in found.items():
        topic, number = where
        records = [
            Record(topic, number, r.offset, r.timestamp, r.key, r.value or b"") for r in batch
        ]
        lanes[where].put(records, records[-1].offset + 1)
    if found:
        return
    for where, lane in lanes.items():
        # Control records of transactions move the position without bringing anything.
        if (consumer.highwater(where) or 0) > lane.position:
            ahead = consumer.position(where, timeout_ms=0)
            if ahead is not None and ahead > lane.position:
                lane.put([], ahead)
