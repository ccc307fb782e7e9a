"""In-process topics that also stand in append-only files: a restart goes on without a broker.

    <directory>/results-0000/00000000000000000042.log    the records from offset 42 on

A record is its length and checksum, 4 bytes each (little-endian), and MessagePack of timestamp, key
and value. What a crash tore off the end is cut away: its writer had not been told that it stands.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from zlib import crc32

import msgspec

from connectors.logs import logger
from connectors.memory import Log, MemoryTopics
from guardrails.errors import ConnectorError
from guardrails.records import Record

log = logger(__name__)

# 4 MiB: a file that nobody needs any more is gone within a few thousand records.
MAX_FILE_BYTES = 4_194_304
_HEAD = struct.Struct("<II")
_Body = tuple[int, bytes | None, bytes]


class FileTopics(MemoryTopics):
    """Topics whose records survive the process. One process at a time."""

    def __init__(
        self, directory: Path, partitions: int = 1, now_ms: Callable[[], int] | None = None
    ) -> None:
        """directory: made when the first record comes."""
        super().__init__(partitions, now_ms)
        self._directory = directory

    def _begin(self, topic: str, partition: int) -> Log:
        return _FileLog(self._directory / f"{topic}-{partition:04}", topic, partition)


class _FileLog(Log):
    """One partition. Raises ConnectorError when its files are damaged or cannot be written."""

    def __init__(self, directory: Path, topic: str, partition: int) -> None:
        super().__init__()
        self._directory = directory
        self._sizes: dict[int, int] = {}
        # Files with records that a power cut may still take.
        self._fresh: set[int] = set()
        files = sorted(directory.glob("*.log"))
        for file in files:
            begin = int(file.stem)
            if not self._sizes:
                self.begin = begin
            elif begin != self.end:
                raise _damaged(file, f"expected records from {self.end} on, it begins at {begin}")
            size = self._load(file, topic, partition, last=file is files[-1])
            self._sizes[begin] = size

    def _load(self, file: Path, topic: str, partition: int, *, last: bool) -> int:
        """Take a file's records; return how many bytes of it hold."""
        content = file.read_bytes()
        at = 0
        while at < len(content):
            body = _body(content, at)
            if body is None:
                if not last:
                    raise _damaged(file, f"byte {at} begins no record")
                log.warning(
                    "the end of a file was torn by a crash; it is cut off",
                    file=file,
                    size=len(content) - at,
                )
                with file.open("r+b") as torn:
                    torn.truncate(at)
                break
            stamp, key, value = msgspec.msgpack.decode(body, type=_Body)
            self.records.append(Record(topic, partition, self.end, stamp, key, value))
            at += _HEAD.size + len(body)
        return at

    def append(self, record: Record) -> None:
        body = msgspec.msgpack.encode((record.timestamp_ms, record.key, record.value))
        frame = _HEAD.pack(len(body), crc32(body)) + body
        begin = max(self._sizes, default=None)
        if begin is None or self._sizes[begin] + len(frame) > MAX_FILE_BYTES:
            begin = record.offset
            self._sizes[begin] = 0
        file = self._file(begin)
        try:
            self._directory.mkdir(parents=True, exist_ok=True)
            with file.open("ab") as opened:
                # What a failed write left behind would stand in the way of the next record.
                opened.truncate(self._sizes[begin])
                opened.write(frame)
        except OSError as error:
            raise ConnectorError(
                f"{file}: cannot be written ({error.strerror}); make room or correct its "
                "permissions, and start again: what was not written is asked again"
            ) from error
        self._sizes[begin] += len(frame)
        self._fresh.add(begin)
        super().append(record)

    def sync(self) -> None:
        # A copy: two writers may come to their snapshots at the same time.
        for begin in sorted(self._fresh):
            self._fresh.discard(begin)
            try:
                _sync(self._file(begin))
                _sync(self._directory)
            except FileNotFoundError:
                # Dropped meanwhile: nobody reads it again.
                continue
            except OSError as error:
                self._fresh.add(begin)
                raise ConnectorError(
                    f"{self._file(begin)}: cannot be stored ({error.strerror}); make room, and "
                    "start again: what was not stored is asked again"
                ) from error

    def drop_before(self, offset: int) -> None:
        super().drop_before(offset)
        begins = sorted(self._sizes)
        for begin, following in pairwise(begins):
            if following <= self.begin:
                self._file(begin).unlink(missing_ok=True)
                del self._sizes[begin]

    def _file(self, begin: int) -> Path:
        return self._directory / f"{begin:020}.log"


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _body(content: bytes, at: int) -> bytes | None:
    """Return the body of the record at an offset; None if it is not whole.

    A power cut may leave zeros behind: no record is empty.
    """
    if at + _HEAD.size > len(content):
        return None
    size, checksum = _HEAD.unpack_from(content, at)
    body = content[at + _HEAD.size : at + _HEAD.size + size]
    return body if size and len(body) == size and crc32(body) == checksum else None


def _damaged(file: Path, what: str) -> ConnectorError:
    return ConnectorError(
        f"{file}: damaged, {what}; restore the file, or begin with a new recovery directory"
    )
