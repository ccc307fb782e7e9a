"""Times that can be trusted on a busy machine: only as ratios, and only interleaved."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Sequence
from statistics import median

# Does what is measured once and returns units of work per second; gets the number of its round.
Case = Callable[[int], float]


def timed(run: Callable[[int], int]) -> Case:
    """Make a case of a function that returns how many units of work it did."""

    def case(number: int) -> float:
        started = time.perf_counter()
        units = run(number)
        return units / (time.perf_counter() - started)

    return case


def interleave(rounds: int, cases: Sequence[Case]) -> list[list[float]]:
    """Run A B C A B C ...; return the units per second of each case in each round."""
    rates: list[list[float]] = [[] for _ in cases]
    for number in range(rounds):
        for case, own in zip(cases, rates, strict=True):
            gc.collect()
            own.append(case(number))
    return rates


def ratio(rates: Sequence[float], others: Sequence[float]) -> float:
    """Return the median of the ratios of each round: what disturbs a round disturbs both."""
    return median(one / other for one, other in zip(rates, others, strict=True))


def percentile(values: Sequence[float], share: float) -> float:
    """Return the smallest value that `share` of the values do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
