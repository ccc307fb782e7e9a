"""How long text waited for its release, from the verdicts of its stream."""

from __future__ import annotations

from collections import deque

from guardrails.events import Verdict

# Arrivals kept of one stream's held text; of a longer hold the oldest text's still counts.
MAX_ARRIVALS = 64


class Holds:
    """Remembers when held text came. Streams that hold nothing cost nothing."""

    def __init__(self) -> None:
        # By stream, oldest first: where text that is held ends, and when it came.
        self._arrived: dict[str, deque[tuple[int, float]]] = {}

    def note(self, verdict: Verdict, now_s: float) -> float | None:
        """Return how long the oldest text released by a verdict had waited, in seconds.

        None when it releases nothing. now_s: of a clock that is never set.
        """
        waiting = self._arrived.get(verdict.stream_id)
        frontier = verdict.frontier
        if waiting is None:
            if verdict.held:
                self._arrived[verdict.stream_id] = deque([(frontier + verdict.held, now_s)])
            return 0.0 if verdict.segments else None
        oldest_s = waiting[0][1]
        while waiting and waiting[0][0] <= frontier:
            waiting.popleft()
        if not verdict.held:
            self.forget(verdict.stream_id)
        elif not waiting or waiting[-1][0] < frontier + verdict.held:
            if len(waiting) == MAX_ARRIVALS:
                waiting.pop()
            waiting.append((frontier + verdict.held, now_s))
        return now_s - oldest_s if verdict.segments else None

    def forget(self, stream_id: str) -> None:
        """Drop what is known of a stream."""
        self._arrived.pop(stream_id, None)
