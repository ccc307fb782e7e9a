"""Arithmetic that several authorities' numbers share, beside what python-stdnum knows.

Also dates in numbers: python-stdnum compares some of them with today's, and what a text contains
must not depend on the day it is read.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from guardrails.checksums import digits_of


def weigh(text: str, weights: Iterable[int]) -> int:
    """Add up digits and letters (A is 10) by their weights, as far as both go.

    >>> weigh("B2", (7, 3))
    83
    """
    return sum(int(one, 36) * weight for one, weight in zip(text, weights, strict=False))


def travel_document(text: str) -> bool:
    """Tell whether a number ends in the check digit of ICAO Doc 9303, part 3, 4.9.

    >>> travel_document("L898902C36"), travel_document("L898902C37")
    (True, False)
    """
    return weigh(text[:-1], (7, 3, 1) * len(text)) % 10 == int(text[-1], 36)


def is_date(year: str, month: str, day: str) -> bool:
    """Tell whether digits are a day; a year of two digits is of any century.

    >>> is_date("00", "02", "29"), is_date("1999", "02", "29")
    (True, False)
    """
    try:
        date(int(year) if len(year) == 4 else 2000 + int(year), int(month), int(day))
    except ValueError:
        return False
    return True


def starts_with_date(text: str) -> bool:
    """Tell whether the digits of a text begin with a day, its year first and in two digits.

    >>> starts_with_date("850229-1234")
    False
    """
    found = digits_of(text)
    return is_date(found[:2], found[2:4], found[4:6])
