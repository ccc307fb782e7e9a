"""A circuit breaker: what keeps failing is left alone for a while, then tried with one call.

    closed ── failures in a row ──► open ── cool-down over ──► half-open ── success ──► closed
                                     ▲                             │
                                     └──── failure, longer ────────┘

Times are seconds of any clock that does not go back; the breaker has none of its own.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any

# 5: when one call in ten fails by chance, five in a row come once in 100,000 calls.
THRESHOLD = 5
# As long as most restarts and failovers of a service take at least; doubled by each failed try.
COOL_DOWN_S = 1.0
# A service that is back is noticed within half a minute.
MAX_COOL_DOWN_S = 30.0


class BreakerState(StrEnum):
    """Whether calls are let through: all, none, or one to try."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


class Breaker:
    """Counts how calls end and says whether the next may be made. Every `admit` that is true is
    answered by exactly one of `succeed`, `fail` and `abandon`.

    state: see `BreakerState`. retry_at_s: when an open one lets a call through; None in the other
    states. opened: how often it has opened.

    >>> breaker = Breaker(threshold=2, cool_down_s=1.0)
    >>> breaker.fail(10.0); breaker.fail(10.5)
    >>> breaker.admit(11.0), breaker.admit(11.5), breaker.admit(11.5)
    (False, True, False)
    >>> breaker.succeed()
    >>> breaker.state.value
    'closed'
    """

    __slots__ = (
        *("_cool_down_s", "_failures", "_first_cool_down_s", "_max_cool_down_s", "_threshold"),
        *("opened", "retry_at_s", "state"),
    )

    def __init__(
        self,
        *,
        threshold: int = THRESHOLD,
        cool_down_s: float = COOL_DOWN_S,
        max_cool_down_s: float = MAX_COOL_DOWN_S,
    ) -> None:
        self._threshold = threshold
        self._max_cool_down_s = max_cool_down_s
        self._first_cool_down_s = self._cool_down_s = cool_down_s
        self._failures = 0
        self.state = BreakerState.CLOSED
        self.retry_at_s: float | None = None
        self.opened = 0

    def admit(self, now_s: float) -> bool:
        """Tell whether a call may be made now; if it may, it counts as made."""
        if self.state is BreakerState.CLOSED:
            return True
        if self.retry_at_s is None or now_s < self.retry_at_s:
            return False
        self.state, self.retry_at_s = BreakerState.HALF_OPEN, None
        return True

    def succeed(self) -> None:
        """A call was answered."""
        self.state, self.retry_at_s = BreakerState.CLOSED, None
        self._failures = 0
        self._cool_down_s = self._first_cool_down_s

    def fail(self, now_s: float) -> None:
        """A call failed in a way that says that the next one would."""
        self._failures += 1
        if self.state is BreakerState.HALF_OPEN:
            self._cool_down_s = min(2 * self._cool_down_s, self._max_cool_down_s)
        elif self.state is BreakerState.OPEN or self._failures < self._threshold:
            return
        self.state = BreakerState.OPEN
        self.retry_at_s = now_s + self._cool_down_s
        self.opened += 1

    def snapshot(self) -> tuple[Any, ...]:
        """Return the state as immutable primitives; the bounds are the caller's to know."""
        state = (self.state.value, self.retry_at_s, self.opened)
        return (*state, self._failures, self._cool_down_s)

    def resume(self, saved: tuple[Any, ...]) -> Breaker:
        """Go on from a snapshot; return itself."""
        state, self.retry_at_s, self.opened, self._failures, self._cool_down_s = saved
        self.state = BreakerState(state)
        return self

    def abandon(self, now_s: float) -> None:
        """A call ended in a way that says nothing of the next one."""
        if self.state is BreakerState.HALF_OPEN:
            self.state, self.retry_at_s = BreakerState.OPEN, now_s
