"""The log as webhooks read it: each record for those who ask for it, and nobody waits for others.

A subscription without room is left behind: where it stands is noted, and the log keeps its records.
When it has room again, a second reader goes over that part of the log for it, until it is where the
others are.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from bytewax.inputs import FixedPartitionedSource, StatefulSourcePartition

from connectors.webhooks.audience import Audience, Item
from connectors.webhooks.stragglers import LogPartition, Stragglers
from guardrails.records import Clock, Record

# The next offset, and those of subscriptions that are behind it; -1 before anything was read.
Saved = tuple[int, tuple[tuple[str, int], ...]]
LogSource = FixedPartitionedSource[Record | Clock, int]

# How often it is looked whether there is room again.
_LOOK = timedelta(milliseconds=50)


class FanoutSource(FixedPartitionedSource[Item, Saved]):
    """Another source, read for all subscriptions at once.

    Emits `(subscription, Parcel)`. Its partitions are those of the other. Where the other one ends,
    this one ends when everything is settled, or at once when `stopped` says so. Rooms and sink have
    to be in the same process.
    """

    def __init__(
        self,
        source: LogSource,
        behind: LogSource,
        audience: Audience,
        stopped: Callable[[], bool],
    ) -> None:
        """behind: reads the same log for those who are behind; it is never told to stop, so that
        its end is that of the log.
        """
        self._source = source
        self._behind = behind
        self._audience = audience
        self._stopped = stopped

    def list_parts(self) -> list[str]:
        """Return the other source's partitions."""
        return self._source.list_parts()

    def build_part(self, step_id: str, for_part: str, resume_state: Saved | None) -> _Partition:
        """Open a partition of the other source."""
        position, behind = resume_state or (-1, ())
        part = self._source.build_part(step_id, for_part, None if position < 0 else position)

        def reopen(offset: int) -> LogPartition:
            return self._behind.build_part(step_id, for_part, offset)

        stragglers = Stragglers(self._audience, reopen, dict(behind))
        return _Partition(part, position, self._audience, stragglers, self._stopped)


class _Partition(StatefulSourcePartition[Item, Saved]):
    def __init__(
        self,
        part: LogPartition,
        position: int,
        audience: Audience,
        stragglers: Stragglers,
        stopped: Callable[[], bool],
    ) -> None:
        self._part = part
        self._position = position
        self._audience = audience
        self._stragglers = stragglers
        self._stopped = stopped
        self._ended = self._woke = False

    def next_batch(self) -> list[Item]:
        if self._stopped():
            return self._end()
        items = [] if self._ended else self._read()
        if self._stragglers.cursors:
            items += self._stragglers.catch_up(self._position)
        elif self._ended and all(room.empty for room in self._audience.rooms.values()):
            return self._end()
        return items or self._audience.wake()

    def _end(self) -> list[Item]:
        """Wake the sink for its last snapshot, once, if it has to be; then end."""
        woken = [] if self._woke else self._audience.wake(last=True)
        if not woken:
            raise StopIteration
        self._woke = True
        return woken

    def _read(self) -> list[Item]:
        items: list[Item] = []
        try:
            batch = self._part.next_batch()
        except StopIteration:
            self._ended = True
            return items
        behind = self._stragglers.cursors
        for record in batch:
            if not isinstance(record, Record):
                continue
            for name, make in self._audience.wanted(record):
                if name in behind:
                    continue
                item = self._audience.take(name, make)
                if item is None:
                    self._stragglers.leave(name, record.offset)
                else:
                    items.append(item)
            self._position = record.offset + 1
        return items

    def next_awake(self) -> datetime | None:
        if self._ended:
            return datetime.now(UTC) + _LOOK
        awake = self._part.next_awake()
        if self._stragglers.cursors and awake is not None:
            return min(awake, datetime.now(UTC) + _LOOK)
        return awake

    def snapshot(self) -> Saved:
        # Of the other: it may have moved where nothing was read, and it publishes it.
        return self._part.snapshot(), tuple(self._stragglers.cursors.items())

    def close(self) -> None:
        self._stragglers.close()
        self._part.close()
