"""Recovery directories: whose state they hold, and who works in them now.

Beside Bytewax's store a directory has `owner.json`, which says what the state belongs to, and
`in-use`, which the processes that work in it lock. Locks end with their process, however it ends.
"""

from __future__ import annotations

import fcntl
import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import msgspec
from bytewax.recovery import RecoveryConfig, init_db_dir

from connectors.kafka.partitions import format_partitions
from guardrails.errors import ConnectorError

# Fixed when the store is made; workers share them out, so more workers than this gain nothing.
RECOVERY_PARTITIONS = 8
# A process that was killed a moment ago may still hold its lock.
LOCK_PATIENCE_S = 2.0
# Another process of our cluster makes the store: eight files, a second on a slow disk.
_MAKING_PATIENCE_S = 30.0
_LOCK_POLL_S = 0.02
_OWNER = "owner.json"
# Bytes of the lock file, one for each question. A process of a cluster shares USED with the
# others and has its own byte behind it; a process that works alone has USED for itself.
_MAKING, _USED, _FIRST_MEMBER = 0, 1, 2


class Owner(msgspec.Struct, frozen=True):
    """What the state in a directory belongs to.

    flow: its name. reads: where its input comes from, for people. partitions: of each of its
    topics, ascending; None where there are none. count: how many each of the topics has.
    """

    flow: str
    reads: str = "anything"
    partitions: tuple[int, ...] | None = None
    count: int | None = None


class Saved(msgspec.Struct, frozen=True):
    """`owner.json`. complete: whether the store beside it was made to its end. writers: the most
    that a run had; Bytewax resumes only where every partition of a sink still exists. split_into:
    the directories that hold the state now, if it was split.
    """

    owner: Owner
    complete: bool
    writers: int = 1
    split_into: tuple[str, ...] = ()
    v: int = 1


def open_recovery(directory: Path) -> RecoveryConfig:
    """Return the recovery store in a directory, made on first use."""
    directory.mkdir(parents=True, exist_ok=True)
    if not any(directory.glob("part-*.sqlite3")):
        init_db_dir(directory, RECOVERY_PARTITIONS)
    return RecoveryConfig(str(directory))


def most_writers(directory: Path | None, writers: int) -> int:
    """Return how many writers a sink needs to resume from a directory: at least `writers`."""
    saved = None if directory is None else read_owner(directory)
    return writers if saved is None else max(writers, saved.writers)


@contextmanager
def claim(
    directory: Path, owner: Owner, member: int | None = None, writers: int = 1
) -> Iterator[RecoveryConfig]:
    """Work in a directory, made on first use: ours, and nobody else's, until the end.

    member: index of this process in a cluster whose processes share the directory; None: alone.
    writers: as `most_writers` said. Raises ConnectorError if another process works in it, or it
    holds the state of something else.
    """
    directory.mkdir(parents=True, exist_ok=True)
    with hold(directory, member) as lock:
        # One process of a cluster makes the store, the others find it.
        _lock(lock, directory, fcntl.LOCK_EX, _MAKING, _MAKING_PATIENCE_S)
        recovery = _open_owned(directory, owner, writers)
        fcntl.lockf(lock, fcntl.LOCK_UN, 1, _MAKING)
        yield recovery


@contextmanager
def hold(
    directory: Path, member: int | None = None, option: str = "--recovery-dir"
) -> Iterator[BinaryIO]:
    """Keep other processes out of an existing directory; yield the lock file. See `claim`.

    option: which names the directory on the command line.
    """
    with (directory / "in-use").open("a+b") as lock:
        if member is None:
            _lock(lock, directory, fcntl.LOCK_EX, _USED, option=option)
        else:
            _lock(lock, directory, fcntl.LOCK_SH, _USED)
            _lock(lock, directory, fcntl.LOCK_EX, _FIRST_MEMBER + member)
        _sign(lock)
        yield lock


