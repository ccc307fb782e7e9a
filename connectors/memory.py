"""Topics inside the process: the embedded mode, tests and demonstrations, with the same flow."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from zlib import crc32

from bytewax.inputs import FixedPartitionedSource, StatefulSourcePartition
from bytewax.outputs import FixedPartitionedSink, StatefulSinkPartition

from connectors.clock import steady_ms
from guardrails.records import END_OF_TIME, Clock, Output, Record

# How long an idle source sleeps: as the Kafka source does.
_IDLE = timedelta(microseconds=300)
# Log time is told this often while nothing arrives; deadlines are seconds.
_CLOCK_EVERY_S = 1.0


class MemoryTopics:
    """Named append-only logs of a fixed number of partitions. Safe to use from several threads.

    now_ms: the clock that stamps records; replays hand in their own.
    """

    def __init__(self, partitions: int = 1, now_ms: Callable[[], int] | None = None) -> None:
        self.partitions = partitions
        self._now_ms = now_ms or steady_ms
        self._logs: dict[str, list[list[Record]]] = {}
        self._closed: set[str] = set()
        self._lock = threading.Lock()

    def log(self, topic: str, partition: int) -> list[Record]:
        """Return one partition's records; the list grows, its entries never change."""
        with self._lock:
            logs = self._logs.setdefault(topic, [[] for _ in range(self.partitions)])
        return logs[partition]

    def append(self, topic: str, key: bytes, value: bytes, partition: int | None = None) -> Record:
        """Append one record, to the partition of its key unless one is named; return it."""
        index = crc32(key) % self.partitions if partition is None else partition
        log = self.log(topic, index)
        with self._lock:
            record = Record(topic, index, len(log), self._now_ms(), key, value)
            log.append(record)
        return record

    def close(self, topic: str) -> None:
        """Say that nothing follows: sources of this topic end when they have read it all."""
        self._closed.add(topic)

    def closed(self, topic: str) -> bool:
        """Whether nothing follows."""
        return topic in self._closed

    def records(self, topic: str) -> list[Record]:
        """Return all records of a topic, partition by partition."""
        return [
            record for index in range(self.partitions) for record in list(self.log(topic, index))
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
    ) -> None:
        """done: says that nothing follows, as `MemoryTopics.close` does."""
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
        log = _Log(self._topics, name, int(index), self._done)
        # A topic of this process is empty when another one goes on.
        offset = min(resume_state or 0, len(log.records))
        return _Reader(log, offset, self._batch, self._stop)


class _Log:
    """One partition of one topic, and whether anything follows in it."""

    def __init__(
        self, topics: MemoryTopics, name: str, partition: int, done: Callable[[], bool] | None
    ) -> None:
        self.records = topics.log(name, partition)
        self.partition = partition
        self._topics, self._name, self._done = topics, name, done

    def ends(self) -> bool:
        return self._topics.closed(self._name) or (self._done is not None and self._done())


class _Reader(StatefulSourcePartition[Record | Clock, int]):
    def __init__(self, log: _Log, offset: int, batch: int, stop: threading.Event) -> None:
        self._log = log
        self._offset = offset
        self._batch = batch
        self._stop = stop
        self._ended = False
        self._idle = False
        self._clock_at = 0.0

    def next_batch(self) -> list[Record | Clock]:
        if self._stop.is_set() or self._ended:
            raise StopIteration
        # Asked before the records are taken: nothing comes between.
        ends = self._log.ends()
        records = self._log.records[self._offset : self._offset + self._batch]
        self._offset += len(records)
        self._idle = not records
        if records:
            return list(records)
        if ends:
            self._ended = True
            return [Clock(self._log.partition, END_OF_TIME)]
        now = time.monotonic()
        if now < self._clock_at:
            return []
        self._clock_at = now + _CLOCK_EVERY_S
        return [Clock(self._log.partition, steady_ms())]

    def next_awake(self) -> datetime | None:
        return datetime.now(UTC) + _IDLE if self._idle else None

    def snapshot(self) -> int:
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
        return None


class MemoryPublisher:
    """Appends the results of checks to an in-process topic."""

    def __init__(self, topics: MemoryTopics) -> None:
        self._topics = topics

    def send(self, output: Output) -> None:
        """Append one record."""
        self._topics.append(output.topic, output.key, output.value, output.partition)

    def flush(self) -> None:
        """There is nothing to wait for."""

    def close(self) -> None:
        """There is nothing to close."""
