"""One frame of a stream as it came, and what every framing has in common."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, Protocol

from msgspec import Struct

from connectors.providers.errors import MalformedFrame

# The largest message an AWS event stream may carry; a picture in base64, the largest thing OpenAI
# sends in one event, is a quarter of it.
MAX_FRAME_BYTES = 16 * 1_048_576

FrameKind = Literal["data", "idle", "last"]


class Frame(Struct, frozen=True, gc=False):
    """One frame. Joined, the `raw` of all frames are the stream, byte for byte.

    number: from 0; offset: of `raw` in the stream, in bytes. kind: `data` has a payload, `idle`
    has none (comments, keep-alives, white space), `last` says that nothing follows. data: the
    payload. event: what the framing calls it, where it does.
    """

    number: int
    offset: int
    raw: bytes
    kind: FrameKind = "data"
    data: bytes = b""
    event: str | None = None

    def malformed(self, reason: str, detail: str) -> MalformedFrame:
        """Return the error that says what is wrong with this frame."""
        return MalformedFrame(reason, detail, frame=self.number, offset=self.offset)


class Framing(Protocol):
    """Cuts bytes into frames. Pure: no clock, no socket; the cuts of the input do not matter."""

    def feed(self, data: bytes) -> Iterator[Frame]:
        """Take the next bytes, yield the frames they complete. Raises MalformedFrame, behind the
        frames before it. The iterator must be used up.
        """

    def close(self) -> list[Frame]:
        """The stream has ended. Raises MalformedFrame if it ended inside a frame."""


class Cutter:
    """The bytes that are no frame yet, and the count of those that were."""

    __slots__ = ("_max_bytes", "_number", "_offset", "buffer")

    def __init__(self, max_bytes: int) -> None:
        self.buffer = bytearray()
        self._max_bytes = max_bytes
        self._number = 0
        self._offset = 0

    def check(self) -> None:
        """Raise MalformedFrame if what waits is larger than any frame may be."""
        if len(self.buffer) > self._max_bytes:
            raise self.malformed(
                "too-large", f"more than the {self._max_bytes:,} bytes a frame may have"
            )

    def cut(
        self, size: int, kind: FrameKind = "data", data: bytes = b"", event: str | None = None
    ) -> Frame:
        """Take the first bytes as a frame. Raises MalformedFrame if they are too many."""
        if size > self._max_bytes:
            raise self.malformed(
                "too-large", f"{size:,} bytes, more than the {self._max_bytes:,} a frame may have"
            )
        frame = Frame(self._number, self._offset, bytes(self.buffer[:size]), kind, data, event)
        del self.buffer[:size]
        self._number += 1
        self._offset += size
        return frame

    def malformed(self, reason: str, detail: str) -> MalformedFrame:
        """Return the error that says what is wrong with the bytes at hand."""
        return MalformedFrame(reason, detail, frame=self._number, offset=self._offset)
