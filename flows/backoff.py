"""How long to wait before the next start, and when to give up."""

from __future__ import annotations

from collections.abc import Callable

# Seconds. The first restart is nearly at once: most deaths are single ones.
FIRST_S = 0.5
# Seconds: soon enough after an outage, and two starts a minute cost nothing.
LONGEST_S = 30.0
# Seconds: who ran a minute has started well, and whatever ends it later is a new failure.
CALM_S = 60.0


class Backoff:
    """Doubles the pause with every failure in a row, up to `LONGEST_S`, and shortens each by chance
    to between half and all of it: what failed together does not come back together.
    """

    def __init__(self, give_up_after: int, chance: Callable[[], float]) -> None:
        """give_up_after: failures in a row that are too many. chance: numbers from 0 up to 1."""
        self._give_up_after = give_up_after
        self._chance = chance
        self.failures = 0

    def failed(self, ran_s: float) -> float | None:
        """Count a failure after `ran_s` seconds; return the seconds to wait, None to give up.

        >>> backoff = Backoff(3, chance=lambda: 1.0)
        >>> backoff.failed(0.1), backoff.failed(0.1), backoff.failed(90.0), backoff.failed(0.1)
        (0.5, 1.0, 0.5, 1.0)
        >>> backoff.failed(0.1) is None
        True
        """
        self.failures = 1 if ran_s >= CALM_S else self.failures + 1
        if self.failures >= self._give_up_after:
            return None
        pause_s = min(LONGEST_S, FIRST_S * 2.0 ** (self.failures - 1))
        return pause_s * (0.5 + 0.5 * self._chance())
