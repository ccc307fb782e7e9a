"""Frames back to bytes, in the framing they came in."""

from __future__ import annotations

import json
import re
from typing import Protocol

from connectors.providers.errors import UnknownApi
from connectors.providers.frame import Frame
from connectors.providers.payload import Record
from connectors.providers.sse import rewrite_event

# Fields of events that clients read; an event with other lines is written anew.
_PLAIN_EVENT = re.compile(
    rb"(?:\xef\xbb\xbf)?(?:(?:(?:data|event|id|retry)(?::[^\r\n]*)?)?(?:\r\n|\n|\r))*"
)
# A keep-alive is empty or a comment of a few words.
_KEEP_ALIVE = re.compile(rb"(?:(?::[ A-Za-z_.-]{0,64})?(?:\r\n|\n|\r))*")


class Writer(Protocol):
    """Writes the frames of one stream."""

    def same(self, frame: Frame) -> bytes:
        """Return a frame that is passed as it came."""

    def other(self, frame: Frame, payload: Record) -> bytes:
        """Return a frame with another payload."""

    def new(self, event: str | None, payload: Record) -> bytes:
        """Return a frame nobody sent."""

    def end(self, mark: bytes) -> bytes:
        """Return the end of the stream. mark: the API's own last word in server-sent events."""


class EventWriter:
    """Server-sent events."""

    def same(self, frame: Frame) -> bytes:
        """Return the event; what is no keep-alive and no event of ours becomes an empty comment."""
        if frame.kind == "idle":
            return frame.raw if _KEEP_ALIVE.fullmatch(frame.raw) else b":\n\n"
        if _PLAIN_EVENT.fullmatch(frame.raw):
            return frame.raw
        return rewrite_event(frame.raw, frame.data)

    def other(self, frame: Frame, payload: Record) -> bytes:
        """Return the event with another payload."""
        return rewrite_event(frame.raw, encode(payload))

    def new(self, event: str | None, payload: Record) -> bytes:
        """Return an event."""
        name = b"" if event is None else b"event: " + event.encode() + b"\n"
        return name + b"data: " + encode(payload) + b"\n\n"

    def end(self, mark: bytes) -> bytes:
        """Return the API's last word."""
        return b"data: " + mark + b"\n\n" if mark else b""


class LineWriter:
    """One JSON value per line."""

    def __init__(self) -> None:
        # The last line of a stream may have no line feed, and others be written behind it.
        self._before = b""

    def same(self, frame: Frame) -> bytes:
        """Return the line."""
        before, self._before = self._before, b"" if frame.raw.endswith(b"\n") else b"\n"
        return before + frame.raw

    def other(self, frame: Frame, payload: Record) -> bytes:
        """Return the line with another payload."""
        del frame
        return self.new(None, payload)

    def new(self, event: str | None, payload: Record) -> bytes:
        """Return a line."""
        del event
        before, self._before = self._before, b""
        return before + encode(payload) + b"\n"

    def end(self, mark: bytes) -> bytes:
        """Lines have no end of their own."""
        del mark
        return b""


class ArrayWriter:
    """Elements of one JSON array: what stands between them depends on what was written before."""

    def __init__(self) -> None:
        self._begun = False

    def same(self, frame: Frame) -> bytes:
        """Return the element, the closing bracket, or white space behind it."""
        if frame.kind == "idle":
            return frame.raw
        if frame.kind == "last":
            return frame.raw if self._begun or b"[" in frame.raw else b"[" + frame.raw
        before = frame.raw[: -len(frame.data)]
        if (b"[" in before) == self._begun:
            before = self._before()
        self._begun = True
        return before + frame.data

    def other(self, frame: Frame, payload: Record) -> bytes:
        """Return the element with another payload."""
        del frame
        return self.new(None, payload)

    def new(self, event: str | None, payload: Record) -> bytes:
        """Return an element."""
        del event
        before, self._begun = self._before(), True
        return before + encode(payload)

    def end(self, mark: bytes) -> bytes:
        """Return the closing bracket."""
        del mark
        return b"]" if self._begun else b"[]"

    def _before(self) -> bytes:
        return b",\n" if self._begun else b"["


class BodyWriter(LineWriter):
    """An answer that is not streamed."""

    def new(self, event: str | None, payload: Record) -> bytes:
        """Return a body."""
        del event
        return encode(payload)


_WRITERS: dict[str, type[Writer]] = {
    "sse": EventWriter,
    "ndjson": LineWriter,
    "json-array": ArrayWriter,
    "json": BodyWriter,
}


def writer_for(framing: str) -> Writer:
    """Return a writer. Raises UnknownApi for framings that are only read."""
    if framing not in _WRITERS:
        raise UnknownApi(
            f"framing {framing!r} cannot be written; expected one of {', '.join(_WRITERS)}"
        )
    return _WRITERS[framing]()


def encode(payload: Record) -> bytes:
    """Return the payload as JSON. Half a character goes out as the escape it came as."""
    try:
        return json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode()
    except UnicodeEncodeError:
        return json.dumps(payload, separators=(",", ":")).encode()
