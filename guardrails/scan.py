"""What a guardrail follows a stream with that neither an expression nor a list can say.

A scanner is asked character by character, in order, and keeps a state of its own, of bounded size.
What it sees is the clean text of the stream, not folded: offsets are the stream's.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from guardrails.rule import Rule

# Where a finding stands, one character long, and the text that an allow list is asked about.
Sighting = tuple[int, str]


class Scan(Protocol):
    """One stream under a scanner.

    frontier: what starts before it is decided; a sighting is returned when it is behind its start.
    """

    frontier: int

    def push(self, text: str, *, final: bool) -> Sequence[Sighting]:
        """Take the next chunk; return what is now decided. The same however the text is cut."""

    def snapshot(self) -> tuple[object, ...]:
        """Return the state as immutable primitives."""


class Scanner(Protocol):
    """What a rule looks for; immutable, its `repr` says all of it. max_hold: code points that wait
    at most.
    """

    @property
    def max_hold(self) -> int:
        """Return how many code points may wait."""

    def begin(self, offset: int) -> Scan:
        """Begin at an offset of a stream: nothing before it is seen."""

    def resume(self, saved: tuple[Any, ...]) -> Scan:
        """Continue from a snapshot."""


class ScanRule(Rule, frozen=True, kw_only=True):
    """A rule that follows the stream with a state of its own.

    A finding says from which character on a text is wrong, not how far: a redaction would have no
    end, so it is a block. check is asked about the text of a sighting; bounds and context are not.
    """

    expression: str = ""
    scanner: Scanner
