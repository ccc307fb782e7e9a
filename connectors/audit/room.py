"""The audit topic as its webhook reads it: no further than there is room."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from bytewax.inputs import FixedPartitionedSource, StatefulSourcePartition

from connectors.webhooks.room import Room
from guardrails.codec import decode_audit
from guardrails.errors import MalformedEvent
from guardrails.records import Clock, Record

# How often it is looked whether there is room again.
_LOOK = timedelta(milliseconds=50)


class RoomySource(FixedPartitionedSource[Record, int]):
    """Another source, read only while there is room: what cannot be delivered stays in the log.

    Emits its audit records; clocks are left out, and what is no audit record, which becomes a dead
    letter elsewhere. Its partitions and snapshots are those of the other. Where the other one ends,
    this one ends when everything has been delivered, or at once when `stopped` says so. Room and
    sink have to be in the same process.
    """

    def __init__(
        self,
        source: FixedPartitionedSource[Record | Clock, int],
        room: Room,
        stopped: Callable[[], bool],
    ) -> None:
        self._source = source
        self._room = room
        self._stopped = stopped

    def list_parts(self) -> list[str]:
        """Return the other source's partitions."""
        return self._source.list_parts()

    def build_part(self, step_id: str, for_part: str, resume_state: int | None) -> _Partition:
        """Open a partition of the other source."""
        part = self._source.build_part(step_id, for_part, resume_state)
        return _Partition(part, self._room, self._stopped)


def _is_audit(record: Record) -> bool:
    try:
        decode_audit(record.value)
    except MalformedEvent:
        return False
    return True


class _Partition(StatefulSourcePartition[Record, int]):
    def __init__(
        self,
        part: StatefulSourcePartition[Record | Clock, int],
        room: Room,
        stopped: Callable[[], bool],
    ) -> None:
        self._part = part
        self._room = room
        self._stopped = stopped
        self._held = self._ended = False

    def next_batch(self) -> list[Record]:
        self._held = self._room.full or self._ended
        if self._held:
            if self._stopped() or (self._ended and self._room.empty):
                raise StopIteration
            return []
        try:
            batch = list(self._part.next_batch())
        except StopIteration:
            self._ended = self._held = True
            return []
        records = [item for item in batch if isinstance(item, Record) and _is_audit(item)]
        self._room.take([record.value for record in records])
        return records

    def next_awake(self) -> datetime | None:
        return datetime.now(UTC) + _LOOK if self._held else self._part.next_awake()

    def snapshot(self) -> int:
        return self._part.snapshot()

    def close(self) -> None:
        self._part.close()
