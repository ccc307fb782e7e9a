"""The files of hash chains: their names and their lines.

One directory per partition of the audit topic, `partition-0003`. In it one file for each day of
log time, or more when they get large: `00000012-2025-06-01.jsonl`. Numbers have no gaps.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import BinaryIO, NamedTuple

_CHAIN = re.compile(r"partition-\d{4,}")
_FILE = re.compile(r"(\d{8})-(\d{4,}-\d\d-\d\d)\.jsonl")
DAY_MS = 24 * 60 * 60 * 1000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# The last day Python can write.
_LAST_DAY = (datetime.max.replace(tzinfo=UTC) - _EPOCH).days


class ChainFile(NamedTuple):
    """One file of a chain. number: from 1. day: days since 1970-01-01, UTC."""

    number: int
    day: int
    path: Path

    @classmethod
    def named(cls, directory: Path, number: int, day: int) -> ChainFile:
        """Return the file of that number and day; it need not exist."""
        date = (_EPOCH + timedelta(days=day)).date().isoformat()
        return cls(number, day, directory / f"{number:08d}-{date}.jsonl")


def day_of(timestamp_ms: int) -> int:
    """Return the day of a timestamp, within those that can be written."""
    return min(max(0, timestamp_ms // DAY_MS), _LAST_DAY)


def chain_directory(root: Path, partition: int) -> Path:
    """Return where the chain of a partition stands."""
    return root / f"partition-{partition:04d}"


def list_chains(root: Path) -> list[Path]:
    """Return the chains below a directory; the directory itself if it is one."""
    if list_files(root):
        return [root]
    return sorted(path for path in root.iterdir() if path.is_dir() and _CHAIN.fullmatch(path.name))


def list_files(directory: Path) -> list[ChainFile]:
    """Return the files of one chain, first to last."""
    found = []
    for path in directory.iterdir():
        name = _FILE.fullmatch(path.name)
        if name is not None and path.is_file():
            day = (datetime.fromisoformat(name[2]).replace(tzinfo=UTC) - _EPOCH).days
            found.append(ChainFile(int(name[1]), day, path))
    return sorted(found)


def sync_directory(directory: Path) -> None:
    """Make names that came or went survive a crash of the machine."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


class Line(NamedTuple):
    """A line without its line feed. number: from 1. end: bytes of the file up to behind it.

    torn: the file ends in it; it is being written, or a crash cut it off.
    """

    content: bytes
    number: int
    end: int
    torn: bool


def read_lines(file: BinaryIO) -> Iterator[Line]:
    """Yield the lines of a file that is at its start."""
    end = 0
    for number, line in enumerate(file, 1):
        end += len(line)
        content = line.removesuffix(b"\n")
        yield Line(content, number, end, len(content) == len(line))
