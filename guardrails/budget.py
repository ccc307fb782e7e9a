"""How much of streams and text one partition may hold, and who has to go when it is too much."""

from __future__ import annotations

import heapq
import math
from collections.abc import Collection
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from guardrails.session import Session


class Budget(NamedTuple):
    """What may be held. held_chars: code points received and not released, of all streams."""

    # 100,000: at 2.7 MB per 1,000 live streams (benchmarks/report.md) a quarter of a gigabyte.
    streams: int = 100_000
    # 64 million: at most 4 bytes each, so again a quarter of a gigabyte.
    held_chars: int = 64_000_000

    def share(self, shards: int) -> Budget:
        """Return the part of one of so many shards."""
        return Budget(math.ceil(self.streams / shards), math.ceil(self.held_chars / shards))

    def crowd(self, sessions: Collection[Session], *, but: Session) -> list[Session]:
        """Return the streams to be ended for there are too many: those idle the longest.

        A sixteenth at once, so that it need not be searched for at every new stream.
        """
        count = max(1, self.streams // 16)
        oldest = heapq.nsmallest(count + 1, sessions, key=lambda session: session.last_at_ms)
        return [session for session in oldest if session is not but][:count]

    def heavy(self, sessions: Collection[Session]) -> list[Session]:
        """Return the streams to be ended because too much is held: those that hold the most."""
        total = sum(session.held for session in sessions)
        if total <= self.held_chars:
            return []
        gone = []
        for session in sorted(sessions, key=lambda session: -session.held):
            if total <= self.held_chars:
                break
            total -= session.held
            gone.append(session)
        return gone


DEFAULT_BUDGET = Budget()
