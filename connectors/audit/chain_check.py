"""Checking chains on the disk, and sealing their heads."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from msgspec import UNSET

from connectors.audit.chain_files import list_chains, list_files, read_lines
from guardrails.chain import Chain, ChainError, Entry, Head, Seal, parse_entry
from guardrails.errors import ConnectorError
from guardrails.verifier import Place, Problem, Verifier

# How often progress is told, in bytes.
_EVERY_BYTES = 1 << 20


class Report(NamedTuple):
    """What there is to say of one chain. checked: with its counts. torn: bytes of a last line that
    has no end. problems: the first of them, by place; `checked.problem_count` says how many.
    """

    name: str
    path: Path
    checked: Verifier
    torn: int
    problems: list[Problem]


def find_chains(path: Path) -> list[Path]:
    """Return the chains at a path: those below a directory, one directory, or one file."""
    return [path] if path.is_file() else list_chains(path)


def check_chain(
    path: Path,
    seal: Seal,
    heads: Iterable[Head] = (),
    *,
    whole: bool = True,
    advance: Callable[[int], None] = lambda _: None,
) -> Report:
    """Check one chain, a directory or a single file, from its first line to its last.

    heads: of any chains; those of this one are compared. whole: whether its first file must be
    there; of a single file never. advance: told how many bytes were read since it was told last.
    Raises ConnectorError if the chain is keyed and the seal is not.
    """
    files = [path] if path.is_file() else [file.path for file in list_files(path)]
    first = _first_entry(files[0], seal) if files else None
    name = "" if first is None or first.chain is UNSET else str(first.chain)
    own = [head for head in heads if head.chain == name]
    verifier = Verifier(seal, own, whole=whole and not path.is_file())
    place, torn = Place(str(path), 0), 0
    for number, file in enumerate(files, 1):
        place, torn = _read(verifier, file, place, advance, last=number == len(files))
    return Report(name or path.name, path, verifier, torn, verifier.finish(place))


def _first_entry(path: Path, seal: Seal) -> Entry | None:
    """Return the first entry of a file, if it is one. Raises ConnectorError for want of a key."""
    with path.open("rb") as content:
        try:
            entry = parse_entry(content.readline().removesuffix(b"\n"))
        except ChainError:
            return None
    if entry.algorithm == "hmac-sha256" and seal.algorithm == "sha256":
        raise ConnectorError(
            f"{path}: the chain is keyed; set TIDEGATE_AUDIT_CHAIN_KEY or "
            "TIDEGATE_AUDIT_CHAIN_KEY_FILE to the key it was written with"
        )
    return entry


def _read(
    verifier: Verifier, file: Path, place: Place, advance: Callable[[int], None], *, last: bool
) -> tuple[Place, int]:
    """Hand over the lines of a file; return the last place, and what is torn there."""
    told = end = torn = 0
    with file.open("rb") as content:
        for line in read_lines(content):
            place, end = Place(str(file), line.number), line.end
            if line.torn and last:
                # Being written just now, or torn by a crash that the next start repairs.
                torn = len(line.content)
            else:
                verifier.take(line.content, place)
            if end - told >= _EVERY_BYTES:
                advance(end - told)
                told = end
    advance(end - told)
    return place, torn


def seal_head(path: Path, seal: Seal) -> bytes:
    """Return the sealed head of the chain in a directory, as a line of JSON.

    Only its last files are read. Raises ConnectorError if they hold no entry, do not hold, or were
    hashed in another way than the seal's.
    """
    for file in reversed(list_files(path)):
        _first_entry(file.path, seal)
        verifier = Verifier(seal, whole=False)
        place, _ = _read(verifier, file.path, Place(str(file.path), 1), lambda _: None, last=True)
        problems = verifier.finish(place)
        if problems:
            raise ConnectorError(_explain(problems[0]))
        if verifier.last is not None:
            chain = Chain(verifier.name, seal)
            chain.resume(verifier.last, verifier.offset, verifier.at_ms)
            return chain.head()
    raise ConnectorError(f"{path}: the chain has no entry yet; call again when it has one")


def _explain(problem: Problem) -> str:
    place = problem.place
    return (
        f"{place.file}:{place.line}: {problem.what}; a head of it would say nothing: look at all "
        "of it with `tidegate audit verify`"
    )


def missing_chains(reports: Sequence[Report], heads: Iterable[Head], root: Path) -> list[Problem]:
    """Return a problem for each chain that a head speaks of and that is not among the reports."""
    known = {report.name for report in reports}
    unknown = {head.chain: head for head in heads if head.chain not in known}
    return [
        Problem(
            Place(str(root), 0),
            f"there is no chain {name}, and a head says that it had an entry {head.head}",
        )
        for name, head in sorted(unknown.items())
    ]


def total_bytes(path: Path) -> int:
    """Return how much there is to read at a chain's path."""
    files = [path] if path.is_file() else [file.path for file in list_files(path)]
    return sum(file.stat().st_size for file in files)
