"""How long a stream may live: when it began, when it last spoke, when it is given up."""

from __future__ import annotations

import math

from guardrails.policy import Limits


class Lifetime:
    """The log time of one stream, milliseconds; nothing here reads a clock."""

    __slots__ = ("_limits", "last_at_ms", "started_at_ms")

    def __init__(self, limits: Limits, now_ms: int) -> None:
        self._limits = limits
        self.started_at_ms = now_ms
        self.last_at_ms = now_ms

    def touch(self, now_ms: int) -> None:
        """Note that a chunk came; log time does not run backwards."""
        self.last_at_ms = max(self.last_at_ms, now_ms)

    def over(self, now_ms: int) -> str | None:
        """Return why the stream is to end now: idle, age or not at all."""
        if now_ms >= self.last_at_ms + self._limits.idle_timeout_s * 1000:
            return "idle"
        if now_ms >= self.started_at_ms + self._limits.max_age_s * 1000:
            return "age"
        return None

    def gap_over_at_ms(self, waiting_since_ms: int) -> int:
        """Return the log time at which a missing chunk has been waited for long enough."""
        return math.ceil(waiting_since_ms + self._limits.gap_timeout_s * 1000)

    def deadline_ms(self, waiting_since_ms: int | None) -> int:
        """Return the first time at which one of the above changes."""
        limits = self._limits
        deadlines = [
            self.last_at_ms + limits.idle_timeout_s * 1000,
            self.started_at_ms + limits.max_age_s * 1000,
        ]
        if waiting_since_ms is not None:
            deadlines.append(waiting_since_ms + limits.gap_timeout_s * 1000)
        return math.ceil(min(deadlines))
