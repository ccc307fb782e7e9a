"""Server-sent events, as the WHATWG HTML standard (9.2.6) has them.

Lines end with LF, CR or CRLF; an empty line ends an event; `data` lines are joined by LF; what
begins with a colon is a comment. A CR that is the last byte at hand waits for the next one, so
that frames do not depend on cuts. Unlike browsers, an event without its empty line at the end of
the stream is an error: text would be lost in silence.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from connectors.providers.frame import MAX_FRAME_BYTES, Cutter, Frame

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_LINE_END = re.compile(rb"\r\n|\n|\r(?!\Z)")
_LAST = b"[DONE]"


class EventStream:
    """Cuts server-sent events. `data: [DONE]` is the last frame where a provider sends one.

    >>> [frame.data for frame in EventStream().feed(b": hello\\n\\ndata: {}\\n\\ndata: 1\\r\\n")]
    [b'', b'{}']
    """

    def __init__(self, max_bytes: int = MAX_FRAME_BYTES) -> None:
        self._cutter = Cutter(max_bytes)
        self._begun = False
        self._scanned = 0
        # Before it no line ends, from `_scanned` on.
        self._looked = 0
        self._lines: list[bytes] = []

    def feed(self, data: bytes) -> Iterator[Frame]:
        """Take the next bytes, yield the events they complete. Raises MalformedFrame."""
        self._cutter.buffer += data
        while (frame := self._next()) is not None:
            yield frame
        self._cutter.check()

    def close(self) -> list[Frame]:
        """The stream has ended. Raises MalformedFrame if it ended inside an event."""
        if self._cutter.buffer.endswith(b"\r") and self._last_line():
            return [self._event(len(self._cutter.buffer))]
        if bytes(self._cutter.buffer).removeprefix(_BYTE_ORDER_MARK).strip(b"\r\n"):
            raise self._cutter.malformed(
                "truncated", "the stream ends inside an event; expected an empty line behind it"
            )
        return [self._cutter.cut(len(self._cutter.buffer), "idle")] if self._cutter.buffer else []

    def _last_line(self) -> bool:
        """Take the CR nothing can follow any more as a line's end; return whether an event's."""
        line = bytes(self._cutter.buffer[self._scanned : -1])
        if line:
            self._lines.append(line)
        return not line

    def _next(self) -> Frame | None:
        buffer = self._cutter.buffer
        while (end := _LINE_END.search(buffer, max(self._scanned, self._looked))) is not None:
            line = bytes(buffer[self._scanned : end.start()])
            self._scanned = end.end()
            if not self._begun:
                self._begun = True
                line = line.removeprefix(_BYTE_ORDER_MARK)
            if not line:
                return self._event(end.end())
            self._lines.append(line)
        # A CR at the end may be half of a line's end.
        self._looked = max(0, len(buffer) - 1)
        return None

    def _event(self, size: int) -> Frame:
        lines, self._lines, self._scanned, self._looked = self._lines, [], 0, 0
        fields = [line.partition(b":") for line in lines if not line.startswith(b":")]
        values = [(name, value.removeprefix(b" ")) for name, _, value in fields]
        data = [value for name, value in values if name == b"data"]
        payload = b"\n".join(data)
        events = [value for name, value in values if name == b"event"]
        if not data or not payload.strip():
            return self._cutter.cut(size, "idle")
        try:
            event = events[-1].decode() if events else None
        except UnicodeDecodeError as error:
            raise self._cutter.malformed("not-utf8", "the event's name is not UTF-8") from error
        if payload.strip() == _LAST:
            return self._cutter.cut(size, "last", payload, event)
        return self._cutter.cut(size, "data", payload, event)


def rewrite_event(raw: bytes, data: bytes) -> bytes:
    """Return the event with another payload: its name, id and line ends stay as they are.

    >>> rewrite_event(b'event: a\\ndata: {"x":1}\\n\\n', b"{}")
    b'event: a\\ndata: {}\\n\\n'
    """
    end = b"\r\n" if b"\r\n" in raw else b"\r" if b"\n" not in raw else b"\n"
    kept = [
        line
        for line in re.split(rb"\r\n|\n|\r", raw.removeprefix(_BYTE_ORDER_MARK))
        if line.partition(b":")[0] in (b"event", b"id", b"retry")
    ]
    return end.join([*kept, b"data: " + data, b"", b""])
