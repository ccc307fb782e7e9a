"""Check digits and other arithmetic that tells a real number from one that looks like it.

Pure functions over folded text. Separators are skipped: only ASCII letters and digits count.
"""

from __future__ import annotations

from collections import Counter
from math import log2

_DOUBLED = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)


def digits_of(text: str) -> str:
    """Return the ASCII digits of a text.

    >>> digits_of("+1 (415) 555-0132")
    '14155550132'
    """
    return "".join([character for character in text if "0" <= character <= "9"])


def luhn(text: str) -> bool:
    """Tell whether the digits of a text end in their Luhn check digit (ISO/IEC 7812-1, annex B).

    >>> luhn("4111 1111 1111 1111"), luhn("4111 1111 1111 1112")
    (True, False)
    """
    total = 0
    for place, digit in enumerate(reversed(digits_of(text))):
        total += _DOUBLED[int(digit)] if place & 1 else int(digit)
    return total % 10 == 0


def mod97(text: str) -> bool:
    """Tell whether an IBAN's check digits hold (ISO 13616, ISO/IEC 7064 MOD 97-10).

    >>> mod97("GB82 WEST 1234 5698 7654 32"), mod97("GB82 WEST 1234 5698 7654 33")
    (True, False)
    """
    characters = [c for c in text.upper() if c.isascii() and c.isalnum()]
    moved = characters[4:] + characters[:4]
    return int("".join(str(int(c, 36)) for c in moved) or "0") % 97 == 1


def entropy(text: str) -> float:
    """Return Shannon's entropy of a text in bits per character.

    >>> entropy("aaaa"), entropy("abcd")
    (0.0, 2.0)
    """
    size = len(text)
    return sum(-count / size * log2(count / size) for count in Counter(text).values())
