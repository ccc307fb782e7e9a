"""One recovery directory becomes several: its partitions go on in processes of their own."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

import msgspec

from connectors.kafka.partitions import format_partitions
from connectors.recovery import Saved, hold, read_owner, write_owner
from guardrails.errors import ConnectorError


def split(directory: Path, shares: Mapping[Path, tuple[int, ...]]) -> None:
    """Copy a directory's state into new ones, each with its share of the partitions.

    Stop the flow first: what is copied is its last snapshot. The directory is left as it is, and
    refuses to be run again. Raises ConnectorError, and makes nothing, if it is in use, a share's
    directory exists, or the shares are not all of the partitions, each once.
    """
    if not directory.is_dir():
        raise ConnectorError(f"{directory} is no recovery directory; name an existing one")
    with hold(directory):
        saved = _require_whole(directory, shares)
        partial = {target: target.with_name(target.name + ".partial") for target in shares}
        try:
            for target, numbers in shares.items():
                _copy(directory, partial[target], saved, numbers)
            for target, made in partial.items():
                made.rename(target)
        finally:
            for made in partial.values():
                shutil.rmtree(made, ignore_errors=True)
        names = tuple(str(target) for target in shares)
        write_owner(directory, msgspec.structs.replace(saved, split_into=names))


def _require_whole(directory: Path, shares: Mapping[Path, tuple[int, ...]]) -> Saved:
    saved = read_owner(directory)
    if saved is None or not saved.complete or saved.owner.partitions is None:
        raise ConnectorError(
            f"{directory} does not say which partitions it holds; run and stop its flow once, then"
            " split it"
        )
    if saved.split_into:
        raise ConnectorError(
            f"{directory} was already split into {', '.join(saved.split_into)}; split one of those"
        )
    given = sorted(number for numbers in shares.values() for number in numbers)
    if given != list(saved.owner.partitions):
        raise ConnectorError(
            f"{directory} holds partitions {format_partitions(saved.owner.partitions)}, and the"
            f" shares are {' and '.join(map(format_partitions, shares.values()))}; give each of"
            " its partitions to one directory"
        )
    for target in shares:
        if target.exists():
            raise ConnectorError(f"{target} exists; name a directory that does not")
    return saved


def _copy(directory: Path, target: Path, saved: Saved, numbers: tuple[int, ...]) -> None:
    # What an interrupted split left behind.
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    for path in sorted(directory.iterdir()):
        if path.match("part-*.sqlite3"):
            _copy_part(path, target / path.name, frozenset(numbers))
        elif path.suffix == ".jsonl":
            # When which policy file came into force: that holds for every partition.
            shutil.copyfile(path, target / path.name)
    owner = msgspec.structs.replace(saved.owner, partitions=numbers)
    write_owner(target, msgspec.structs.replace(saved, owner=owner))


def _copy_part(path: Path, target: Path, numbers: frozenset[int]) -> None:
    """Copy one file of Bytewax's store without the state of other partitions.

    Bytewax refuses to resume where a source's partition is missing, and would keep the streams of
    others for ever.
    """
    with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(target)) as made:
        # Not a copy of the file: a part of it may still be in the journal beside it.
        source.backup(made)
        keys = [key for (key,) in made.execute("SELECT DISTINCT state_key FROM snaps")]
        strange = [(key,) for key in keys if partition_of(key) not in {None, *numbers}]
        made.executemany("DELETE FROM snaps WHERE state_key = ?", strange)
        made.commit()


def partition_of(key: str) -> int | None:
    """Return the Kafka partition that a key of saved state belongs to, if it belongs to one.

    >>> partition_of("tidegate.chunks/3"), partition_of("3/17"), partition_of("writer-0000")
    (3, 3, None)
    """
    first, slash, last = key.rpartition("/")
    if not slash:
        return None
    # A shard is partition/shard, a source's partition topic/partition. No topic is a number.
    return int(first) if first.isdecimal() else int(last)
