"""What belongs to the character before it, as a reader sees characters."""

from __future__ import annotations

import unicodedata

# Zero-width non-joiner and joiner: what they join is no place for a cut, on either side.
JOINERS = "\u200c\u200d"
# 30: the most that Unicode's stream-safe text format (UAX #15) allows in a row; more is no writing.
MAX_MARKS = 30


def joins(character: str) -> bool:
    """Tell whether a character is one with what stands before it (UAX #29's Extend, spacing marks).

    >>> joins("\u0301"), joins("\ufe0f"), joins("\U0001f3fd"), joins("e")
    (True, True, True, False)
    """
    if character < "\u0300":
        return False
    return (
        unicodedata.category(character)[0] == "M"
        or character in JOINERS
        or "\U0001f3fb" <= character <= "\U0001f3ff"
        or "\U000e0020" <= character <= "\U000e007f"
        # Vowels and final consonants of Hangul that is written in parts.
        or "\u1160" <= character <= "\u11ff"
    )


def divides(before: str, after: str) -> bool:
    """Tell whether a cut between two characters would divide what a reader sees as one.

    Flags are pairs of letters; where the pairs begin is not known, so nothing is cut between them.
    """
    both_flags = before[-1:] >= "\U0001f1e6" and before[-1:] <= "\U0001f1ff"
    return (
        joins(after)
        or before[-1:] == "\u200d"
        or (both_flags and "\U0001f1e6" <= after <= "\U0001f1ff")
        or before[-1:] + after == "\r\n"
    )
