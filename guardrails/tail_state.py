"""What lanes have in common that keep the end of a stream's text and decide it from the front."""

from __future__ import annotations

from typing import Any, ClassVar, Self


class TailState:
    """decided: offset of the frontier in the tail's text. scanned: characters looked at so far, for
    measuring. tail: the end of the text, as the lane reads it; a subclass says which kind.
    """

    __slots__ = ("decided", "scanned", "tail")
    kind: ClassVar[type[Any]]

    def __init__(self) -> None:
        self.tail = self.kind()
        self.decided = 0
        self.scanned = 0

    @classmethod
    def starting_at(cls, offset: int) -> Self:
        """Begin anew in the middle of a stream: nothing before `offset` is seen."""
        state = cls()
        state.decided = state.tail.base = state.tail.raw_end = offset
        return state

    @classmethod
    def behind(cls, text: str) -> Self:
        """Begin behind a clean text that is known and will be looked at with the next push."""
        state = cls()
        state.tail.append(text)
        return state

    @property
    def frontier(self) -> int:
        """Return the raw offset before which everything is decided."""
        tail, decided = self.tail, self.decided
        return tail.raw(decided) if tail.points else decided
