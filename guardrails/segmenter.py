"""Sentences and paragraphs of a text that is still being written.

A boundary is decided at the first character behind a terminator and its white space, or, where an
abbreviation leaves it open, at the end of the word that begins there. It depends on the text alone:
no cut between chunks, and nothing that comes later, changes it.

A line break ends a sentence: headings and items of lists have no full stop. In a code fence blank
lines do, and nothing else. Text without any end is cut at a cap.
"""

from __future__ import annotations

import re
from typing import Any

from guardrails.extent import Boundary, Extent
from guardrails.fence import MAX_FENCE_CHARS, after_line
from guardrails.graphemes import joins
from guardrails.sentence_end import Following, ends
from guardrails.terminators import (
    APOSTROPHES,
    EMOJI,
    GOES_ON,
    TERMINATORS,
    ends_without_space,
    goes_with,
)

__all__ = ["MAX_WINDOW_CHARS", "Boundary", "Segmenter"]

# 2,000: four times the longest sentence of ordinary prose; a page of text for a check to read.
MAX_WINDOW_CHARS = 2_000
# What is remembered of the text before a terminator: the longest abbreviation, and a word before.
_LEFT_CHARS = 40
# Terminators, closing quotes and brackets in a row that are looked at; more change nothing.
_MAX_RUN = 16
# Longer than the words that matter.
_MAX_WORD = 14
# A line that is shorter was not broken because it was full (e-mail wraps at 72).
_FULL_LINE_CHARS = 40

_BREAKS = "\n\r\u2028\u2029\x85\x0b\x0c"
_BREAK = re.compile(rf"\r\n|[{_BREAKS}]")
_IN_CODE = re.compile(rf"[{_BREAKS}]")
_STOP = re.compile(
    rf"[{re.escape(''.join(sorted(TERMINATORS)))}{EMOJI.pattern[1:-1]}{_BREAKS}\"《》]"
)
_SPACES = re.compile(r"\s+")
_WORD = re.compile(r"[^\W\d_]+")
# Quotes that may open or close where they stand between spaces.
_QUOTES = "\"'’”»›"
_DASHES = "-–—"
_UNDECIDED = _QUOTES + _DASHES
# They tell an initial or an elided article from a word.
_WORD_MARKS = (".", *APOSTROPHES)