def _lock(
    lock: BinaryIO,
    directory: Path,
    kind: int,
    byte: int,
    patience_s: float = LOCK_PATIENCE_S,
    option: str = "--recovery-dir",
) -> None:
    deadline = time.monotonic() + patience_s
    while True:
        try:
            fcntl.lockf(lock, kind | fcntl.LOCK_NB, 1, byte)
        except (BlockingIOError, PermissionError):
            if time.monotonic() < deadline:
                time.sleep(_LOCK_POLL_S)
                continue
            raise ConnectorError(
                f"{_NAMES.get(option, 'directory')} {directory} is in use by {_holder(lock)}; stop"
                f" that one, or give this one a directory of its own with {option}"
            ) from None
        return


_NAMES = {"--recovery-dir": "recovery directory", "--data-dir": "data directory"}


def _sign(lock: BinaryIO) -> None:
    """Leave a name for those who find the directory in use. The lock is what counts."""
    lock.truncate(0)
    lock.write(f"process {os.getpid()} on {socket.gethostname()}".encode())
    lock.flush()


def _holder(lock: BinaryIO) -> str:
    lock.seek(0)
    return lock.read(200).decode("utf-8", "replace") or "another process"


def _open_owned(directory: Path, owner: Owner, writers: int) -> RecoveryConfig:
    saved = read_owner(directory)
    stored = sorted(directory.glob("part-*.sqlite3"))
    if saved is None and stored:
        # Made before owners were written down, when every process read all partitions.
        everything = None if owner.count is None else tuple(range(owner.count))
        saved = Saved(msgspec.structs.replace(owner, partitions=everything), complete=True)
    if saved is None or not saved.complete:
        # A store whose making was interrupted: no epoch was ever closed in it.
        for part in stored:
            part.unlink()
        write_owner(directory, Saved(owner, complete=False))
        init_db_dir(directory, RECOVERY_PARTITIONS)
    else:
        _require_same(directory, saved, owner)
        writers = max(writers, saved.writers)
    write_owner(directory, Saved(owner, complete=True, writers=writers))
    return RecoveryConfig(str(directory))


def _require_same(directory: Path, saved: Saved, wanted: Owner) -> None:
    """Raise ConnectorError unless the state is that of the run: it would be mixed with other."""
    if saved.split_into:
        raise ConnectorError(
            f"recovery directory {directory} was split into {', '.join(saved.split_into)}, which go"
            " on from it; run those, each with its partitions"
        )
    found = saved.owner
    if found == wanted:
        return
    hint = "give this run a directory of its own with --recovery-dir"
    if found.flow != wanted.flow:
        held, runs = f"the flow {found.flow}", f"this is {wanted.flow}"
    elif found.reads != wanted.reads:
        held, runs = found.reads, f"this run reads {wanted.reads}"
    elif found.count != wanted.count:
        held = f"topics with {found.count} partitions"
        runs = f"they have {wanted.count} now; a partition count is final"
    else:
        mine, ours = (format_partitions(one.partitions or ()) for one in (found, wanted))
        held, runs = f"partitions {mine}", f"this run reads {ours}"
        hint = f"run it with --partitions {mine}, split it (`tidegate recovery split`), or {hint}"
    raise ConnectorError(
        f"recovery directory {directory} holds the state of {held}, and {runs}; {hint}"
    )


def read_owner(directory: Path) -> Saved | None:
    """Return whose state a directory holds; None if nobody has claimed it yet."""
    path = directory / _OWNER
    try:
        return msgspec.json.decode(path.read_bytes(), type=Saved)
    except FileNotFoundError:
        return None
    except msgspec.MsgspecError as error:
        raise ConnectorError(
            f"{path}: expected whose state the directory holds ({error}); restore the file, or"
            " begin with a new recovery directory"
        ) from None


def write_owner(directory: Path, saved: Saved) -> None:
    """Write down whose state a directory holds: whole or not at all, also across a power cut."""
    path = directory / _OWNER
    fresh = path.with_suffix(".new")
    with fresh.open("wb") as file:
        file.write(msgspec.json.encode(saved))
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
