"""Topics inside the process: the embedded mode, tests and demonstrations, with the same flow."""

from __future__ import annotations

import threading
import time
from bisect import bisect_left
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from operator import attrgetter
from zlib import crc32

from bytewax.inputs import FixedPartitionedSource, StatefulSourcePartition
from bytewax.outputs import FixedPartitionedSink, StatefulSinkPartition

from connectors.clock import CLOCK_PERIOD_S, steady_ms
from guardrails.records import END_OF_TIME, Clock, Output, Record

# How long an idle source sleeps: 300 µs at first, as the Kafka source does, growing by half to 1
# ms. A process that has nothing to do takes half of the processor it took.
_FIRST_IDLE_S, _LONGEST_IDLE_S, _GROWTH = 300e-6, 1e-3, 1.5
_timestamp_ms = attrgetter("timestamp_ms")


class Log:
    """One partition of a topic: the records from offset `begin` on, which never change."""

    def __init__(self, begin: int = 0, records: Sequence[Record] = ()) -> None:
        self.begin = begin
        self.records = list(records)

    @property
    def end(self) -> int:
        """Return the offset of the next record."""
        return self.begin + len(self.records)

    def read(self, offset: int, count: int) -> list[Record]:
        """Return up to so many records from an offset on."""
        start = max(0, offset - self.begin)
        return self.records[start : start + count]

    def sync(self) -> None:
        """Memory survives nothing: there is nothing to wait for."""

    def append(self, record: Record) -> None:
        """Add a record; its offset is `end`."""
        self.records.append(record)

    def drop_before(self, offset: int) -> None:
        """Forget records that nobody reads again."""
        count = min(max(0, offset - self.begin), len(self.records))
        del self.records[:count]
        self.begin += count


class MemoryTopics:
    """Named append-only logs of a fixed number of partitions. Safe to use from several threads.

    now_ms: the clock that stamps records; replays hand in their own.
    """

    def __init__(self, partitions: int = 1, now_ms: Callable[[], int] | None = None) -> None:
        self.partitions = partitions
        self._now_ms = now_ms or steady_ms
        self._logs: dict[tuple[str, int], Log] = {}
        self._closed: set[str] = set()
        self._watchers: dict[str, list[Callable[[Record], None]]] = {}
        self._lock = threading.Lock()

    def log(self, topic: str, partition: int) -> Log:
        """Return one partition, empty if nothing was ever appended."""
        with self._lock:
            return self._open(topic, partition)

    def _open(self, topic: str, partition: int) -> Log:
        log = self._logs.get((topic, partition))
        if log is None:
            log = self._logs[topic, partition] = self._begin(topic, partition)
        return log

    def _begin(self, topic: str, partition: int) -> Log:
        """Return a partition that is used for the first time."""
        del topic, partition
        return Log()

    def append(self, topic: str, key: bytes, value: bytes, partition: int | None = None) -> Record:
        """Append one record, to the partition of its key unless one is named; return it."""
        index = crc32(key) % self.partitions if partition is None else partition
        with self._lock:
            log = self._open(topic, index)
            record = Record(topic, index, log.end, self._now_ms(), key, value)
            log.append(record)
            for watcher in self._watchers.get(topic, ()):
                watcher(record)
        return record

    def watch(self, names: Sequence[str], watcher: Callable[[Record], None]) -> None:
        """Hand over all records of these topics, then each that is appended, in order.

        watcher: called on the thread that appends, which waits for it; it must not come back here.
        """
        with self._lock:
            for name in names:
                for index in range(self.partitions):
                    for record in self._open(name, index).records:
                        watcher(record)
                self._watchers.setdefault(name, []).append(watcher)

    def unwatch(self, watcher: Callable[[Record], None]) -> None:
        """Tell a watcher nothing more."""
        with self._lock:
            for watchers in self._watchers.values():
                if watcher in watchers:
                    watchers.remove(watcher)

    def read(self, topic: str, partition: int, offset: int, count: int) -> list[Record]:
        """Return up to so many records of a partition from an offset on."""
        with self._lock:
            return self._open(topic, partition).read(offset, count)

    def drop_before(self, topic: str, partition: int, offset: int) -> None:
        """Forget records of a partition that nobody reads again."""
        with self._lock:
            self._open(topic, partition).drop_before(offset)

    def drop_older(self, topic: str, timestamp_ms: int) -> None:
        """Forget records of a topic that were appended before a time."""
        for index in range(self.partitions):
            with self._lock:
                log = self._open(topic, index)
                kept = bisect_left(log.records, timestamp_ms, key=_timestamp_ms)
                log.drop_before(log.begin + kept)

    def sync(self) -> None:
        """Wait until what was appended would survive whatever the topics are meant to survive."""
        with self._lock:
            logs = list(self._logs.values())
        for log in logs:
            log.sync()

    def close(self, topic: str) -> None:
        """Say that nothing follows: sources of this topic end when they have read it all."""
        self._closed.add(topic)

    def closed(self, topic: str) -> bool:
        """Whether nothing follows."""
        return topic in self._closed

    def records(self, topic: str) -> list[Record]:
        """Return all records of a topic, partition by partition."""
        return [
            record for index in range(self.partitions) for record in self.log(topic, index).records
        ]


