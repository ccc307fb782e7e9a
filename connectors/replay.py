"""Chunk events from files or standard input, and outputs as lines: flows without a broker.

One event per line, JSON, UTF-8, as it would stand in Kafka. Lines end with a line feed alone.
"""

from __future__ import annotations

import os
import select
import sys
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from stat import S_ISREG
from typing import BinaryIO

from bytewax.inputs import FixedPartitionedSource, StatefulSourcePartition
from bytewax.outputs import FixedPartitionedSink, StatefulSinkPartition

from connectors.clock import CLOCK_PERIOD_S, steady_ms
from connectors.stopping import begin
from guardrails.errors import ConnectorError
from guardrails.records import END_OF_TIME, Clock, Output, Record

# Bytes per poll: some hundred events, so that a batch is large and a stop is seen soon.
_READ_BYTES = 65_536
# How long a silent pipe is left alone.
_IDLE = timedelta(milliseconds=1)
STANDARD = "-"


class LineSource(FixedPartitionedSource[Record | Clock, int]):
    """Reads one file of events, or standard input ('-'); the next byte offset is the snapshot.

    The end of the input is the end of time: every stream that has not ended itself ends then.
    Delivery: at least once for files; standard input cannot be read again after a restart.
    """

    def __init__(
        self, path: str, topic: str = "chunks", stop: threading.Event | None = None
    ) -> None:
        """topic: name the records are said to come from."""
        self._path = path
        self._topic = topic
        self._stop = stop or threading.Event()

    def list_parts(self) -> list[str]:
        """Return the one partition."""
        begin(self._stop)
        return [self._path]

    def build_part(self, step_id: str, for_part: str, resume_state: int | None) -> _LineReader:
        """Open the input where the snapshot ends. Raises ConnectorError when it cannot be read."""
        del step_id
        if for_part == STANDARD:
            return _LineReader(sys.stdin.buffer, 0, self._topic, self._stop)
        try:
            stream = Path(for_part).open("rb")  # noqa: SIM115 - closed by the partition
        except OSError as error:
            raise ConnectorError(
                f"{for_part}: cannot be read ({error.strerror}); name an existing JSONL file"
            ) from error
        stream.seek(resume_state or 0)
        return _LineReader(stream, resume_state or 0, self._topic, self._stop)


class _LineReader(StatefulSourcePartition[Record | Clock, int]):
    """Emits a line as a record whose offset is its byte position and whose time is the wall's.

    A pipe is asked first whether it has something: while it is silent a stop is seen, and time goes
    on.
    """

    def __init__(self, stream: BinaryIO, offset: int, topic: str, stop: threading.Event) -> None:
        self._stream = stream
        self._offset = offset
        self._topic = topic
        self._stop = stop
        self._live = not stream.seekable()
        self._rest = b""
        self._idle = self._ended = False
        self._clock_due = time.monotonic() + CLOCK_PERIOD_S

    def next_batch(self) -> list[Record | Clock]:
        if self._ended or self._stop.is_set():
            raise StopIteration
        self._idle = self._live and not select.select([self._stream], [], [], 0)[0]
        if self._idle:
            return self._idle_clock()
        # Unbuffered: what a buffer had already taken in, `select` would not see.
        fresh = os.read(self._stream.fileno(), _READ_BYTES)
        lines = (self._rest + fresh).split(b"\n")
        self._rest = lines.pop() if fresh else b""
        now_ms = steady_ms()
        batch: list[Record | Clock] = []
        for line in lines:
            if line.strip():
                batch.append(Record(self._topic, 0, self._offset, now_ms, None, line))
            self._offset += len(line) + 1
        if not fresh:
            self._ended = True
            batch.append(Clock(0, END_OF_TIME))
        return batch

    def _idle_clock(self) -> list[Record | Clock]:
        now = time.monotonic()
        if now < self._clock_due:
            return []
        self._clock_due = now + CLOCK_PERIOD_S
        return [Clock(0, steady_ms())]

    def next_awake(self) -> datetime | None:
        return datetime.now(UTC) + _IDLE if self._idle else None

    def snapshot(self) -> int:
        return self._offset

    def close(self) -> None:
        if self._stream is not sys.stdin.buffer:
            self._stream.close()


class LineSink(FixedPartitionedSink[Output, int]):
    """Writes outputs as lines `{"topic": ..., "value": ...}` to a file or standard output ('-').

    A file is cut back to the snapshot on resume, so that nothing stands in it twice.
    """

    def __init__(self, path: str, accept: Callable[[Output], bool] = lambda _: True) -> None:
        """accept: which outputs are written, e.g. those of one topic."""
        self._path = path
        self._accept = accept

    def list_parts(self) -> list[str]:
        """Return the one writer."""
        return [self._path]

    def build_part(self, step_id: str, for_part: str, resume_state: int | None) -> _LineWriter:
        """Open the output. Raises ConnectorError when it cannot be written."""
        del step_id
        if for_part == STANDARD:
            return _LineWriter(sys.stdout.buffer, self._accept)
        try:
            stream = Path(for_part).open("r+b" if resume_state else "wb")  # noqa: SIM115
        except OSError as error:
            raise ConnectorError(
                f"{for_part}: cannot be written ({error.strerror}); name a writable file"
            ) from error
        # A device or a pipe has nothing to cut back.
        if S_ISREG(os.fstat(stream.fileno()).st_mode):
            stream.seek(resume_state or 0)
            stream.truncate()
        return _LineWriter(stream, self._accept)


class _LineWriter(StatefulSinkPartition[Output, int]):
    def __init__(self, stream: BinaryIO, accept: Callable[[Output], bool]) -> None:
        self._stream = stream
        self._accept = accept

    def write_batch(self, values: list[Output]) -> None:
        for output in values:
            if self._accept(output):
                line = b'{"topic":"%b","value":%b}\n' % (output.topic.encode(), output.value)
                self._stream.write(line)
        self._stream.flush()

    def snapshot(self) -> int:
        return self._stream.tell() if self._stream.seekable() else 0

    def close(self) -> None:
        self._stream.flush()
        if self._stream is not sys.stdout.buffer:
            self._stream.close()
