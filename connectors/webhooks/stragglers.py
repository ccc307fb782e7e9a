"""Those who had no room: where each stands in the log, and how they come back to the others."""

from __future__ import annotations

from collections.abc import Callable

from bytewax.inputs import StatefulSourcePartition

from connectors.webhooks.audience import Audience, Item
from connectors.webhooks.metrics import BEHIND
from guardrails.records import Clock, Record

LogPartition = StatefulSourcePartition[Record | Clock, int]


class Stragglers:
    """Those who are behind in one partition, by the offset of the first record they lack."""

    def __init__(
        self, audience: Audience, reopen: Callable[[int], LogPartition], cursors: dict[str, int]
    ) -> None:
        self._audience = audience
        self._reopen = reopen
        known = set(audience.names)
        self.cursors = {name: offset for name, offset in cursors.items() if name in known}
        self._part: LogPartition | None = None
        # All records before it were seen by the second reader.
        self._position = 0
        for name in self.cursors:
            BEHIND.labels(name).inc()

    def leave(self, name: str, offset: int) -> None:
        """Leave a subscription behind at a record."""
        self.cursors[name] = offset
        BEHIND.labels(name).inc()

    def catch_up(self, until: int) -> list[Item]:
        """Return what there is room for now of the records before `until`."""
        if self._part is None:
            rooms = self._audience.rooms
            ready = [at for name, at in self.cursors.items() if rooms[name].has_plenty]
            if not ready:
                return []
            self._position = min(ready)
            self._part = self._reopen(self._position)
        items: list[Item] = []
        arrived = False
        try:
            batch = list(self._part.next_batch())
        except StopIteration:
            # A finite log, read to its end.
            batch, arrived = [], True
        for record in batch:
            if isinstance(record, Record):
                # Offsets between may be gone: the audit topic is compacted.
                arrived = record.offset >= until
                if arrived:
                    break
                items += self._hand_over(record)
                self._position = record.offset + 1
        if arrived or self._position >= until:
            self._arrive()
        elif all(at < self._position for at in self.cursors.values()):
            # Everyone on the way is full again; the next round begins where they stand.
            self._end_round()
        return items

    def _hand_over(self, record: Record) -> list[Item]:
        """Give a record to those who have come up to it, and lack it."""
        here = {name for name, at in self.cursors.items() if self._position <= at <= record.offset}
        items: list[Item] = []
        full = set()
        for name, make in self._audience.wanted(record):
            if name in here:
                item = self._audience.take(name, make)
                if item is None:
                    full.add(name)
                else:
                    items.append(item)
        for name in here:
            self.cursors[name] = record.offset + (name not in full)
        return items

    def _arrive(self) -> None:
        """The second reader is where the first one is: so are those who came along."""
        for name in [name for name, at in self.cursors.items() if at >= self._position]:
            del self.cursors[name]
            BEHIND.labels(name).dec()
        self._end_round()

    def _end_round(self) -> None:
        if self._part is not None:
            self._part.close()
            self._part = None

    def close(self) -> None:
        """Let go of the second reader."""
        self._end_round()
        for name in self.cursors:
            BEHIND.labels(name).dec()
