"""The one writer of a hash chain: appends, rotates, and picks up where a crash left off."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterable
from pathlib import Path

from connectors.audit.chain_end import Mark, find_end
from connectors.audit.chain_files import ChainFile, day_of, sync_directory
from guardrails.chain import Chain, Seal
from guardrails.errors import ConnectorError
from guardrails.repeats import Reading

# 64 MiB: opening a chain reads its last file, which takes about a quarter of a second then.
DEFAULT_FILE_BYTES = 64 * 1024 * 1024


class ChainWriter:
    """Appends the records of one partition, each once, whatever comes again after a crash.

    A record is appended if its offset lies behind that of the last one in the chain: so the chain
    itself says where to go on, and no crash, at any moment, makes it lose or repeat a record.
    Lines are handed to the system in one piece per batch, and are safe from a crash of the process
    then; `sync` makes them safe from a crash of the machine. Bytes that a crash has torn are moved
    to a file of their own, which is logged, and said in the chain. repairs: how often that was
    necessary when it was opened.
    """

    def __init__(
        self,
        directory: Path,
        name: str,
        seal: Seal,
        *,
        file_bytes: int = DEFAULT_FILE_BYTES,
        mark: Mark | None = None,
    ) -> None:
        """directory: of this chain, made if it is missing. name: topic/partition. mark: an entry
        that must be there.

        Raises ConnectorError if somebody else writes this chain, or if it is not what this writer
        has left: altered, cut off, of another partition, or hashed with another key.
        """
        self.chain = Chain(name, seal)
        self.repairs = 0
        self._directory = directory
        self._seal = seal
        self._file_bytes = file_bytes
        self._size = 0
        self._descriptor: int | None = None
        self._file: ChainFile | None = None
        directory.mkdir(parents=True, exist_ok=True)
        self._lock: int | None = _lock(directory)
        try:
            self._resume(mark)
        except BaseException:
            self.close()
            raise

    def append(self, readings: Iterable[Reading]) -> int:
        """Append what is not in the chain yet; return how many lines those are.

        Raises ConnectorError for a topic that was made anew, OSError if the disk refuses.
        """
        lines: list[bytes] = []
        size = count = 0
        for reading in readings:
            record = reading.record
            if record.offset <= self.chain.offset:
                self._expect_repeat(reading)
                continue
            day = day_of(record.timestamp_ms)
            if self._file is None or day > self._file.day or self._size + size > self._file_bytes:
                self._write(lines)
                lines, size = [], 0
                self._open_next(day)
            line = self.chain.append(record, contradicts=reading.contradicts)
            lines.append(line)
            size += len(line) + 1
            count += 1
        self._write(lines)
        return count

    def sync(self) -> Mark | None:
        """Make what was appended survive a crash of the machine; return the last entry."""
        if self._descriptor is None:
            return None
        os.fsync(self._descriptor)
        return Mark(self.chain.next_index - 1, self.chain.previous)

    def close(self) -> None:
        """Let go of the files."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def _expect_repeat(self, reading: Reading) -> None:
        """A smaller offset is a replay, and then the record is not younger than the last one."""
        record, chain = reading.record, self.chain
        if record.timestamp_ms > chain.at_ms:
            raise ConnectorError(
                f"{self._directory}: the chain ends at offset {chain.offset} of {chain.name}, and "
                f"offset {record.offset} is younger: the topic was made anew; keep the directory "
                "and name another TIDEGATE_AUDIT_CHAIN_DIR"
            )

    def _open_next(self, day: int) -> None:
        """Begin the next file; the one before is complete on the disk first."""
        number = self._file.number + 1 if self._file is not None else 1
        self.sync()
        if self._descriptor is not None:
            os.close(self._descriptor)
        file = ChainFile.named(self._directory, number, day)
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL
        self._descriptor = os.open(file.path, flags, 0o640)
        self._file, self._size = file, 0
        self._write([self.chain.open_file(number)])
        os.fsync(self._descriptor)
        sync_directory(self._directory)

    def _write(self, lines: list[bytes]) -> None:
        if not lines or self._descriptor is None:
            return
        content = b"\n".join([*lines, b""])
        self._size += len(content)
        while content:
            content = content[os.write(self._descriptor, content) :]

    def _resume(self, mark: Mark | None) -> None:
        """Go on where the chain ends, and say in it what a crash had torn."""
        end = find_end(self._directory, self.chain.name, self._seal, mark)
        if end is None:
            return
        self.chain.resume(end.last, end.offset, end.at_ms)
        self._file = end.file
        self._descriptor = os.open(end.file.path, os.O_WRONLY | os.O_APPEND)
        self._size = end.file.path.stat().st_size
        self.repairs = len(end.torn)
        self._write([self.chain.set_aside(name, size) for name, size in end.torn])


def _lock(directory: Path) -> int:
    """Be the only writer of a directory for as long as the returned descriptor is open."""
    descriptor = os.open(directory / "lock", os.O_RDWR | os.O_CREAT, 0o640)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(descriptor)
        raise ConnectorError(
            f"{directory}: another audit flow writes this chain; stop it, or name another "
            "TIDEGATE_AUDIT_CHAIN_DIR"
        ) from error
    return descriptor
