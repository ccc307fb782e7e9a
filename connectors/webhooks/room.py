"""How much may be under way to a webhook, so that a dead one costs neither memory nor others."""

from __future__ import annotations

import threading
from collections.abc import Iterable

from prometheus_client import Gauge

# 1,000 records or 8 MiB, whichever comes first: ten full requests ahead, and what a snapshot of
# the flow has to carry while the webhook does not answer.
MAX_RECORDS = 1_000
MAX_BYTES = 8 * 1024 * 1024


class Room:
    """Counts what has been read and not delivered. Safe to use from several threads."""

    def __init__(
        self,
        max_records: int = MAX_RECORDS,
        max_bytes: int = MAX_BYTES,
        waiting: Gauge | None = None,
    ) -> None:
        """waiting: is told how many records are under way. `given` counts those that were."""
        self._max = (max_records, max_bytes)
        self._records = self._bytes = 0
        self.given = 0
        self._waiting = waiting
        self._lock = threading.Lock()

    def take(self, values: Iterable[bytes]) -> None:
        """Count values as under way, also beyond what there is room for."""
        self._change(1, values)

    def give(self, values: Iterable[bytes]) -> None:
        """Count values as delivered."""
        self.given += self._change(-1, values)

    def _change(self, sign: int, values: Iterable[bytes]) -> int:
        sizes = [len(value) for value in values]
        with self._lock:
            self._records += sign * len(sizes)
            self._bytes += sign * sum(sizes)
            if self._waiting is not None:
                self._waiting.set(self._records)
        return len(sizes)

    @property
    def full(self) -> bool:
        """Whether nothing more is to be read now."""
        return self._records >= self._max[0] or self._bytes >= self._max[1]

    @property
    def has_plenty(self) -> bool:
        """Whether it is worth while to begin to read again: half of it is free."""
        return 2 * self._records <= self._max[0] and 2 * self._bytes <= self._max[1]

    @property
    def empty(self) -> bool:
        """Whether all that was read is delivered."""
        return self._records == 0
