"""One JSON array whose elements come one by one, as Gemini streams without `alt=sse`.

A frame is one element together with what stands before it: the bracket or the comma, and white
space. The closing bracket is the last frame.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from connectors.providers.frame import MAX_FRAME_BYTES, Cutter, Frame

_SPACE = b" \t\r\n"
_NEXT_IN_STRING = re.compile(rb'["\\]')
_NEXT = re.compile(rb'["{}\[\]]')
_OPENING = b"{["


class ArrayStream:
    r"""Cuts the elements of an array, which are objects.

    >>> [(frame.kind, frame.raw) for frame in ArrayStream().feed(b'[{"a":1}\n,{}]')]
    [('data', b'[{"a":1}'), ('data', b'\n,{}'), ('last', b']')]
    """

    def __init__(self, max_bytes: int = MAX_FRAME_BYTES) -> None:
        self._cutter = Cutter(max_bytes)
        self._scanned = 0
        self._begun = self._ended = self._in_string = False
        self._separated = False
        self._depth = 0
        self._start = 0

    def feed(self, data: bytes) -> Iterator[Frame]:
        """Take the next bytes, yield the elements they complete. Raises MalformedFrame."""
        self._cutter.buffer += data
        while (frame := self._within() if self._depth else self._between()) is not None:
            yield frame
        self._cutter.check()

    def close(self) -> list[Frame]:
        """The stream has ended. Raises MalformedFrame if the array has not."""
        if not self._ended:
            raise self._cutter.malformed(
                "truncated", "the stream ends inside the array; expected its closing bracket"
            )
        return [self._cutter.cut(len(self._cutter.buffer), "idle")] if self._cutter.buffer else []

    def _between(self) -> Frame | None:
        """Read what stands around elements: brackets, commas, white space."""
        buffer = self._cutter.buffer
        while self._scanned < len(buffer):
            byte = buffer[self._scanned]
            self._scanned += 1
            if byte in _SPACE:
                continue
            if byte == ord("{") and self._separated:
                self._start, self._depth, self._separated = self._scanned - 1, 1, False
                return self._within()
            if byte == ord("[") and not self._begun:
                self._begun = self._separated = True
            elif byte == ord(",") and self._begun and not self._separated and not self._ended:
                self._separated = True
            elif byte == ord("]") and self._begun and not self._ended:
                self._ended, size, self._scanned = True, self._scanned, 0
                self._separated = False
                return self._cutter.cut(size, "last", b"]")
            else:
                expected = "the array's '['" if not self._begun else "an object, ',' or ']'"
                raise self._cutter.malformed("not-an-array", f"expected {expected}")
        return None

    def _within(self) -> Frame | None:
        """Read on to the end of the element."""
        buffer = self._cutter.buffer
        while True:
            found = (_NEXT_IN_STRING if self._in_string else _NEXT).search(buffer, self._scanned)
            if found is None:
                self._scanned = len(buffer)
                return None
            byte = buffer[found.start()]
            if byte == ord("\\"):
                if found.end() == len(buffer):
                    self._scanned = found.start()
                    return None
                self._scanned = found.end() + 1
                continue
            self._scanned = found.end()
            if byte == ord('"'):
                self._in_string = not self._in_string
                continue
            self._depth += 1 if byte in _OPENING else -1
            if not self._depth:
                size, self._scanned = self._scanned, 0
                return self._cutter.cut(size, "data", bytes(buffer[self._start : size]))
