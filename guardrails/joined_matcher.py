"""Expressions, phrases and scanners in one stream, under one frontier."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any, ClassVar, Protocol, Self

import msgspec

from guardrails.collector import paused
from guardrails.matcher import Match, Matcher, MatchState
from guardrails.phrase_matcher import PhraseMatcher, PhraseState
from guardrails.phrases import PhraseRule
from guardrails.rule import Rule
from guardrails.scan_matcher import ScanMatcher, ScanState, scan_rules


class LaneState(Protocol):
    """What one stream's matching needs to go on: a `MatchState`, or one like it."""

    @classmethod
    def starting_at(cls, offset: int) -> Self:
        """Begin anew in the middle of a stream."""

    @classmethod
    def behind(cls, text: str) -> Self:
        """Begin behind a known text that will be looked at with the next push."""

    @property
    def frontier(self) -> int:
        """Return the raw offset before which everything is decided."""

    @property
    def scanned(self) -> int:
        """Return how many characters were looked at so far."""

    def hurry(self) -> None:
        """Let the next push decide what it can, also in a long hold it would look at later."""

    def snapshot(self) -> tuple[object, ...]:
        """Return the state as immutable primitives."""

    @classmethod
    def restore(cls, saved: tuple[Any, ...]) -> Self:
        """Continue from a snapshot."""


class LaneMatcher(Protocol):
    """A compiled set of rules: a `Matcher`, or one like it."""

    max_width: int

    def push(self, state: Any, text: str, *, final: bool = False) -> Sequence[Match]:
        """Take the next chunk of clean text; return the matches that are now decided."""


class JoinedState:
    """What one stream's matching needs to go on, in several lanes; see `joined_state`.

    waiting: matches that one lane has decided and another has not come to.
    """

    __slots__ = ("lanes", "waiting")
    kinds: ClassVar[tuple[type[LaneState], ...]] = ()

    def __init__(self) -> None:
        self.lanes: list[LaneState] = [kind() for kind in self.kinds]
        self.waiting: list[Match] = []

    @classmethod
    def starting_at(cls, offset: int) -> Self:
        """Begin anew in the middle of a stream: nothing before `offset` is seen."""
        state = cls()
        state.lanes = [kind.starting_at(offset) for kind in cls.kinds]
        return state

    @classmethod
    def behind(cls, text: str) -> Self:
        """Begin behind a clean text that is known and will be looked at with the next push."""
        state = cls()
        state.lanes = [kind.behind(text) for kind in cls.kinds]
        return state

    @property
    def frontier(self) -> int:
        """Return the raw offset before which every lane has decided everything."""
        lowest = self.lanes[0].frontier
        for lane in self.lanes[1:]:
            if (frontier := lane.frontier) < lowest:
                lowest = frontier
        return lowest

    @property
    def scanned(self) -> int:
        """Return how many characters were looked at so far."""
        return sum(lane.scanned for lane in self.lanes)

    def hurry(self) -> None:
        """Let the next push decide what it can, also in a long hold it would look at later."""
        for lane in self.lanes:
            lane.hurry()

    def snapshot(self) -> tuple[object, ...]:
        """Return the state as immutable primitives."""
        waiting = tuple(msgspec.structs.astuple(match) for match in self.waiting)
        return (*(lane.snapshot() for lane in self.lanes), waiting)

    @classmethod
    def restore(cls, saved: tuple[Any, ...]) -> Self:
        """Continue from a snapshot."""
        state = cls()
        *lanes, waiting = saved
        state.lanes = [kind.restore(lane) for kind, lane in zip(cls.kinds, lanes, strict=True)]
        state.waiting = [Match(*match) for match in waiting]
        return state


@cache
def joined_state(kinds: tuple[type[LaneState], ...]) -> type[JoinedState]:
    """Return the state of a stream in lanes of these kinds."""
    return type("JoinedState", (JoinedState,), {"__slots__": (), "kinds": kinds})


class JoinedMatcher:
    """Rules of several kinds. A match is decided when every lane has come beyond its start."""

    def __init__(self, lanes: Sequence[tuple[LaneMatcher, Sequence[int] | None]]) -> None:
        """lanes: each with the numbers its rules have among all; None: its matches bear them."""
        self._lanes = [(lane.push, numbers) for lane, numbers in lanes]
        self.max_width = max(lane.max_width for lane, _ in lanes)

    def push(self, state: JoinedState, text: str, *, final: bool = False) -> Sequence[Match]:
        """Take the next chunk of clean text; return the matches that are now decided, by offset."""
        found = state.waiting
        for (push, numbers), lane in zip(self._lanes, state.lanes, strict=False):
            if matched := push(lane, text, final=final):
                found = [*found, *(_number(matched, numbers) if numbers else matched)]
        if not found:
            return ()
        found.sort(key=lambda match: (match.start, match.end, match.rule))
        frontier = state.frontier
        state.waiting = [match for match in found if match.start >= frontier]
        return [match for match in found if match.start < frontier]


def _number(matched: Sequence[Match], numbers: Sequence[int]) -> list[Match]:
    return [msgspec.structs.replace(match, rule=numbers[match.rule]) for match in matched]


def phrase_rules(rules: Sequence[Rule]) -> dict[int, PhraseRule]:
    """Return the rules that are made of phrases, by their numbers."""
    return {number: rule for number, rule in enumerate(rules) if isinstance(rule, PhraseRule)}


def compile_rules(rules: Sequence[Rule]) -> tuple[LaneMatcher, type[LaneState]]:
    """Return the matcher a set of rules needs, and the state of a stream under it.

    A match's `rule` is the rule's place among `rules`. Raises RuleError naming the rule that cannot
    be compiled.
    """
    with paused():
        return _compile(rules)


def _compile(rules: Sequence[Rule]) -> tuple[LaneMatcher, type[LaneState]]:
    phrases, scans = phrase_rules(rules), scan_rules(rules)
    numbers = [number for number in range(len(rules)) if number not in {*phrases, *scans}]
    if len(numbers) == len(rules):
        return Matcher(rules), MatchState
    lanes: list[tuple[LaneMatcher, type[LaneState], Sequence[int] | None]] = []
    if numbers:
        lanes.append((Matcher([rules[number] for number in numbers]), MatchState, numbers))
    if phrases:
        lanes.append((PhraseMatcher(phrases), PhraseState, None))
    lanes += [(ScanMatcher(number, rule), ScanState, None) for number, rule in scans.items()]
    if len(lanes) == 1:
        return lanes[0][0], lanes[0][1]
    kinds = tuple(kind for _, kind, _ in lanes)
    return JoinedMatcher([(lane, own) for lane, _, own in lanes]), joined_state(kinds)
