"""One record of a stream's log as clients get it, encoded once for all who look at it alike."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal, NamedTuple

import msgspec
from msgspec import UNSET

from connectors.gateway.position import Position, write
from connectors.gateway.stream_event import StreamEvent

# Makes the events of a record, the last of them with this id.
Tell = Callable[[str], Sequence[StreamEvent]]

# Objects of one entry, and of what its record says.
_ENTRY_BYTES = 500
# What a client that wants it short is told.
_CONCISE = frozenset({"partial_result", "finding", "gap", "audit", "end", "heartbeat"})


class View(NamedTuple):
    """How a client wants its events.

    transport: `sse` frames or bare `json`. detailed: steps and checkpoints too. metadata: with the
    part that describes events. progress: with `progress` events.
    """

    transport: Literal["sse", "json"] = "sse"
    detailed: bool = True
    metadata: bool = True
    progress: bool = True

    def shows(self, kind: str) -> bool:
        """Whether a client is told events of this type."""
        if kind == "progress":
            return self.progress
        return self.detailed or kind in _CONCISE or "." in kind


class Entry:
    """The events of one record. The last of them carries the id: a client that lost the connection
    between them gets all of them again.

    offset: of the record in its topic. after: the stream's position behind it. size: bytes of
    memory, roughly. Nothing is made before somebody looks.
    """

    __slots__ = ("_epoch", "_frames", "_tell", "after", "kind", "offset", "size")

    def __init__(
        self, kind: int, offset: int, epoch: str, after: Position, tell: Tell, size: int
    ) -> None:
        """kind: which field of a position its topic has. size: bytes of the record."""
        self.kind = kind
        self.offset = offset
        self.after = after
        self._epoch = epoch
        self._tell = tell
        self._frames: dict[View, tuple[bytes, ...]] | None = None
        self.size = _ENTRY_BYTES + 3 * size

    @property
    def events(self) -> Sequence[StreamEvent]:
        """Make the events; the last of them has the id."""
        return self._tell(write(self._epoch, self.after))

    def frames(self, view: View) -> tuple[bytes, ...]:
        """Return what a client with this view is sent: a message each."""
        if self._frames is None:
            self._frames = {}
        frames = self._frames.get(view)
        if frames is None:
            events = self.events
            shown = [event for event in events if view.shows(event.type)]
            # Hidden events move a client on as well: the id goes to the last one that is shown.
            last = events[-1].id
            if shown and shown[-1].id is UNSET:
                shown[-1] = msgspec.structs.replace(shown[-1], id=last)
            frames = self._frames[view] = tuple(encode(event, view) for event in shown)
        return frames

    def is_behind(self, position: Position) -> bool:
        """Whether a client at this position has not seen it."""
        return self.offset >= position[self.kind]


def encode(event: StreamEvent, view: View) -> bytes:
    """Return one event as a client with this view gets it."""
    if not view.metadata and event.metadata is not UNSET:
        event = msgspec.structs.replace(event, metadata=UNSET)
    body = msgspec.json.encode(event)
    if view.transport == "json":
        return body
    head = b"" if event.id is UNSET else b"id: %b\n" % event.id.encode()
    return b"%bevent: %b\ndata: %b\n\n" % (head, event.type.encode(), body)
