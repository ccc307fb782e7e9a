"""What is left of complete streams for a while, so that a retry opens no stream anew."""

from __future__ import annotations

from typing import Any

import msgspec


class Tombstone(msgspec.Struct, frozen=True, gc=False):
    """A stream that is over. Times: log time, milliseconds."""

    next_seq: int
    forgotten_at_ms: int
    kept_ms: int
    blocked: bool


class Tombstones:
    """The complete streams of a shard, the one to be forgotten first in front."""

    __slots__ = ("_stones",)

    def __init__(self) -> None:
        self._stones: dict[str, Tombstone] = {}

    def __len__(self) -> int:
        return len(self._stones)

    def __contains__(self, stream_id: str) -> bool:
        return stream_id in self._stones

    def find(self, stream_id: str, now_ms: int) -> Tombstone | None:
        """Return what is left of a stream, unless its time is over."""
        stone = self._stones.get(stream_id)
        return None if stone is None or stone.forgotten_at_ms <= now_ms else stone

    def bury(
        self, stream_id: str, next_seq: int, now_ms: int, kept_ms: int, *, blocked: bool
    ) -> None:
        """Remember a stream from now on for so long."""
        self._stones.pop(stream_id, None)
        self._stones[stream_id] = Tombstone(next_seq, now_ms + kept_ms, kept_ms, blocked)

    def refresh(self, stream_id: str, now_ms: int) -> None:
        """Remember a stream as long again: its producer still talks."""
        stone = self._stones[stream_id]
        self.bury(stream_id, stone.next_seq, now_ms, stone.kept_ms, blocked=stone.blocked)

    def forget(self, now_ms: int) -> None:
        """Forget those in front whose time is over."""
        gone = []
        for stream_id, stone in self._stones.items():
            if stone.forgotten_at_ms > now_ms:
                break
            gone.append(stream_id)
        for stream_id in gone:
            del self._stones[stream_id]

    def snapshot(self) -> tuple[Any, ...]:
        """Return the state as immutable primitives."""
        return tuple(
            (stream_id, *msgspec.structs.astuple(stone))
            for stream_id, stone in self._stones.items()
        )

    @classmethod
    def restore(cls, saved: tuple[Any, ...]) -> Tombstones:
        """Continue from a snapshot."""
        tombstones = cls()
        tombstones._stones = {key: Tombstone(*fields) for key, *fields in saved}
        return tombstones
