"""How far a sentence and a paragraph have come, and where they are cut when they do not end."""

from __future__ import annotations

from typing import Any, NamedTuple

from guardrails.graphemes import MAX_MARKS, divides


class Boundary(NamedTuple):
    """Where the next sentence begins: its first code point that is not white space. Only a cut
    within white space that is longer than a sentence may be has a space behind it.

    offset: from the start of the stream. paragraph: whether a paragraph ends here, too.
    """

    offset: int
    paragraph: bool


class Extent:
    """The sentence that is being read. Its methods append the cuts they make to `found`.

    at: how far the text has been read. half: before it, a sentence needs no look at its cap.
    """

    __slots__ = ("_began", "_limit", "_max_chars", "_paragraph_at", "_word_at", "at", "half")

    def __init__(self, start: int, max_chars: int) -> None:
        self._max_chars = max_chars
        self.at = start
        self._began = self._paragraph_at = self._word_at = start
        self._limit = start + max_chars
        self.half = start + max_chars // 2

    def end(self, at: int, found: list[Boundary], *, paragraph: bool = False) -> None:
        """End the sentence here, which has been read or is being read."""
        # A text without blank lines has paragraphs, too: one of them may be held back as a whole.
        paragraph = paragraph or at - self._paragraph_at >= self._max_chars
        found.append(Boundary(at, paragraph))
        self._began = at
        self._limit = at + self._max_chars
        self.half = at + self._max_chars // 2
        if paragraph:
            self._paragraph_at = at

    def begin_word(self) -> None:
        """Note that a word begins here."""
        self._word_at = self.at

    def take(self, plain: str, before: str, found: list[Boundary]) -> None:
        """Read on in a sentence behind its half. before: the character before `plain`."""
        start = 0
        while self.at + len(plain) - start > self._limit:
            stop = start + max(0, self._limit - self.at)
            self._read(plain[start:stop], before)
            start, before = stop, plain[stop - 1 : stop] if stop else before
            whole = divides(before, plain[start]) or plain[start].isspace()
            if whole and self._stretches():
                self._limit += 1
            else:
                self.end(self._word_at if self._word_at > self.half else self.at, found)
        self._read(plain[start:], before)

    def take_mark(self, mark: str, before: str, found: list[Boundary]) -> None:
        """Read a terminator, or what belongs to it."""
        if self.at >= self._limit:
            if divides(before, mark) and self._stretches():
                self._limit += 1
            else:
                self.end(self.at, found)
        self.at += 1

    def take_spaces(self, spaces: str, before: str, found: list[Boundary]) -> None:
        """Read white space. before: white space right before it, if any."""
        while self.at + len(spaces) > self._limit:
            room = max(0, self._limit - self.at)
            if (spaces[room - 1] if room else before) + spaces[room] == "\r\n":
                self._limit += 1
            else:
                self.end(self.at + room, found)
        self.at += len(spaces)

    def _stretches(self) -> bool:
        """Tell whether the cap may be moved, so as not to divide what belongs together."""
        return self._limit < self._began + self._max_chars + MAX_MARKS

    def _read(self, plain: str, before: str) -> None:
        joined = before + plain
        words = joined.rstrip()
        space = max(words.rfind(" "), words.rfind("\t"), words.rfind("\u3000"))
        self.at += len(plain)
        if space >= 0:
            self._word_at = self.at - len(joined) + space + 1

    def snapshot(self) -> tuple[Any, ...]:
        """Return the state as immutable primitives."""
        return tuple(getattr(self, name) for name in self.__slots__)

    @classmethod
    def restore(cls, saved: tuple[Any, ...]) -> Extent:
        """Continue from a snapshot."""
        extent = cls(0, 0)
        for name, value in zip(cls.__slots__, saved, strict=True):
            setattr(extent, name, value)
        return extent
