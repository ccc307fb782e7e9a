"""When which version of a policy file came into force: written down, so that a replay can ask."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Protocol

import msgspec

from guardrails.errors import ConnectorError
from guardrails.plans import REACHABLE_MS


class Entry(msgspec.Struct, frozen=True):
    """A policy as it stood in a file. at_ms: log time from which it holds."""

    name: str
    at_ms: int
    source: str


_DECODER = msgspec.json.Decoder(Entry)


class Journal(Protocol):
    """Entries in the order they came."""

    def locked(self) -> AbstractContextManager[None]:
        """Keep others from writing. Raises ConnectorError, for what goes wrong inside as well."""

    def read(self) -> list[Entry]:
        """Return all entries. Call it locked."""

    def append(self, entry: Entry) -> None:
        """Write an entry down, and forget those no replay can reach. Call it locked."""


class MemoryJournal:
    """Entries that end with the process."""

    def __init__(self) -> None:
        self._entries: list[Entry] = []

    def locked(self) -> AbstractContextManager[None]:
        """See `Journal.locked`."""
        return nullcontext()

    def read(self) -> list[Entry]:
        """See `Journal.read`."""
        return list(self._entries)

    def append(self, entry: Entry) -> None:
        """See `Journal.append`."""
        self._entries = reachable([*self._entries, entry])


class FileJournal:
    """Entries as JSON lines in a directory, shared by the processes that share the directory."""

    def __init__(self, directory: Path) -> None:
        """directory: made on first use."""
        self._path = directory / "policies.jsonl"
        self._stamp: tuple[int, int] | None = None
        self._entries: list[Entry] = []

    @contextmanager
    def locked(self) -> Iterator[None]:
        """See `Journal.locked`."""
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with self._path.with_suffix(".lock").open("wb") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                yield
        except OSError as error:
            raise ConnectorError(
                f"{error.filename or self._path}: {error.strerror}; a policy file changes only "
                "when its time can be written down: make room, or correct the permissions"
            ) from error

    def read(self) -> list[Entry]:
        """See `Journal.read`. Reads the file only when it is another than the last time."""
        try:
            found = self._path.stat()
        except FileNotFoundError:
            return []
        # Every change replaces the file.
        stamp = (found.st_ino, found.st_mtime_ns)
        if stamp != self._stamp:
            try:
                self._entries = _DECODER.decode_lines(self._path.read_bytes())
            except (msgspec.DecodeError, UnicodeDecodeError) as error:
                raise ConnectorError(
                    f"{self._path}: is no journal of policies ({error}); restore it, or remove it "
                    "to let the files of now hold for all streams"
                ) from error
            self._stamp = stamp
        return list(self._entries)

    def append(self, entry: Entry) -> None:
        """See `Journal.append`. A crash leaves the old file or the new one."""
        entries = reachable([*self.read(), entry])
        draft = self._path.with_suffix(".draft")
        with draft.open("wb") as file:
            file.writelines(msgspec.json.encode(one) + b"\n" for one in entries)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self._path)
        directory = os.open(self._path.parent, os.O_RDONLY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)


def reachable(entries: list[Entry]) -> list[Entry]:
    """Drop entries whose successor has been in force for longer than chunks are kept."""
    horizon_ms = max(entry.at_ms for entry in entries) - REACHABLE_MS
    kept = []
    for index, entry in enumerate(entries):
        replaced = (later.at_ms for later in entries[index + 1 :] if later.name == entry.name)
        if next(replaced, horizon_ms + 1) > horizon_ms:
            kept.append(entry)
    return kept
