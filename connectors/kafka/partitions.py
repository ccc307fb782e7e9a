"""Partition numbers as people write them: '0-3,7'."""

from __future__ import annotations

import re
from collections.abc import Collection

_SPAN = re.compile(r"([0-9]{1,5})(?:-([0-9]{1,5}))?")


def parse_partitions(text: str) -> tuple[int, ...]:
    """Return the numbers of a list such as '0-3,7', ascending.

    Raises ValueError saying what was expected.

    >>> parse_partitions("7, 0-3")
    (0, 1, 2, 3, 7)
    """
    numbers: list[int] = []
    for piece in text.split(","):
        found = _SPAN.fullmatch(piece.strip())
        if found is None:
            raise ValueError(f"expected partitions such as '0-3,7', got {text!r}")
        first, last = int(found[1]), int(found[2] or found[1])
        if last < first:
            raise ValueError(f"expected the smaller partition first, got {piece.strip()!r}")
        numbers.extend(range(first, last + 1))
    if len(set(numbers)) < len(numbers):
        raise ValueError(f"expected each partition once, got {text!r}")
    return tuple(sorted(numbers))


def format_partitions(numbers: Collection[int]) -> str:
    """Return the shortest list that says the same; the opposite of `parse_partitions`.

    >>> format_partitions([0, 1, 2, 3, 7])
    '0-3,7'
    """
    spans: list[list[int]] = []
    for number in sorted(numbers):
        if spans and number == spans[-1][1] + 1:
            spans[-1][1] = number
        else:
            spans.append([number, number])
    return ",".join(f"{first}-{last}" if last > first else f"{first}" for first, last in spans)
