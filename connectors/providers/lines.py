"""One JSON value per line (NDJSON), as Ollama and Cohere send it and recordings are kept."""

from __future__ import annotations

from collections.abc import Iterator

from connectors.providers.frame import MAX_FRAME_BYTES, Cutter, Frame


class Lines:
    r"""Cuts at line feeds. The last line may do without one; empty lines are idle.

    >>> [frame.data for frame in Lines().feed(b'{"a":1}\n\n{"a"')]
    [b'{"a":1}', b'']
    """

    def __init__(self, max_bytes: int = MAX_FRAME_BYTES) -> None:
        self._cutter = Cutter(max_bytes)
        self._scanned = 0

    def feed(self, data: bytes) -> Iterator[Frame]:
        """Take the next bytes, yield the lines they complete. Raises MalformedFrame."""
        self._cutter.buffer += data
        while (end := self._cutter.buffer.find(b"\n", self._scanned)) >= 0:
            yield self._line(end + 1)
        self._scanned = len(self._cutter.buffer)
        self._cutter.check()

    def close(self) -> list[Frame]:
        """The stream has ended: what is left is the last line."""
        return [self._line(len(self._cutter.buffer))] if self._cutter.buffer else []

    def _line(self, size: int) -> Frame:
        self._scanned = 0
        data = bytes(self._cutter.buffer[:size]).strip()
        return self._cutter.cut(size, "data" if data else "idle", data)
