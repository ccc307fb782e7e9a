"""Checking a chain: whether it holds, and where and how it does not."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import msgspec
from msgspec import UNSET

from guardrails.chain import (
    GENESIS,
    ChainError,
    Entry,
    Head,
    Seal,
    check_entry,
    parse_entry,
    say_key,
)

# Enough to see what happened; a chain hashed with another key has a problem on every line.
MAX_LISTED_PROBLEMS = 100


class Place(NamedTuple):
    """A line of a file, from 1."""

    file: str
    line: int


class Problem(NamedTuple):
    """What is wrong, and where."""

    place: Place
    what: str


class Verifier:
    """Takes the lines of one chain in order. Memory grows with the gaps, not with the chain.

    It looks at what the chain says of itself, and goes on behind a problem, so that one changed
    line is one problem. records: entries with an audit record. set_aside: repairs after crashes.
    next_index: behind the last entry. last: that entry. unchecked_heads: those that speak of
    entries that are not there, and whose absence was reported or expected. offset, at_ms: as in
    `Chain`.
    """

    def __init__(self, seal: Seal, heads: Iterable[Head] = (), *, whole: bool = True) -> None:
        """heads: of this chain, kept elsewhere, their seals checked. whole: whether it has to
        begin at its first entry; otherwise the first one that is there is believed.
        """
        self._seal: Seal | None = seal
        self._given = seal
        self._heads: dict[int, list[Head]] = {}
        for head in heads:
            self._heads.setdefault(head.head, []).append(head)
        self._whole = whole
        self._missing: dict[int, tuple[int, Place]] = {}
        self.next_index = 0
        self._previous = GENESIS
        self._begun = False
        self._problems: list[Problem] = []
        self.problem_count = self.unchecked_heads = 0
        self.name = ""
        self.records = self.contradictions = self.set_aside = self.files = 0
        self.last: Entry | None = None
        self.at_ms = 0
        self.offset = -1

    def take(self, line: bytes, place: Place) -> None:
        """Check the next line, without its line feed."""
        try:
            entry = parse_entry(line)
        except ChainError as error:
            self._report(place, str(error))
            return
        if not self._begun:
            self._begin(entry, place)
        if entry.file is not UNSET:
            self._enter_file(entry, place)
        if not self._is_sound(line, entry, place):
            # What an altered line says of itself counts for nothing: it stands for the next entry.
            entry = msgspec.structs.replace(entry, index=self.next_index, previous=self._previous)
        if entry.index < self.next_index:
            self._take_again(entry, place)
            return
        self._follow(entry, place)
        self._count(entry)
        self._compare_head(entry, place)

    def finish(self, place: Place) -> list[Problem]:
        """Return all problems by place. place: the last line, where what was cut off is missing."""
        for first, (last, where) in self._missing.items():
            self._report(where, f"{_say_entries(first, last)} missing before this line")
        self._missing.clear()
        end = f"ends with entry {self.next_index - 1}" if self.next_index else "is empty"
        for index, heads in sorted(self._heads.items()):
            if index < self.next_index:
                self.unchecked_heads += len(heads)
                continue
            self._report(
                place,
                f"the chain was cut off: it {end}, and a head says that there was an entry "
                f"{index} ({heads[0].hash[:16]}...)",
            )
        self._heads.clear()
        return sorted(self._problems)

    def _begin(self, entry: Entry, place: Place) -> None:
        self._begun = True
        if entry.file is UNSET:
            self._report(place, "the chain does not begin with the first line of a file")
        if not self._whole:
            self.next_index, self._previous = entry.index, entry.previous
            self.offset, self.at_ms = entry.after_offset, entry.after_ms

    def _enter_file(self, entry: Entry, place: Place) -> None:
        self.files += 1
        name = str(entry.chain)
        if self.name not in ("", name):
            self._report(place, f"the file belongs to chain {name}, not to {self.name}")
        self.name = self.name or name
        if self._given.fits(entry.algorithm, entry.key_id):
            self._seal = self._given
            return
        # Without the right key no line could be checked: said once per file.
        self._seal = None
        self._report(place, f"the file was hashed {say_key(entry.algorithm, self._given)}")

    def _is_sound(self, line: bytes, entry: Entry, place: Place) -> bool:
        if self._seal is None:
            return True
        try:
            check_entry(line, entry, self._seal)
        except ChainError as error:
            self._report(place, f"entry {entry.index}: {error}")
            return False
        return True

    def _follow(self, entry: Entry, place: Place) -> None:
        if entry.index > self.next_index:
            self._missing[self.next_index] = (entry.index - 1, place)
        elif entry.previous != self._previous:
            before = f"entry {entry.index - 1}" if entry.index else "nothing"
            self._report(
                place,
                f"entry {entry.index} does not follow {before} as it stands here: one of "
                "them was replaced, or the chain was written anew from here",
            )
        if entry.offset is not UNSET and int(entry.offset) <= self.offset:
            self._report(place, f"the record at offset {entry.offset} was appended once more")
        self.next_index, self._previous = entry.index + 1, entry.hash

    def _take_again(self, entry: Entry, place: Place) -> None:
        """Judge an entry whose place has passed: moved here, or a copy."""
        for first, (last, where) in list(self._missing.items()):
            if first <= entry.index <= last:
                del self._missing[first]
                if first < entry.index:
                    self._missing[first] = (entry.index - 1, where)
                if entry.index < last:
                    self._missing[entry.index + 1] = (last, where)
                self._report(
                    place, f"entry {entry.index} stands behind entry {self.next_index - 1}"
                )
                self._count(entry)
                return
        self._report(place, f"entry {entry.index} stands here once more")

    def _count(self, entry: Entry) -> None:
        self.last = entry
        self.set_aside += entry.set_aside is not UNSET
        if entry.offset is not UNSET:
            self.records += 1
            self.contradictions += entry.contradicts
            self.at_ms = max(self.at_ms, entry.timestamp_ms)
            self.offset = max(self.offset, int(entry.offset))

    def _compare_head(self, entry: Entry, place: Place) -> None:
        for head in self._heads.pop(entry.index, ()):
            if head.hash != entry.hash:
                self._report(
                    place,
                    f"entry {entry.index} is not the one of which the head speaks "
                    f"({head.hash[:16]}...): the chain was written anew",
                )

    def _report(self, place: Place, what: str) -> None:
        self.problem_count += 1
        if len(self._problems) < MAX_LISTED_PROBLEMS:
            self._problems.append(Problem(place, what))


def _say_entries(first: int, last: int) -> str:
    return f"entry {first} is" if first == last else f"entries {first} to {last} are"
