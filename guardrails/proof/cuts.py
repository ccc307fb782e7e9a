"""Ways to cut one text into chunks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Protocol, TypeVar

_T = TypeVar("_T")


class Dice(Protocol):
    """The chance that decides about cuts; `random.Random` is one. The engine itself has none."""

    def randint(self, a: int, b: int, /) -> int:
        """Return a number from `a` to `b`, both included."""

    def choice(self, seq: Sequence[_T], /) -> _T:
        """Return one of these."""


def whole(text: str) -> list[str]:
    """Cut nowhere."""
    return [text]


def one_by_one(text: str) -> list[str]:
    """Cut behind each code point."""
    return list(text)


def at(text: str, cuts: Sequence[int]) -> list[str]:
    """Cut at these offsets; equal neighbours make empty chunks."""
    edges = [0, *sorted(cuts), len(text)]
    return [text[start:end] for start, end in pairwise(edges)]


def at_random(text: str, random: Dice) -> list[str]:
    """Cut anywhere: few cuts or many, sometimes twice at one place."""
    count = random.choice([1, 2, 3, max(1, len(text) // 8), max(1, len(text) // 2)])
    return at(text, [random.randint(0, len(text)) for _ in range(count)])


def in_sizes(text: str, random: Dice, largest: int) -> list[str]:
    """Cut into pieces of random sizes, as tokens are."""
    out, start = [], 0
    while start < len(text):
        size = random.randint(1, largest)
        out.append(text[start : start + size])
        start += size
    return out


def inside(text: str, spans: Sequence[tuple[int, int]], random: Dice) -> list[str]:
    """Cut once or twice inside each span, and at its edges."""
    cuts = []
    for start, end in spans:
        cuts += [random.randint(start, end), random.choice([start, end, start + 1])]
    return at(text, [min(max(cut, 0), len(text)) for cut in cuts])


def strategies(
    text: str, random: Dice, spans: Sequence[tuple[int, int]] = ()
) -> Iterator[list[str]]:
    """Yield one chunking of each kind."""
    yield whole(text)
    yield one_by_one(text)
    yield at_random(text, random)
    yield in_sizes(text, random, 4)
    if spans:
        yield inside(text, spans, random)
