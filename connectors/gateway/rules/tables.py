"""How text is folded, as tables that JavaScript reads: written from the folding itself.

Part of every bundle, so that a client folds by the Unicode version of the server that judges, and
not by that of its browser.

An entry `[first, last, text]` says that each code point of the range is read as `text`; with a
fourth value, 1, that the first one is read as `text`, the next one as the code point behind it, and
so on. What no entry names is read as it is.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

from guardrails.fold import MAX_INVISIBLE_RUN, REPLACEMENT, fold
from guardrails.phrase_tail import MAX_SPACES
from guardrails.phrases import LEETSPEAK, coarse, even, is_spaced
from guardrails.tree import LAST_CODE_POINT

Entry = tuple[int, int, str] | tuple[int, int, str, int]
# Unassigned code points mean nothing to any table but in blocks of marks, all of which are here:
# the first two planes, and the tags and variation selectors of plane 14.
_BLOCKS_OF_MARKS = (range(0x20000), range(0xE0000, 0xE1000))


@cache
def folding() -> dict[str, Any]:
    """Return what every rule's text needs."""
    return {
        "unicode": unicodedata.unidata_version,
        "replacement": REPLACEMENT,
        "max_invisible_run": MAX_INVISIBLE_RUN,
        "fold": list(_entries(fold)),
    }


@cache
def phrase_reading() -> dict[str, Any]:
    """Return what phrases need beside it: the one form of all cases and look-alikes, which
    characters are part of spaced words, as ranges, and what stands for what in leetspeak.
    """
    return {
        "max_spaces": MAX_SPACES,
        "even": list(_entries(even)),
        "spaced": list(_ranges(is_spaced)),
        "leetspeak": dict(sorted(LEETSPEAK.items())),
        "coarse": {sign: coarse(sign) for sign in sorted({*LEETSPEAK, "l"})},
    }


@cache
def _readable() -> tuple[str, ...]:
    """Return every character that a table may read as another one."""
    return tuple(filter(_is_readable, map(chr, range(LAST_CODE_POINT + 1))))


def _is_readable(character: str) -> bool:
    category = unicodedata.category(character)
    if category == "Cn":
        return any(ord(character) in block for block in _BLOCKS_OF_MARKS)
    return category not in ("Co", "Cs")


def _entries(read: Callable[[str], str]) -> Iterator[Entry]:
    """Yield the entries of a table, by code point."""
    first = last = -1
    # How far each text is ahead of its code point; None: all are the same text.
    text, ahead = "", None
    for character in _readable():
        found = read(character)
        if found == character:
            continue
        code_point = ord(character)
        own_ahead = ord(found) - code_point if len(found) == 1 else None
        if code_point == last + 1 and found == text and (ahead is None or first == last):
            last, ahead = code_point, None
        elif code_point == last + 1 and own_ahead is not None and own_ahead == ahead:
            last = code_point
        else:
            if first >= 0:
                yield _entry(first, last, text, ahead)
            first, last, text, ahead = code_point, code_point, found, own_ahead
    if first >= 0:
        yield _entry(first, last, text, ahead)


def _entry(first: int, last: int, text: str, ahead: int | None) -> Entry:
    return (first, last, text) if ahead is None or first == last else (first, last, text, 1)


def _ranges(holds: Callable[[str], bool]) -> Iterator[tuple[int, int]]:
    """Yield the ranges of code points of which something holds."""
    first = last = -1
    for character in _readable():
        if not holds(character):
            continue
        code_point = ord(character)
        if code_point != last + 1:
            if first >= 0:
                yield first, last
            first = code_point
        last = code_point
    if first >= 0:
        yield first, last


def read_entries(entries: list[Entry]) -> dict[str, str]:
    """Return a table as it is meant, as JavaScript does.

    >>> read_entries([(0xFF21, 0xFF22, "A", 1), (0xAD, 0xAD, "")])
    {'Ａ': 'A', 'Ｂ': 'B', '\\xad': ''}
    """
    table = {}
    for first, last, text, *step in entries:
        for code_point in range(first, last + 1):
            table[chr(code_point)] = chr(ord(text) + code_point - first) if step else text
    return table
