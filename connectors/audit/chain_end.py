"""The end of a chain as its writer finds it: whole, torn by a crash, or touched by others."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

from connectors.audit.chain_files import ChainFile, list_files, read_lines, sync_directory
from connectors.logs import logger
from guardrails.chain import Entry, Seal
from guardrails.errors import ConnectorError
from guardrails.verifier import Place, Problem, Verifier

log = logger(__name__)


class Mark(NamedTuple):
    """An entry that is known to be on the disk: what the snapshot of the last epoch says."""

    entry: int
    hash: str


class End(NamedTuple):
    """Where a chain goes on: behind `last`, in `file`. offset, at_ms: as in `Chain`. torn: what
    was moved out of the way, as (name, bytes).
    """

    file: ChainFile
    last: Entry
    offset: int
    at_ms: int
    torn: tuple[tuple[str, int], ...]


class _Scan:
    """One file of a chain read up to its first problem. last: the entry before that, at `end`.

    marked: the hash of the entry that `mark` names, if it is in this file.
    """

    def __init__(self, file: ChainFile, seal: Seal, mark: Mark | None) -> None:
        self.last: Entry | None = None
        self.problem: Problem | None = None
        self.end = 0
        self.marked: str | None = None
        self.verifier = Verifier(seal, whole=False)
        with file.path.open("rb") as content:
            for line in read_lines(content):
                place = Place(str(file.path), line.number)
                if line.torn:
                    break
                self.verifier.take(line.content, place)
                if self.verifier.problem_count:
                    self.problem = self.verifier.finish(place)[0]
                    break
                self.last, self.end = self.verifier.last, line.end
                if mark is not None and self.last is not None and self.last.index == mark.entry:
                    self.marked = self.last.hash


def find_end(directory: Path, name: str, seal: Seal, mark: Mark | None) -> End | None:
    """Find where to go on, and put aside what a crash has torn; None for a chain without entries.

    mark: what was synced before; only what stands behind it may be put aside when it is complete
    and wrong, because a crash of the machine leaves such things. Raises ConnectorError when the
    chain is not what its writer has left.
    """
    files = list_files(directory)
    torn: list[tuple[str, int]] = []
    while files:
        file = files[-1]
        scan = _Scan(file, seal, mark)
        if scan.last is None and scan.problem is None:
            # A crash came before its first line was complete.
            torn += _put_aside(file, 0)
            file.path.unlink()
            sync_directory(directory)
            files.pop()
            continue
        last = _accept(scan, name, directory, mark)
        if mark is not None and scan.marked is None:
            _find_mark(files[:-1], seal, mark, directory)
        torn += _put_aside(file, scan.end)
        return End(file, last, scan.verifier.offset, scan.verifier.at_ms, tuple(torn))
    if mark is not None:
        raise _cut_off(directory, mark, "is empty")
    return None


def _accept(scan: _Scan, name: str, directory: Path, mark: Mark | None) -> Entry:
    """Return the last sound entry. Raises ConnectorError if what follows it is no accident."""
    last, problem = scan.last, scan.problem
    behind_mark = mark is not None and last is not None and last.index >= mark.entry
    if last is None or (problem is not None and not behind_mark):
        where, what = problem or (Place(str(directory), 1), "there is no entry")
        raise ConnectorError(
            f"{where.file}:{where.line}: {what}; nothing is appended to a chain that does not "
            "hold: give TIDEGATE_AUDIT_CHAIN_KEY as it was, or keep the directory for "
            "`tidegate audit verify` and name another TIDEGATE_AUDIT_CHAIN_DIR"
        )
    if scan.verifier.name != name:
        raise ConnectorError(
            f"{directory}: holds the chain of {scan.verifier.name}, not of {name}; name another "
            "TIDEGATE_AUDIT_CHAIN_DIR for each topic prefix"
        )
    if mark is not None and last.index < mark.entry:
        raise _cut_off(directory, mark, f"ends with entry {last.index}")
    if mark is not None and scan.marked not in (None, mark.hash):
        raise _rewritten(directory, mark)
    return last


def _find_mark(files: list[ChainFile], seal: Seal, mark: Mark, directory: Path) -> None:
    """Look for the marked entry in earlier files."""
    for file in reversed(files):
        scan = _Scan(file, seal, mark)
        if scan.marked == mark.hash:
            return
        if scan.marked is not None or scan.last is None or scan.last.index < mark.entry:
            break
    raise _rewritten(directory, mark)


def _put_aside(file: ChainFile, start: int) -> list[tuple[str, int]]:
    """Move the bytes of a file from `start` on to a file of their own; return its name and size."""
    with file.path.open("r+b") as content:
        content.seek(start)
        rest = content.read()
        if not rest:
            return []
        number = 1
        while (aside := file.path.with_name(f"{file.path.name}.torn-{number}")).exists():
            number += 1
        with aside.open("xb") as copy:
            copy.write(rest)
            copy.flush()
            os.fsync(copy.fileno())
        sync_directory(file.path.parent)
        content.truncate(start)
        os.fsync(content.fileno())
    log.warning(
        "the last bytes were torn by a crash; they are kept aside, and the records they held are "
        "appended again",
        file=file.path,
        size=len(rest),
        aside=aside.name,
    )
    return [(aside.name, len(rest))]


def _cut_off(directory: Path, mark: Mark, end: str) -> ConnectorError:
    return ConnectorError(
        f"{directory}: the chain was cut off: it {end}, and the last snapshot says that entry "
        f"{mark.entry} was on the disk; put the files back, or keep the directory for "
        "`tidegate audit verify` and name another TIDEGATE_AUDIT_CHAIN_DIR"
    )


def _rewritten(directory: Path, mark: Mark) -> ConnectorError:
    return ConnectorError(
        f"{directory}: the chain was written anew: entry {mark.entry} is not the one of the last "
        "snapshot; put the files back, or keep the directory for `tidegate audit verify` and name "
        "another TIDEGATE_AUDIT_CHAIN_DIR"
    )
