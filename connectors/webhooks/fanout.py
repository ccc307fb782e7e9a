"""The log as webhooks read it: each record for those who ask for it, and nobody waits for others.

A subscription without room is left behind: where it stands is noted, and the log keeps its records.
When it has room again, a second reader goes over that part of the log for it, until it is where the
others are.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from bytewax.inputs import FixedPartitionedSource, StatefulSourcePartition

from connectors.webhooks.message import Event, Parcel, read_event
from connectors.webhooks.metrics import BEHIND, UNREADABLE
from connectors.webhooks.room import Room
from connectors.webhooks.targets import Target
from guardrails.errors import MalformedEvent
from guardrails.records import Clock, Record

# A subscription's message; or nothing, under an empty name, which only wakes the sink.
Item = tuple[str, Parcel | None]
# The next offset, and those of subscriptions that are behind it; -1 before anything was read.
Saved = tuple[int, tuple[tuple[str, int], ...]]
LogSource = FixedPartitionedSource[Record | Clock, int]
LogPartition = StatefulSourcePartition[Record | Clock, int]

# How often it is looked whether there is room again.
_LOOK = timedelta(milliseconds=50)
# Seconds between two wake-ups of the sink while nothing comes: epochs are longer.
_WAKE_EVERY_S = 1.0


class Fanout:
    """Tells who asks for a record, and whether there is room."""

    def __init__(
        self, targets: Sequence[Target], rooms: Mapping[str, Room], kinds: Mapping[str, str]
    ) -> None:
        """kinds: `verdicts` or `audit`, by the full name of the topic."""
        self._kinds = kinds
        self.rooms = rooms
        self._given, self._woken_at = 0, 0.0
        enabled = [one.subscription for one in targets if one.subscription.enabled]
        self._asking = {
            topic: [one for one in enabled if any(_is_of(kind, name) for name in one.events)]
            for topic, kind in kinds.items()
        }

    @property
    def names(self) -> list[str]:
        """The subscriptions that are sent anything."""
        found = [one.id for asking in self._asking.values() for one in asking]
        return list(dict.fromkeys(found))

    def wanted(self, record: Record) -> Iterator[tuple[str, Callable[[], Parcel]]]:
        """Yield the subscriptions that ask for a record, and what makes their message."""
        asking = self._asking[record.topic]
        event = self._read(record) if asking else None
        if event is None:
            return
        for one in asking:
            if event.is_for(one):
                yield one.id, lambda one=one, event=event: event.parcel(one)  # type: ignore[misc]

    def _read(self, record: Record) -> Event | None:
        # The audit topic is compacted: an empty value is a deletion.
        if not record.value:
            return None
        try:
            return read_event(record, self._kinds[record.topic])
        except MalformedEvent:
            UNREADABLE.inc()
            return None

    def wake(self, *, last: bool = False) -> list[Item]:
        """Return what wakes the sink, when messages were settled since it was woken.

        Bytewax saves a sink only in epochs that bring it something: without this, what was
        delivered while nothing came would be sent again by the next start. last: the input ends.
        """
        given = sum(room.given for room in self.rooms.values())
        now = time.monotonic()
        if given == self._given or (not last and now - self._woken_at < _WAKE_EVERY_S):
            return []
        self._given, self._woken_at = given, now
        return [("", None)]

    def take(self, name: str, make: Callable[[], Parcel]) -> tuple[str, Parcel] | None:
        """Return a message for which there is room now; it counts as under way."""
        room = self.rooms[name]
        if room.full:
            return None
        parcel = make()
        room.take([parcel.body])
        return name, parcel


def _is_of(kind: str, event: str) -> bool:
    return kind == ("audit" if event == "audit" else "verdicts")


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
        fanout: Fanout,
        stopped: Callable[[], bool],
    ) -> None:
        """behind: reads the same log for those who are behind; it is never told to stop, so that
        its end is that of the log.
        """
        self._source = source
        self._behind = behind
        self._fanout = fanout
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

        stragglers = _Stragglers(self._fanout, reopen, dict(behind))
        return _Partition(part, position, self._fanout, stragglers, self._stopped)


class _Stragglers:
    """Those who are behind in one partition, by the offset of the first record they lack."""

    def __init__(
        self, fanout: Fanout, reopen: Callable[[int], LogPartition], cursors: dict[str, int]
    ) -> None:
        self._fanout = fanout
        self._reopen = reopen
        known = set(fanout.names)
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
            rooms = self._fanout.rooms
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
        for name, make in self._fanout.wanted(record):
            if name in here:
                item = self._fanout.take(name, make)
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


class _Partition(StatefulSourcePartition[Item, Saved]):
    def __init__(
        self,
        part: LogPartition,
        position: int,
        fanout: Fanout,
        stragglers: _Stragglers,
        stopped: Callable[[], bool],
    ) -> None:
        self._part = part
        self._position = position
        self._fanout = fanout
        self._stragglers = stragglers
        self._stopped = stopped
        self._ended = self._woke = False

    def next_batch(self) -> list[Item]:
        if self._stopped():
            return self._end()
        items = [] if self._ended else self._read()
        if self._stragglers.cursors:
            items += self._stragglers.catch_up(self._position)
        elif self._ended and all(room.empty for room in self._fanout.rooms.values()):
            return self._end()
        return items or self._fanout.wake()

    def _end(self) -> list[Item]:
        """Wake the sink for its last snapshot, once, if it has to be; then end."""
        woken = [] if self._woke else self._fanout.wake(last=True)
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
            for name, make in self._fanout.wanted(record):
                if name in behind:
                    continue
                item = self._fanout.take(name, make)
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