class Segmenter:
    r"""Finds the boundaries of one text. O(text) in all; remembers some 100 characters of it.

    >>> segmenter = Segmenter()
    >>> segmenter.push("Dr. Who paid 3.50. Then"), segmenter.push(" he left.\n\nB")
    ([Boundary(offset=19, paragraph=False)], [Boundary(offset=34, paragraph=True)])
    """

    __slots__ = (
        *("_behind", "_breaks", "_extent", "_fence", "_gap", "_left", "_line", "_line_at"),
        *("_next", "_quoted", "_run", "_small", "_titled"),
    )

    def __init__(self, start: int = 0, max_chars: int = MAX_WINDOW_CHARS) -> None:
        """start: where the text begins in its stream. max_chars: the longest sentence; a paragraph
        ends with the sentence that makes it as long.
        """
        self._extent = Extent(start, max_chars)
        # The sentence so far, its last characters, and whether it began with a small letter.
        self._left = ""
        self._small = False
        # An open quote; an open title of a book, in which nothing ends.
        self._quoted = False
        self._titled = False
        # Where the line began; what it says, where it may be a fence; the fence that is open.
        self._line_at = start
        self._line: str | None = None
        self._fence = ""
        # Behind a terminator, or a line break: terminators and closing quotes; the last white space
        # and how many lines it broke; the word behind it, as far as it is known.
        self._behind = True
        self._run = ""
        self._gap = "\n"
        self._breaks = 1
        self._next = ""

    def push(self, text: str, *, final: bool = False) -> list[Boundary]:
        """Take the next piece of text; return the boundaries it decides, in order.

        final: nothing follows. The end of the text itself is no boundary.
        """
        found: list[Boundary] = []
        at, size, extent = 0, len(text), self._extent
        plain = not self._behind and self._line is None and extent.at + size <= extent.half
        if plain and (_IN_CODE if self._fence else _STOP).search(text) is None:
            # Most chunks: nothing ends in them. The same as below, with fewer calls.
            extent.at += size
            self._left = (self._left + text)[-_LEFT_CHARS:]
            return found
        while at < size:
            at = (self._look_behind if self._behind else self._read)(text, at, found)
        if final and self._next and self._next[0] not in _UNDECIDED:
            self._settle(Following(self._next[0], self._next), found)
        return found

    def _read(self, text: str, at: int, found: list[Boundary]) -> int:
        """Take text within a sentence, up to what may end it; return where to go on."""
        match = (_IN_CODE if self._fence else _STOP).search(text, at)
        if match is None:
            self._take(text[at:] if at else text, found)
            return len(text)
        stop = match.start()
        if stop > at:
            self._take(text[at:stop], found)
        mark = text[stop]
        if mark in _BREAKS:
            self._behind = True
            return stop
        if mark in '"《》' or self._titled:
            self._quoted ^= mark == '"'
            self._titled = mark != "》" and (mark == "《" or self._titled)
            self._take(mark, found)
        else:
            self._behind = True
            self._grow(mark, found)
        return stop + 1

    def _take(self, plain: str, found: list[Boundary]) -> None:
        """Take text in which nothing ends, but a sentence that has no end."""
        if self._line is not None:
            self._line = (self._line + plain)[:MAX_FENCE_CHARS]
        if self._extent.at + len(plain) > self._extent.half:
            self._extent.take(plain, self._left[-1:], found)
        else:
            self._extent.at += len(plain)
        self._left = (self._left + plain)[-_LEFT_CHARS:]

    def _grow(self, mark: str, found: list[Boundary]) -> None:
        """Take one more of the terminators and closing quotes."""
        self._extent.take_mark(mark, (self._run or self._left)[-1:], found)
        if len(self._run) < _MAX_RUN:
            self._run += mark
        self._quoted ^= mark == '"'
        self._gap = ""

    def _look_behind(self, text: str, at: int, found: list[Boundary]) -> int:
        """Take what stands behind a terminator or a line break; return where to go on."""
        if self._next:
            return self._look_on(text, at, found)
        spaces = _SPACES.match(text, at)
        if spaces is not None:
            self._pass(spaces[0], found)
            return spaces.end()
        mark = text[at]
        in_line = self._run and not self._breaks
        if in_line and goes_with(mark, self._run, spaced=bool(self._gap), quoted=self._quoted):
            self._grow(mark, found)
            return at + 1
        is_end = self._is_end(Following(mark))
        if is_end is None or (in_line and self._gap and mark in _UNDECIDED):
            self._next = mark
            return at + 1
        self._resolve(mark, found, is_end=is_end)
        return at

    def _pass(self, spaces: str, found: list[Boundary]) -> None:
        """Take white space."""
        breaks = len(_BREAK.findall(spaces))
        if breaks and not self._breaks:
            if self._line is not None:
                self._fence = after_line(self._line, self._fence)
            self._line = None
            self._quoted = self._titled = False
        if self._gap == "\r" and spaces[0] == "\n":
            breaks -= 1
        self._breaks = min(2, self._breaks + breaks)
        self._extent.take_spaces(spaces, self._gap, found)
        self._gap = spaces[-1]

    def _is_end(self, following: Following) -> bool | None:
        """Tell whether a sentence has ended here; None if that depends on the word that follows."""
        first = following.first
        if joins(first) or not (self._run or self._left.strip()):
            return False
        if self._fence:
            return self._breaks > 1 and first != self._fence[0]
        if self._breaks:
            full = self._extent.at - self._line_at > _FULL_LINE_CHARS
            return self._breaks > 1 or bool(self._run) or not (full and first.islower())
        if first in GOES_ON:
            return False
        if not self._gap and not ends_without_space(self._run, self._left[-1:], first):
            return False
        return ends(self._left, self._run, following, small=self._small)

    def _resolve(self, first: str, found: list[Boundary], *, is_end: bool) -> None:
        """Go on with the sentence, or with the next one, which begins with this character."""
        if is_end:
            paragraph = self._breaks > 1 and not self._fence
            self._extent.end(self._extent.at, found, paragraph=paragraph)
        if is_end or not self._left.strip():
            self._small = first.islower()
        self._left += self._run + " " * bool(self._gap)
        self._left = "" if is_end else self._left[-_LEFT_CHARS:]
        if self._gap:
            self._extent.begin_word()
        if self._breaks:
            self._line_at = self._extent.at
            self._line = "" if first in "`~" else None
        self._behind = False
        self._run, self._gap, self._breaks = "", "", 0

    def _look_on(self, text: str, at: int, found: list[Boundary]) -> int:
        """Take more of the word, or of what stands behind the quote, that decides."""
        if self._next[0] in _DASHES:
            return self._look_past_dash(text, at, found)
        if self._next in _QUOTES:
            if text[at].isspace() and (self._next != '"' or self._quoted):
                mark, self._next = self._next, ""
                self._grow(mark, found)
            else:
                self._settle(Following(self._next[0]), found)
            return at
        size = len(text)
        match = _WORD.match(text, at, at + _MAX_WORD - len(self._next))
        if match is not None:
            self._next += match[0]
            at = match.end()
        if len(self._next) >= _MAX_WORD:
            self._settle(Following(self._next[0], self._next), found)
        elif at < size:
            mark = text[at] if text[at] in _WORD_MARKS else ""
            self._settle(Following(self._next[0], self._next, mark), found)
        return at

    def _look_past_dash(self, text: str, at: int, found: list[Boundary]) -> int:
        """Take dashes and spaces; a small letter behind them goes on: "Really? – he asked"."""
        mark = text[at]
        if mark in _DASHES + " " and len(self._next) < _MAX_WORD:
            self._next += mark
            return at + 1
        if mark.islower():
            plain, self._next = self._next, ""
            self._resolve(plain[0], found, is_end=False)
            self._take(plain, found)
        else:
            self._settle(Following(self._next[0]), found)
        return at

    def _settle(self, following: Following, found: list[Boundary]) -> None:
        """Decide, now that what follows is known."""
        plain, self._next = self._next, ""
        self._resolve(plain[0], found, is_end=bool(self._is_end(following)))
        self._quoted ^= plain == '"'
        self._take(plain, found)

    def snapshot(self) -> tuple[Any, ...]:
        """Return the state as immutable primitives."""
        own = (getattr(self, name) for name in self.__slots__ if name != "_extent")
        return (*self._extent.snapshot(), *own)

    @classmethod
    def restore(cls, saved: tuple[Any, ...]) -> Segmenter:
        """Continue from a snapshot."""
        segmenter = cls()
        size = len(Extent.__slots__)
        segmenter._extent = Extent.restore(saved[:size])
        own = [name for name in cls.__slots__ if name != "_extent"]
        for name, value in zip(own, saved[size:], strict=True):
            setattr(segmenter, name, value)
        return segmenter
