"""When each of many streams is to be looked at next: the earliest time counts, and only once."""

from __future__ import annotations

import heapq


class Agenda:
    """One time for each name, milliseconds of log time; the first that is due comes first.

    >>> agenda = Agenda()
    >>> agenda.note("a", 7), agenda.note("a", 5), agenda.note("a", 9), agenda.note("b", 6)
    (None, None, None, None)
    >>> agenda.next(6), agenda.next(6), agenda.next(100)
    ('a', 'b', None)
    """

    __slots__ = ("_at", "_heap")

    def __init__(self) -> None:
        self._at: dict[str, int] = {}
        self._heap: list[tuple[int, str]] = []

    def __len__(self) -> int:
        return len(self._heap)

    def note(self, name: str, at_ms: int) -> None:
        """Have a name come up at a time, unless it comes up before that anyway."""
        known = self._at.get(name)
        if known is None or at_ms < known:
            self._at[name] = at_ms
            heapq.heappush(self._heap, (at_ms, name))

    def is_due(self, now_ms: int) -> bool:
        """Tell whether something may be due. O(1)."""
        return bool(self._heap) and self._heap[0][0] <= now_ms

    def next(self, now_ms: int) -> str | None:
        """Take the name that is due first; None if none is due."""
        while self._heap and self._heap[0][0] <= now_ms:
            at_ms, name = heapq.heappop(self._heap)
            if self._at.get(name) == at_ms:
                del self._at[name]
                return name
        return None
