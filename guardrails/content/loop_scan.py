"""Where a text has said the same thing too often in a row, while it is still being written.

A place is in a loop if the text before it ends in a run of some period: a unit of `p` characters,
`times` of them at least and `min_chars` characters together. A sighting is the first place of each
loop; nothing before it waits. So a loop is shown once, up to there, and what follows is not.

Linear. Periods are divided into scales, h to 2h. At every multiple of h the last h characters are
looked for in what stands before them, h to 2h back; of the distances at which they stand there the
one with the longest run is followed from then on, one comparison per character.

Exact, for four times and more. Let a run of the smallest period p begin at s. Two runs that share
as much as their periods together share one period (Fine and Wilf 1965). So what is followed
instead of p breaks before s + 3p; at the next multiple of h, before s + 4p, the run of p is the
longest, and the loop is only due there.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from guardrails.fold import fold
from guardrails.scan import Sighting

# Fewer could be due before they are followed; see above.
MIN_TIMES = 4
# All periods below it are one scale: what is followed instead breaks before two of them, and the
# next look comes within half of one.
_SMALLEST = 32
MIN_CHARS = 5 * _SMALLEST // 2
# Lines that are drawn, empty cells and indentation are runs, too: of 5 million characters of
# answers and prose, the longest that is meant has 234.
SIGNS_FACTOR = 5


class LoopScanner(msgspec.Struct, frozen=True):
    """Runs of a unit of at most `max_unit` characters.

    Where no letter stands in the unit, five times as many characters make a loop.
    """

    times: int
    min_chars: int
    max_unit: int
    max_hold: int = 0

    def begin(self, offset: int) -> LoopScan:
        """Begin at an offset of a stream: nothing before it is seen."""
        return LoopScan(self, offset)

    def resume(self, saved: tuple[Any, ...]) -> LoopScan:
        """Continue from a snapshot."""
        scan = LoopScan(self, 0)
        scan.frontier, scan._tail, scan._loops_to, runs = saved
        for scale, run in runs:
            scan._runs[scale] = _Run(*run)
        return scan

    def limit(self, unit: str) -> int:
        """Return how long a run of a unit is a loop."""
        factor = 1 if any(map(str.isalpha, unit)) else SIGNS_FACTOR
        return max(self.times * len(unit), factor * self.min_chars)


class _Run(msgspec.Struct, gc=False):
    """The text so far ends in `length` characters of this period; at `limit` they are a loop."""

    period: int
    length: int
    limit: int


class LoopScan:
    """One stream's text, looked through for loops. frontier: its end, since nothing waits."""

    __slots__ = ("_loops_to", "_reach", "_runs", "_scales", "_scanner", "_tail", "frontier")

    def __init__(self, scanner: LoopScanner, offset: int) -> None:
        self._scanner = scanner
        self.frontier = offset
        self._tail = ""
        # What is followed, by the number of its scale.
        self._runs: dict[int, _Run] = {}
        # Where the last place in a loop ends.
        self._loops_to = -1
        self._scales = _scales(scanner.max_unit)
        # What a run can have when it is first followed.
        self._reach = MIN_TIMES * max(scanner.max_unit, _SMALLEST)

    def push(self, text: str, *, final: bool) -> Sequence[Sighting]:
        """Take the next chunk; return where loops begin in it. O(chunk)."""
        del final
        at = self.frontier
        self.frontier = end = at + len(text)
        self._tail = tail = self._tail + text
        base = end - len(tail)
        step = _SMALLEST // 2
        found: list[Sighting] = []
        while at < end:
            stop = min((at // step + 1) * step, end)
            if self._runs:
                self._follow(tail, base, at, stop, found)
            if stop % step == 0:
                self._look(tail, base, stop, found)
            at = stop
        if len(tail) > 2 * self._reach:
            self._tail = tail[-self._reach :]
        return found

    def _follow(self, tail: str, base: int, start: int, stop: int, found: list[Sighting]) -> None:
        """Compare new text with what should stand there if the runs go on."""
        looping = []
        for scale, run in list(self._runs.items()):
            first, last = start - base, stop - base
            same = _same(tail, first, last, run.period)
            run.length += same
            if (excess := run.length - run.limit) >= 0 and same:
                looping.append((max(start + same - 1 - excess, start), start + same, scale, run))
            if first + same < last:
                del self._runs[scale]
        for at, to, _, run in sorted(looping):
            if at > self._loops_to:
                found.append((at, _unit(tail, at + 1 - base, run)))
            self._loops_to = max(self._loops_to, to)

    def _look(self, tail: str, base: int, at: int, found: list[Sighting]) -> None:
        """Look for runs that have begun, in scales whose turn it is."""
        end = at - base
        floor = max(0, end - self._reach)
        for scale, (low, high, block) in enumerate(self._scales):
            if at % block:
                return
            if scale in self._runs or end - floor < low + block:
                continue
            first = max(floor, end - block - high + 1)
            if tail.find(tail[end - block : end], first, end - low) < 0:
                continue
            period, length = _longest(tail, first, end, low, block, floor)
            run = _Run(period, length, self._scanner.limit(tail[end - period : end]))
            self._runs[scale] = run
            if length >= run.limit:
                if at - 1 > self._loops_to:
                    found.append((at - 1, _unit(tail, end, run)))
                self._loops_to = at

    def snapshot(self) -> tuple[object, ...]:
        """Return the state as immutable primitives."""
        runs = tuple((scale, msgspec.structs.astuple(run)) for scale, run in self._runs.items())
        return (self.frontier, self._tail[-self._reach :], self._loops_to, runs)


def _unit(tail: str, end: int, run: _Run) -> str:
    """Return what a loop says again and again, as it began; it becomes one at `end`."""
    unit = tail[end - run.period : end]
    begins = -run.limit % run.period
    unit = unit[begins:] + unit[:begins]
    return fold(unit.strip() or unit)


def _scales(max_unit: int) -> list[tuple[int, int, int]]:
    """Return the scales: the smallest period, the first that is too large, how much is compared.

    >>> _scales(100)
    [(1, 32, 16), (32, 64, 32), (64, 101, 64)]
    """
    scales, high = [(1, min(_SMALLEST, max_unit + 1), _SMALLEST // 2)], _SMALLEST
    while high <= max_unit:
        scales.append((high, min(2 * high, max_unit + 1), high))
        high *= 2
    return scales


def _longest(tail: str, first: int, end: int, low: int, block: int, floor: int) -> tuple[int, int]:
    """Return the period of the longest run that ends at `end`, the smallest of equals; its length.

    The last `block` characters stand somewhere from `first` on, `low` back or more.
    """
    sought, before, best = tail[end - block : end], end - low, (0, 0)
    while (at := tail.rfind(sought, first, before)) >= 0:
        period = end - block - at
        length = period + block + _same_before(tail, end - block, period, floor)
        if length > best[1]:
            best = (period, length)
        if length >= 2 * (end - first):
            # Every other run would have a multiple of this period.
            break
        before = at + block - 1
    return best


def _same(text: str, start: int, end: int, period: int) -> int:
    """Return how many characters from `start` on stand also one period before."""
    if text[start:end] == text[start - period : end - period]:
        return end - start
    return next(at for at in range(end - start) if text[start + at] != text[start + at - period])


def _same_before(text: str, end: int, period: int, floor: int) -> int:
    """Return how many characters before `end` stand also one period before, from `floor` on."""
    known, most, size = 0, end - period - floor, 64
    while known < most:
        size = min(size, most - known)
        at = end - known
        if text[at - size : at] == text[at - period - size : at - period]:
            known += size
            size *= 2
        else:
            most = known + size - 1
            size = max(size // 2, 1)
    return known
