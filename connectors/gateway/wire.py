"""Connections as the server sees them, bounded in what they may send and how long they may take.

uvicorn has no limit for the head of a request, neither of size nor of time, waits for ever until a
client takes what was written, and answers every ping of a client that reads nothing. Here a client
that owes us bytes, or takes none, is let go, whatever it asked for.
"""

from __future__ import annotations

import asyncio
import resource
from collections.abc import Iterable
from typing import Any, cast

import msgspec
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from connectors.gateway.problems import MEDIA_TYPE, Problem
from connectors.gateway.timing import Timing

# 64 KiB: all headers together; nginx and Apache allow about half of it by default.
MAX_HEAD_BYTES = 65_536
# Requests sent before the answer to the first one; browsers send none, `wrk` and the like a few.
MAX_PIPELINED = 64
# 4 KiB: bytes of one WebSocket that are taken apart before others have their turn: 600 frames of a
# byte, some milliseconds.
_TURN_BYTES = 4_096
# Frames of one message: four mebibytes in pieces of 64 bytes, and some more.
MAX_FRAMES = 100_000
# Seconds between two looks at all connections: 10,000 of them are looked at in some milliseconds.
LOOK_S = 0.5
# Seconds in which event streams are ended by those who count them (`Connections`).
_GRACE_S = 2.0
# Files, pipes and connections to brokers that are none of ours.
_RESERVED_FILES = 256


class _Refusal(Exception):
    """Ends the parser within one of its callbacks."""


