"""Sentences and paragraphs of a text that is still being written.

A boundary is decided at the first character behind the white space that follows a terminator, from
the text before it alone: no chunk, and nothing that comes later, changes it.

Knows: abbreviations, initials, decimals, ordinals, addresses and file names, list numbers, closing
quotes and brackets, ellipses, the terminators of scripts that put no spaces, Arabic, Indic and
other full stops. A line break ends a sentence, as it does in what models write: headings and items
of lists have no full stop. In a code fence nothing ends but the fence. Text without any end is cut
at a cap.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Any, NamedTuple

from guardrails.abbreviations import (
    BEFORE_NUMBERS,
    BEFORE_ORDINALS,
    NEVER_LAST,
    SOMETIMES_LAST,
)

# 2,000: four times the longest sentence of ordinary prose; a page of text for a check to read.
MAX_WINDOW_CHARS = 2_000
# What is remembered of the text before a terminator: the longest abbreviation, and a word before.
_LEFT_CHARS = 40
# Terminators, closing quotes and brackets in a row that are looked at; more change nothing.
_MAX_RUN = 16

# End a sentence wherever they stand (UAX #29's STerm without those that need a space behind them).
_ALWAYS = frozenset("。．！？｡؟۔।॥։።፧፨။។៕᙮᠃᠉᱿꓿꘎꛳꩝꫰༎")
_MAYBE = frozenset(".!?…‥‼⁇⁈⁉")
_CLOSERS = frozenset("\"'”’»›)]}*_」』）】》〉〕］｝")
_OPENERS = "\"'“‘«‹([{*_¿¡「『（【《〈—–-"
# Behind a full stop and a space these go on with the sentence.
_GO_ON = frozenset(".!?,;:)]}%/\\|=+&–")
# A cut before these would divide what a reader sees as one character.
_JOINERS = "\u200d\ufe0e\ufe0f"
_BREAKS = "\n\r\u2028\u2029\x85\x0b\x0c"
_STOP = re.compile(rf"[{re.escape(''.join(sorted(_ALWAYS | _MAYBE)))}{_BREAKS}]")
_SPACES = re.compile(r"\s+")
_BREAK = re.compile(rf"\r\n|[{_BREAKS}]")
_LETTERS = re.compile(r"(?:[^\W\d_]\.)+[^\W\d_]")
_LIST_MARK = re.compile(r"(?:[-*+>#]+\s+)?[(\[]?(?:\d{1,3}|[A-Za-z]|[ivx]{1,4}|[IVX]{1,4})")
_FENCES = ("```", "~~~")


class Boundary(NamedTuple):
    """Where the next sentence begins: its first code point that is not white space.

    offset: from the start of the stream. paragraph: whether a paragraph ends here, too.
    """

    offset: int
    paragraph: bool


class Segmenter:
    """Finds the boundaries of one text. O(text) in all; remembers some 60 characters of it.

    >>> segmenter = Segmenter()
    >>> segmenter.push("Dr. Who paid 3.50. Then"), segmenter.push(" he left.\\n\\nB")
    ([Boundary(offset=19, paragraph=False)], [Boundary(offset=34, paragraph=True)])
    """

    __slots__ = (
        *("_at", "_began", "_breaks", "_fenced", "_first", "_gap", "_head", "_left", "_limit"),
        *("_max_chars", "_run", "_word_at"),
    )

    def __init__(self, start: int = 0, max_chars: int = MAX_WINDOW_CHARS) -> None:
        """start: where the text begins in its stream. max_chars: the longest sentence."""
        self._max_chars = max_chars
        self._at = start
        # Where the current sentence and its last word began, and where it is cut.
        self._began = start
        self._word_at = start
        self._limit = start + max_chars
        # Whether the sentence is the first of its line, and how the line begins.
        self._first = True
        self._head = ""
        self._fenced = False
        # The text before a terminator; terminators and closing quotes; then white space.
        self._left = ""
        self._run = ""
        self._gap = False
        self._breaks = 0

    def push(self, text: str, *, final: bool = False) -> list[Boundary]:
        """Take the next piece of text; return the boundaries it decides, in order.

        final: nothing follows. The end of the text is no boundary.
        """
        del final
        found: list[Boundary] = []
        at, size = 0, len(text)
        while at < size:
            if self._run or self._gap:
                at = self._go_behind(text, at, found)
                continue
            match = _STOP.search(text, at)
            stop = size if match is None else match.start()
            if stop > at:
                self._read(text[at:stop], found)
            at = stop
            if match is not None and match[0] not in _BREAKS:
                self._run = match[0]
                self._at += 1
                at += 1
            else:
                self._gap = match is not None
        return found

    def _read(self, plain: str, found: list[Boundary]) -> None:
        """Take text in which nothing can end, but what has no end at all."""
        if len(self._head) < 3:
            self._head = (self._head + plain.lstrip())[:3]
            if self._head in _FENCES:
                self._fenced = not self._fenced
        self._left = (self._left + plain)[-_LEFT_CHARS:]
        while self._at + len(plain) > self._limit:
            room = self._limit - self._at
            self._step(plain[:room])
            plain = plain[room:]
            if unicodedata.combining(plain[0]) or plain[0] in _JOINERS:
                # Not within what a reader sees as one character.
                self._limit += 1
                continue
            half = self._began + self._max_chars // 2
            self._end(self._word_at if self._word_at > half else self._at, found)
        self._step(plain)

    def _step(self, plain: str) -> None:
        space = max(plain.rfind(" "), plain.rfind("\t"))
        if space >= 0:
            self._word_at = self._at + space + 1
        self._at += len(plain)

    def _end(self, at: int, found: list[Boundary], *, paragraph: bool = False) -> None:
        found.append(Boundary(at, paragraph))
        self._began = at
        self._limit = at + self._max_chars

    def _go_behind(self, text: str, at: int, found: list[Boundary]) -> int:
        """Take what stands behind a terminator or a line break; return where to go on."""
        spaces = _SPACES.match(text, at)
        if spaces is not None:
            self._gap = True
            self._breaks = min(2, self._breaks + len(_BREAK.findall(spaces[0])))
            self._at += len(spaces[0])
            while self._at > self._limit:
                self._end(self._limit, found)
            return spaces.end()
        character = text[at]
        if not self._gap and (character in _MAYBE or character in _ALWAYS or character in _CLOSERS):
            self._run = (self._run + character)[:_MAX_RUN]
            self._at += 1
            return at + 1
        if self._is_end(character):
            self._end(self._at, found, paragraph=self._breaks > 1)
            self._left = ""
            self._first = self._breaks > 0
        else:
            self._left = (self._left + self._run + " " * self._gap)[-_LEFT_CHARS:]
        if self._gap:
            self._word_at = self._at
        if self._breaks:
            self._head = ""
        self._run, self._gap, self._breaks = "", False, 0
        return self._read_one(text, at, found)

    def _read_one(self, text: str, at: int, found: list[Boundary]) -> int:
        """Take the character that was looked at, unless it ends something itself."""
        if _STOP.match(text, at):
            return at
        self._read(text[at], found)
        return at + 1

    def _is_end(self, following: str) -> bool:
        """Tell whether a sentence has ended before this character, which is no white space."""
        if self._fenced:
            return False
        if self._breaks:
            return True
        if any(character in _ALWAYS for character in self._run):
            return self._gap or following not in _GO_ON
        return (
            self._gap
            and following not in _GO_ON
            and ends(self._left, self._run, following, first=self._first)
        )

    def snapshot(self) -> tuple[Any, ...]:
        """Return the state as immutable primitives."""
        return tuple(getattr(self, name) for name in self.__slots__)

    @classmethod
    def restore(cls, saved: tuple[Any, ...]) -> Segmenter:
        """Continue from a snapshot."""
        segmenter = cls()
        for name, value in zip(cls.__slots__, saved, strict=True):
            setattr(segmenter, name, value)
        return segmenter


def ends(left: str, run: str, following: str, *, first: bool) -> bool:
    """Tell whether a sentence ends with `run`, before a space.

    left: what stands before in the sentence, its last characters. run: terminators and closing
    quotes. following: the first character of what comes. first: the sentence began its line.

    >>> ends("He met Dr", ".", "W", first=True), ends("It is over", ".", "W", first=True)
    (False, True)
    """
    lower = following.islower()
    stops = run.rstrip("".join(_CLOSERS))
    closed = stops != run
    if stops[-1:] in "!?‼⁇⁈⁉":
        return not (lower and closed)
    if stops != ".":
        return not lower
    if first and not closed and _LIST_MARK.fullmatch(left.strip()):
        return False
    words = left.split()
    word = words[-1].lstrip(_OPENERS) if words else ""
    if closed or not word:
        return not lower
    before = words[-2].lower() if len(words) > 1 else ""
    return _ends_word(word, before, following, lower=lower)


def _ends_word(word: str, before: str, following: str, *, lower: bool) -> bool:
    """Tell whether a sentence ends with a word and a full stop."""
    small = word.lower()
    if small in NEVER_LAST:
        return False
    if small in BEFORE_NUMBERS and following.isdigit():
        return False
    if lower:
        # Only a whole word of a text that begins its sentences small.
        return len(word) > 1 and word.isalpha() and word.islower() and not _shortens(word)
    if small in SOMETIMES_LAST:
        return not (following.isdigit() or following in _OPENERS)
    if len(word) == 1 and word.isalpha():
        return not word.isupper() or (word == "I" and before.islower())
    if _LETTERS.fullmatch(word):
        return False
    if word.isdecimal() and len(word) <= 2 and following.isupper():
        return before not in BEFORE_ORDINALS
    return True


def _shortens(word: str) -> bool:
    """Tell whether a word in small letters may be shortened: known, or without a vowel."""
    if word in SOMETIMES_LAST or word in BEFORE_NUMBERS:
        return True
    return word.isascii() and not any(letter in "aeiouy" for letter in word)
