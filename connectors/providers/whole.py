"""An answer that is not streamed: one frame, the body."""

from __future__ import annotations

from collections.abc import Iterator

from connectors.providers.frame import MAX_FRAME_BYTES, Cutter, Frame


class Whole:
    """Collects the body; it is a frame when it has ended."""

    def __init__(self, max_bytes: int = MAX_FRAME_BYTES) -> None:
        self._cutter = Cutter(max_bytes)

    def feed(self, data: bytes) -> Iterator[Frame]:
        """Take the next bytes. Raises MalformedFrame when they are too many."""
        self._cutter.buffer += data
        self._cutter.check()
        return iter(())

    def close(self) -> list[Frame]:
        """Return the body."""
        data = bytes(self._cutter.buffer)
        return [self._cutter.cut(len(data), "data", data)]
