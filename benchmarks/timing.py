"""Times that can be trusted on a busy machine: only as ratios, and only interleaved."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Sequence
from statistics import median

# One measured case: does round `number` and returns how many units of work that was.
Case = Callable[[int], int]


def interleave(
    rounds: int, cases: Sequence[Case], clock: Callable[[], float] = time.perf_counter
) -> list[list[float]]:
    """Run A B C A B C ...; return the units per second of each case in each round."""
    rates: list[list[float]] = [[] for _ in cases]
    for number in range(rounds):
        for case, own in zip(cases, rates, strict=True):
            gc.collect()
            started = clock()
            units = case(number)
            own.append(units / (clock() - started))
    return rates


def ratio(rates: Sequence[float], others: Sequence[float]) -> float:
    """Return the median of the ratios of each round: what disturbs a round disturbs both."""
    return median(one / other for one, other in zip(rates, others, strict=True))


def percentile(values: Sequence[float], share: float) -> float:
    """Return the smallest value that `share` of the values do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
