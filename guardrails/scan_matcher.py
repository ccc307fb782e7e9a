"""A scanner in a stream, as the engine sees every kind of rule: pushed, asked how far, saved."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from guardrails.matcher import Match
from guardrails.scan import Scan, ScanRule


class ScanState:
    """What one stream's scan needs to go on.

    A state does not know its rule. So what it begins or goes on with waits for the first push: text
    that is known and was not looked at (unread), and the scan as it was saved.
    """

    __slots__ = ("frontier", "saved", "scan", "scanned", "unread")

    def __init__(self) -> None:
        self.frontier = 0
        self.saved: tuple[Any, ...] | None = None
        self.scan: Scan | None = None
        self.scanned = 0
        self.unread = ""

    @classmethod
    def starting_at(cls, offset: int) -> ScanState:
        """Begin anew in the middle of a stream: nothing before `offset` is seen."""
        state = cls()
        state.frontier = offset
        return state

    @classmethod
    def behind(cls, text: str) -> ScanState:
        """Begin behind a clean text that is known and will be looked at with the next push."""
        state = cls()
        state.unread = text
        return state

    def hurry(self) -> None:
        """See `MatchState.hurry`: a scan decides what it can with every push."""

    def snapshot(self) -> tuple[object, ...]:
        """Return the state as immutable primitives."""
        saved = self.saved if self.scan is None else self.scan.snapshot()
        return (self.frontier, self.scanned, self.unread, saved)

    @classmethod
    def restore(cls, saved: tuple[Any, ...]) -> ScanState:
        """Continue from a snapshot."""
        state = cls()
        state.frontier, state.scanned, state.unread, state.saved = saved
        return state


class ScanMatcher:
    """One rule with a scanner. Immutable and shared by all streams of a policy version."""

    def __init__(self, number: int, rule: ScanRule) -> None:
        """number: what its matches bear as their rule."""
        self._number = number
        self._check = rule.check
        self._scanner = rule.scanner
        self.max_width = rule.scanner.max_hold

    def push(self, state: ScanState, text: str, *, final: bool = False) -> Sequence[Match]:
        """Take the next chunk of clean text; return the matches that are now decided.

        final: no text follows; everything is decided. O(chunk), as the scanner promises.
        """
        scan = state.scan
        if scan is None:
            scan = state.scan = self._open(state)
            text, state.unread = state.unread + text, ""
        state.scanned += len(text)
        sightings = scan.push(text, final=final)
        state.frontier = scan.frontier
        if not sightings:
            return ()
        check = self._check
        return [
            Match(self._number, at, at + 1, seen, capped=True)
            for at, seen in sightings
            if check is None or check(seen)
        ]

    def _open(self, state: ScanState) -> Scan:
        if state.saved is None:
            return self._scanner.begin(state.frontier)
        return self._scanner.resume(state.saved)


def scan_rules(rules: Sequence[object]) -> dict[int, ScanRule]:
    """Return the rules that scan, by their numbers."""
    return {number: rule for number, rule in enumerate(rules) if isinstance(rule, ScanRule)}