class MemorySource(FixedPartitionedSource[Record | Clock, int]):
    """Reads in-process topics; the next offset is the snapshot.

    batch: records per poll, at most. A closed topic ends with `Clock(END_OF_TIME)`, which ends
    every stream that has not ended itself. stop: ends the source between two batches.
    """

    def __init__(
        self,
        topics: MemoryTopics,
        names: Sequence[str],
        *,
        batch: int = 1000,
        stop: threading.Event | None = None,
        done: Callable[[], bool] | None = None,
        drops: bool = False,
    ) -> None:
        """done: says that nothing follows, as `MemoryTopics.close` does. drops: nobody else reads
        these topics; what two snapshots have left behind is dropped.
        """
        self._drops = drops
        self._topics = topics
        self._names = names
        self._batch = batch
        self._stop = stop or threading.Event()
        self._done = done

    def list_parts(self) -> list[str]:
        """Return topic/partition for every partition."""
        return [
            f"{name}/{index}" for name in self._names for index in range(self._topics.partitions)
        ]

    def build_part(self, step_id: str, for_part: str, resume_state: int | None) -> _Reader:
        """Open a partition at its start, or where the snapshot ends."""
        del step_id
        name, _, index = for_part.rpartition("/")
        place = _Place(self._topics, name, int(index), self._done, drops=self._drops)
        # A topic of this process is empty when another one goes on.
        offset = min(resume_state or 0, self._topics.log(name, int(index)).end)
        return _Reader(place, offset, self._batch, self._stop)


class _Place:
    """One partition of one topic as its reader sees it."""

    def __init__(
        self,
        topics: MemoryTopics,
        name: str,
        partition: int,
        done: Callable[[], bool] | None,
        *,
        drops: bool,
    ) -> None:
        self.partition = partition
        self._topics, self._name, self._done, self._drops = topics, name, done, drops

    def read(self, offset: int, count: int) -> list[Record]:
        return self._topics.read(self._name, self.partition, offset, count)

    def ends(self) -> bool:
        return self._topics.closed(self._name) or (self._done is not None and self._done())

    def drop_before(self, offset: int) -> None:
        if self._drops:
            self._topics.drop_before(self._name, self.partition, offset)


class _Reader(StatefulSourcePartition[Record | Clock, int]):
    def __init__(self, place: _Place, offset: int, batch: int, stop: threading.Event) -> None:
        self._log = place
        self._offset = offset
        self._saved = offset
        self._batch = batch
        self._stop = stop
        self._ended = False
        self._idle_s = 0.0
        self._clock_at = 0.0

    def next_batch(self) -> list[Record | Clock]:
        if self._stop.is_set() or self._ended:
            raise StopIteration
        # Asked before the records are taken: nothing comes between.
        ends = self._log.ends()
        records: list[Record | Clock] = [*self._log.read(self._offset, self._batch)]
        self._offset += len(records)
        if records:
            self._idle_s = 0.0
            return records
        self._idle_s = min(max(self._idle_s * _GROWTH, _FIRST_IDLE_S), _LONGEST_IDLE_S)
        if ends:
            self._ended = True
            return [Clock(self._log.partition, END_OF_TIME)]
        now = time.monotonic()
        if now < self._clock_at:
            return []
        self._clock_at = now + CLOCK_PERIOD_S
        return [Clock(self._log.partition, steady_ms())]

    def next_awake(self) -> datetime | None:
        return datetime.now(UTC) + timedelta(seconds=self._idle_s) if self._idle_s else None

    def snapshot(self) -> int:
        # The snapshot before this one is safe only now.
        self._log.drop_before(self._saved)
        self._saved = self._offset
        return self._offset


class MemorySink(FixedPartitionedSink[Output, None]):
    """Appends outputs to in-process topics, in the order they come."""

    def __init__(
        self, topics: MemoryTopics, observe: Callable[[Output], None] | None = None
    ) -> None:
        """observe: called with each output after it was appended, e.g. to show it live."""
        self._topics = topics
        self._observe = observe

    def list_parts(self) -> list[str]:
        """Return one writer."""
        return ["memory"]

    def build_part(self, step_id: str, for_part: str, resume_state: None) -> _Writer:
        """Open the writer; it has nothing to resume."""
        del step_id, for_part, resume_state
        return _Writer(self._topics, self._observe)


class _Writer(StatefulSinkPartition[Output, None]):
    def __init__(self, topics: MemoryTopics, observe: Callable[[Output], None] | None) -> None:
        self._topics = topics
        self._observe = observe

    def write_batch(self, values: list[Output]) -> None:
        for output in values:
            self._topics.append(output.topic, output.key, output.value, output.partition)
            if self._observe is not None:
                self._observe(output)

    def snapshot(self) -> None:
        self._topics.sync()


class MemoryPublisher:
    """Appends the results of checks to an in-process topic."""

    def __init__(self, topics: MemoryTopics) -> None:
        self._topics = topics

    def send(self, output: Output) -> None:
        """Append one record."""
        self._topics.append(output.topic, output.key, output.value, output.partition)

    def flush(self) -> None:
        """Wait until all of it is stored, where it is stored at all."""
        self._topics.sync()

    def close(self) -> None:
        """There is nothing to close."""
