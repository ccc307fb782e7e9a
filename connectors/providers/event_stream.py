"""AWS event streams (`application/vnd.amazon.eventstream`), as Bedrock sends them.

A message: total length and length of headers (4 bytes each, big endian), CRC-32 of these eight
bytes, headers, payload, CRC-32 of all before it. Both sums are checked before anything is read.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator

from connectors.providers.frame import MAX_FRAME_BYTES, Cutter, Frame

_PRELUDE = struct.Struct(">III")
_SUM = struct.Struct(">I")
_SMALLEST = _PRELUDE.size + _SUM.size
# Value types of headers whose width is fixed: true, false, byte, short, integer, long, timestamp,
# UUID. 6 and 7 are bytes and text, with their length in two bytes before them.
_WIDTHS = {0: 0, 1: 0, 2: 1, 3: 2, 4: 4, 5: 8, 8: 8, 9: 16}
_TEXT = 7


class MessageStream:
    """Cuts messages. `event` is the header `:event-type`, or `:exception-type` with a `!` before
    it: nothing else begins so.
    """

    def __init__(self, max_bytes: int = MAX_FRAME_BYTES) -> None:
        self._cutter = Cutter(max_bytes)
        self._max_bytes = max_bytes

    def feed(self, data: bytes) -> Iterator[Frame]:
        """Take the next bytes, yield the messages they complete. Raises MalformedFrame."""
        self._cutter.buffer += data
        while len(self._cutter.buffer) >= _PRELUDE.size:
            size, headers = self._prelude()
            if len(self._cutter.buffer) < size:
                break
            yield self._message(size, headers)

    def close(self) -> list[Frame]:
        """The stream has ended. Raises MalformedFrame if it ended inside a message."""
        if self._cutter.buffer:
            raise self._cutter.malformed("truncated", "the stream ends inside a message")
        return []

    def _prelude(self) -> tuple[int, int]:
        size, headers, stated = _PRELUDE.unpack_from(self._cutter.buffer)
        if zlib.crc32(self._cutter.buffer[: _PRELUDE.size - _SUM.size]) != stated:
            raise self._cutter.malformed("bad-checksum", "the prelude's CRC-32 does not hold")
        if size > self._max_bytes:
            raise self._cutter.malformed(
                "too-large", f"{size:,} bytes, more than the {self._max_bytes:,} a frame may have"
            )
        if size < _SMALLEST + headers:
            raise self._cutter.malformed(
                "bad-length", f"{size} bytes cannot hold {headers} bytes of headers"
            )
        return size, headers

    def _message(self, size: int, headers_size: int) -> Frame:
        message = bytes(self._cutter.buffer[:size])
        body = message[: -_SUM.size]
        if zlib.crc32(body) != _SUM.unpack_from(message, len(body))[0]:
            raise self._cutter.malformed("bad-checksum", "the message's CRC-32 does not hold")
        headers = self._headers(body[_PRELUDE.size : _PRELUDE.size + headers_size])
        event = headers.get(":event-type")
        if headers.get(":message-type", "event") != "event":
            event = "!" + (headers.get(":exception-type") or headers.get(":error-code") or "error")
        return self._cutter.cut(size, "data", body[_PRELUDE.size + headers_size :], event)

    def _headers(self, data: bytes) -> dict[str, str]:
        """Return the headers that are text."""
        found, at = {}, 0
        try:
            while at < len(data):
                name_end = at + 1 + data[at]
                name, kind = data[at + 1 : name_end].decode(), data[name_end]
                at = name_end + 1
                width = _WIDTHS.get(kind)
                if width is None:
                    (width,) = struct.unpack_from(">H", data, at)
                    at += 2
                if kind == _TEXT:
                    found[name] = data[at : at + width].decode()
                at += width
        except (IndexError, struct.error, UnicodeDecodeError) as error:
            raise self._cutter.malformed("bad-headers", "headers cannot be read") from error
        if at != len(data):
            raise self._cutter.malformed("bad-headers", "a header reaches beyond the headers")
        return found
