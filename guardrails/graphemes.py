"""What a reader sees as one character (UAX #29, grapheme clusters), for cuts between words.

Told from the two characters at a cut; where that is not enough, nothing is divided.
"""

from __future__ import annotations

import unicodedata

# 30: the most that Unicode's stream-safe text format (UAX #15) allows in a row; more is no writing.
MAX_MARKS = 30
# What is no mark by its category: joiners, modifiers of emoji, tags, Thai and Lao AM, marks of half
# width, vowels and final consonants of Hangul that is written in parts.
_JOINING = (
    *(("\u200c", "\u200d"), ("\U0001f3fb", "\U0001f3ff"), ("\U000e0020", "\U000e007f")),
    *(("\u0e33", "\u0e33"), ("\u0eb3", "\u0eb3"), ("\uff9e", "\uff9f")),
    *(("\u1160", "\u11ff"), ("\ud7b0", "\ud7fb")),
)
# What goes with the character behind it: number signs of Arabic and Syriac.
_PREPENDED = "\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2"
_VIRAMA = 9


def joins(character: str) -> bool:
    r"""Tell whether a character is one with what stands before it.

    >>> joins("\u0301"), joins("\ufe0f"), joins("\U0001f3fd"), joins("e")
    (True, True, True, False)
    """
    if character < "\u0300":
        return False
    return unicodedata.category(character)[0] == "M" or any(
        low <= character <= high for low, high in _JOINING
    )


def divides(before: str, after: str) -> bool:
    r"""Tell whether a cut would divide what a reader sees as one.

    before: the text on the left, or its end. after: the character on the right.

    >>> divides("\r", "\n"), divides("\U0001f1e9", "\U0001f1ea"), divides("a", "b")
    (True, True, False)
    """
    last = before[-1:]
    if last < "\u0300" and after < "\u0300":
        return last + after == "\r\n"
    return bool(last) and (
        joins(after)
        or last == "\u200d"
        or last in _PREPENDED
        # Flags are pairs of letters; where the pairs begin cannot be seen here.
        or (_is_flag(last) and _is_flag(after))
        or ("\u1100" <= last <= "\u115f" and _is_hangul(after))
        or (unicodedata.combining(last) == _VIRAMA and after.isalpha())
    )


def _is_flag(character: str) -> bool:
    return "\U0001f1e6" <= character <= "\U0001f1ff"


def _is_hangul(character: str) -> bool:
    return "\u1100" <= character <= "\u115f" or "\uac00" <= character <= "\ud7a3"
