"""How much may be under way to the webhook, so that a dead one costs neither memory nor others."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from bytewax.inputs import FixedPartitionedSource, StatefulSourcePartition

from connectors.audit.metrics import WAITING
from guardrails.codec import decode_audit
from guardrails.errors import MalformedEvent
from guardrails.records import Clock, Record

# 1,000 records or 8 MiB, whichever comes first: ten full requests ahead, and what a snapshot of
# the flow has to carry while the webhook does not answer.
MAX_RECORDS = 1_000
MAX_BYTES = 8 * 1024 * 1024
# How often it is looked whether there is room again.
_LOOK = timedelta(milliseconds=50)


class Room:
    """Counts what has been read and not delivered. Safe to use from several threads."""

    def __init__(self, max_records: int = MAX_RECORDS, max_bytes: int = MAX_BYTES) -> None:
        self._max = (max_records, max_bytes)
        self._records = self._bytes = 0
        self._lock = threading.Lock()

    def take(self, values: list[bytes]) -> None:
        """Count values as under way, also beyond what there is room for."""
        self._change(len(values), sum(map(len, values)))

    def give(self, values: list[bytes]) -> None:
        """Count values as delivered."""
        self._change(-len(values), -sum(map(len, values)))

    def _change(self, records: int, size: int) -> None:
        with self._lock:
            self._records += records
            self._bytes += size
            WAITING.set(self._records)

    @property
    def full(self) -> bool:
        """Whether nothing more is to be read now."""
        return self._records >= self._max[0] or self._bytes >= self._max[1]

    @property
    def empty(self) -> bool:
        """Whether all that was read is delivered."""
        return self._records == 0


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