class HttpWire(HttpToolsProtocol):
    """One HTTP connection. owing_since: since when bytes of a request are due; None while none are.
    stalled_since: since when it has taken nothing of what is written.
    """

    owing_since: float | None = None
    stalled_since: float | None = None
    closing_since: float | None = None
    _is_in_head = True
    _head_bytes = 0
    _refusal = Problem(400, "not-http", "the request is not HTTP/1.1; correct it")

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin to wait for a request, if there is room for one more connection."""
        super().connection_made(cast(asyncio.Transport, transport))
        self.owing_since = self.loop.time()
        if self.limit_concurrency is not None and len(self.connections) > self.limit_concurrency:
            full = "the gateway has as many connections as it may; try again in a moment"
            self.refuse(Problem(503, "full", full, headers={"Retry-After": "1"}))

    def data_received(self, data: bytes) -> None:
        """Take some bytes."""
        was_in_head = self._is_in_head
        super().data_received(data)
        if self.transport.is_closing():
            return
        if was_in_head and self._is_in_head:
            # A line of a head that goes on and on: its parser tells nothing before it ends.
            self._head_bytes += len(data)
            if self._head_bytes > MAX_HEAD_BYTES:
                self.refuse(_too_large())
        if self.owing_since is None and not self._is_answering:
            # Something that is no request yet, such as an empty line.
            self.owing_since = self.loop.time()

    def on_message_begin(self) -> None:
        """A request begins."""
        super().on_message_begin()
        self.owing_since = self.loop.time()
        self._is_in_head = True
        self._head_bytes = 0

    def on_url(self, url: bytes) -> None:
        """Count it."""
        super().on_url(url)
        self._count(len(url))

    def on_header(self, name: bytes, value: bytes) -> None:
        """Count it."""
        super().on_header(name, value)
        self._count(len(name) + len(value))

    def on_headers_complete(self) -> None:
        """A request is known; its body follows."""
        self._is_in_head = False
        if len(self.pipeline) >= MAX_PIPELINED:
            self._refusal = Problem(429, "pipelined", "too many requests without their answers")
            raise _Refusal
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """A request is complete: the next word is ours."""
        super().on_message_complete()
        self.owing_since = None

    def pause_writing(self) -> None:
        """The client takes less than is written."""
        super().pause_writing()
        self.stalled_since = self.loop.time()

    def resume_writing(self) -> None:
        """It takes it."""
        super().resume_writing()
        self.stalled_since = None

    def send_400_response(self, msg: str) -> None:
        """Refuse what the parser has refused."""
        del msg
        self.refuse(self._refusal)

    def refuse(self, problem: Problem) -> None:
        """Answer with a problem and close; within another answer there is only the end."""
        if self._is_answering:
            self.transport.abort()
            return
        body = msgspec.json.encode(problem.body)
        headers = {
            "content-type": MEDIA_TYPE,
            "content-length": str(len(body)),
            "connection": "close",
            **problem.headers,
        }
        lines = [f"HTTP/1.1 {problem.status} {problem.body['title']}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        self.transport.write("\r\n".join([*lines, "", ""]).encode() + body)
        self.transport.close()

    def check(self, now: float, request_s: float) -> None:
        """Refuse it if it owes us bytes for longer than that."""
        if self.owing_since is None:
            return
        if self.flow.read_paused:
            # We do not read: it is not the client who is late.
            self.owing_since = now
        elif self._is_in_head:
            if self.owing_since < now - request_s:
                what = f"the head of the request took longer than {request_s:g} s; send it at once"
                self.refuse(Problem(408, "slow-head", what))
        elif self.owing_since < now - 2 * request_s - LOOK_S:
            # The route did not want the body, or it would have said so.
            self.transport.abort()

    @property
    def _is_answering(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def _count(self, size: int) -> None:
        self._head_bytes += size
        if self._head_bytes > MAX_HEAD_BYTES:
            self._refusal = _too_large()
            raise _Refusal


class SocketWire(WebSocketsSansIOProtocol):
    """One WebSocket. See `HttpWire`. Nothing is read of a client that takes nothing: answers to its
    pings would pile up.
    """

    stalled_since: float | None = None
    closing_since: float | None = None
    # Read, and not taken apart so far; nothing more is read meanwhile.
    _backlog = b""

    def data_received(self, data: bytes) -> None:
        """Take some bytes, and let others have their turn before the rest."""
        if self._backlog:
            self._backlog += data
            return
        self._take(data)

    def _take(self, data: bytes) -> None:
        super().data_received(data[:_TURN_BYTES])
        self._backlog = data[_TURN_BYTES:]
        if self._backlog and not self.transport.is_closing():
            self.transport.pause_reading()
            self.loop.call_soon(self._go_on)

    def _go_on(self) -> None:
        if self.transport.is_closing():
            return
        self._take(self._backlog)
        self._read_on()

    def _read_on(self) -> None:
        """Read more, if nothing speaks against it."""
        is_free = not self.read_paused and not self._backlog and self.writable.is_set()
        if is_free and not self.transport.is_closing():
            self.transport.resume_reading()

    def handle_cont(self, event: Any) -> None:
        """Take a frame that goes on with a message."""
        if len(self.frames) >= MAX_FRAMES:
            self.conn.send_close(1009)
            self.handle_parser_exception()
            return
        super().handle_cont(event)

    def pause_writing(self) -> None:
        """The client takes less than is written."""
        super().pause_writing()
        self.stalled_since = self.loop.time()
        if not self.transport.is_closing():
            self.transport.pause_reading()

    def resume_writing(self) -> None:
        """It takes it."""
        super().resume_writing()
        self.stalled_since = None
        self._read_on()

    async def receive(self) -> Any:
        """Return the next message of the client."""
        message = await self.queue.get()
        if self.read_paused and self.queue.empty():
            self.read_paused = False
            self._read_on()
        return message

    def check(self, now: float, request_s: float) -> None:
        """Pings find out who is not there any more."""


async def watch(connections: Iterable[object], timing: Timing) -> None:
    """Look after all connections of a server, for as long as it runs."""
    loop = asyncio.get_running_loop()
    while True:
        await asyncio.sleep(LOOK_S)
        now = loop.time()
        for one in list(connections):
            if isinstance(one, HttpWire | SocketWire):
                _look_at(one, now, timing)


def _look_at(one: HttpWire | SocketWire, now: float, timing: Timing) -> None:
    stalled_s = 0.0 if one.stalled_since is None else now - one.stalled_since
    if one.transport.is_closing():
        # What was closed stays until the client has taken the rest, and some never do.
        one.closing_since = one.closing_since or now
        if max(stalled_s, now - one.closing_since) > timing.send_s:
            one.transport.abort()
    elif stalled_s > timing.send_s + _GRACE_S:
        one.transport.abort()
    else:
        one.check(now, timing.request_s)


def room() -> int | None:
    """Return how many connections there may be, for as many files as the system lets us open."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    if hard == resource.RLIM_INFINITY:
        return None
    return max(hard - _RESERVED_FILES, hard // 2)


def _too_large() -> Problem:
    return Problem(
        431, "large-head", f"the head has more than {MAX_HEAD_BYTES:,} bytes; send fewer headers"
    )
