"""Events as lines of JSON in a file that is set aside when it is large."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec

from connectors.gateway.subscribers.subscriber import StreamSubscriber, Told
from guardrails.errors import ConnectorError

# 100 MiB: some 200,000 events; small enough to be looked at.
MAX_BYTES = 104_857_600
# Files that were set aside and are kept: with the current one 600 MiB of disk, at most.
KEPT = 5
# What waits in memory is written when there is so much of it, at the latest.
_BUFFER_BYTES = 262_144


class FileSubscriber(StreamSubscriber):
    """Writes each event as a line, whole or not at all.

    `events.jsonl` becomes `events.jsonl.1` when it has `max_bytes`, that becomes `events.jsonl.2`,
    and so on; the oldest goes. Lines hold released text, as readers see it: the file is for its
    owner alone. One process writes it. Nothing is forced to the disk: a crash of the machine loses
    what the system had not written.
    """

    def __init__(self, path: Path, *, max_bytes: int = MAX_BYTES, kept: int = KEPT) -> None:
        """Raises ConnectorError if it cannot be written."""
        self.name = "file"
        self._path = path
        self._max_bytes = max_bytes
        self._kept = kept
        self._encoder = msgspec.json.Encoder()
        self._lines = bytearray()
        self._file = -1
        try:
            self._open()
        except OSError as error:
            raise ConnectorError(
                f"{path}: cannot be written ({error.strerror}); name a file in a directory that "
                "this process may write to"
            ) from error

    def on_events(self, told: Told) -> None:
        """Add a line for each."""
        for event in told.events:
            self._lines += self._encoder.encode(event)
            self._lines += b"\n"
        if len(self._lines) >= _BUFFER_BYTES:
            self.flush()

    def flush(self) -> None:
        """Write the lines there are. Raises OSError; they are lost then."""
        lines, self._lines = self._lines, bytearray()
        if not lines:
            return
        if self._file < 0:
            self._open()
        if self._size and self._size + len(lines) > self._max_bytes:
            self._set_aside()
        written = 0
        try:
            while written < len(lines):
                written += os.write(self._file, memoryview(lines)[written:])
        except OSError:
            # The disk is full: half a line would spoil the next one.
            os.ftruncate(self._file, self._size)
            raise
        self._size += written

    def close(self) -> None:
        """Write what is left."""
        try:
            self.flush()
        finally:
            self._shut()

    def _open(self) -> None:
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
        self._file = os.open(self._path, flags, 0o600)
        self._size = os.fstat(self._file).st_size
        if self._size and not _ends_line(self._path):
            # The process before died in the middle of a line.
            self._size += os.write(self._file, b"\n")

    def _shut(self) -> None:
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def _set_aside(self) -> None:
        self._shut()
        for number in range(self._kept - 1, 0, -1):
            older = self._aside(number)
            if older.exists():
                older.replace(self._aside(number + 1))
        if self._kept:
            self._path.replace(self._aside(1))
        else:
            self._path.unlink()
        self._open()

    def _aside(self, number: int) -> Path:
        return self._path.with_name(f"{self._path.name}.{number}")


def _ends_line(path: Path) -> bool:
    with path.open("rb") as file:
        file.seek(-1, os.SEEK_END)
        return file.read(1) == b"\n"
