"""Bodies of requests: unpacked, bounded in size and in time, before any route sees them."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Callable
from typing import Protocol

import zstandard
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from connectors.gateway.problems import Problem

# 8 MiB: a million code points of four bytes each, and what JSON adds; what a prompt with history
# and a few pictures takes at a proxy.
MAX_BODY_BYTES = 8_388_608


class _Unpacker(Protocol):
    def decompress(self, data: bytes, max_length: int = ..., /) -> bytes: ...


class BodyLimit:
    """Reads the body of every request, unpacks it (`gzip`, `deflate`, `zstd`), and hands it on
    whole. What is too large (413), too slow (408), packed otherwise (415) or damaged (400) is
    answered with a problem; a small body that unpacks to a large one is stopped on the way.
    """

    def __init__(self, app: ASGIApp, *, max_s: float, max_bytes: int = MAX_BODY_BYTES) -> None:
        """max_s: seconds for a whole body."""
        self._app = app
        self._max_bytes = max_bytes
        self._max_s = max_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http" or scope["method"] in ("GET", "HEAD", "OPTIONS"):
            await self._app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        try:
            async with asyncio.timeout(self._max_s):
                body = await self._read(receive, headers)
        except TimeoutError:
            problem = Problem(
                408, "slow-body", f"the body took longer than {self._max_s:g} s; send it at once"
            )
            await problem.response()(scope, receive, send)
            return
        except Problem as problem:
            await problem.response()(scope, receive, send)
            return
        kept = [(name, value) for name, value in scope["headers"] if name != b"content-encoding"]
        handed = False

        async def hand_over() -> Message:
            nonlocal handed
            if handed:
                return await receive()
            handed = True
            return {"type": "http.request", "body": body, "more_body": False}

        await self._app({**scope, "headers": kept}, hand_over, send)

    async def _read(self, receive: Receive, headers: dict[bytes, bytes]) -> bytes:
        length = headers.get(b"content-length", b"0")
        if length.isdigit() and int(length) > self._max_bytes:
            raise self._too_large()
        unpack = self._unpacker(headers.get(b"content-encoding", b"identity"))
        parts: list[bytes] = []
        size = 0
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise Problem(400, "cut-off", "the connection ended within the body; send it again")
            part = unpack(message.get("body", b""), self._max_bytes - size)
            size += len(part)
            if size > self._max_bytes:
                raise self._too_large()
            parts.append(part)
            if not message.get("more_body", False):
                return b"".join(parts)

    def _unpacker(self, encoding: bytes) -> Callable[[bytes, int], bytes]:
        """Return what unpacks a part, to one byte more than it is told at most."""
        match encoding.strip().lower():
            case b"identity" | b"":
                return lambda data, _room: data
            case b"gzip" | b"x-gzip":
                return _inflate(zlib.decompressobj(16 + zlib.MAX_WBITS))
            case b"deflate":
                return _inflate(zlib.decompressobj())
            case b"zstd":
                return _pour(zstandard.ZstdDecompressor(max_window_size=_MAX_WINDOW))
        raise Problem(
            415, "unknown-encoding", "Content-Encoding: expected gzip, deflate, zstd or none"
        )

    def _too_large(self) -> Problem:
        return Problem(
            413,
            "too-large",
            f"the body has more than {self._max_bytes:,} bytes; send less, or in several calls",
        )


def _inflate(unpacker: _Unpacker) -> Callable[[bytes, int], bytes]:
    def unpack(data: bytes, room: int) -> bytes:
        try:
            return unpacker.decompress(data, room + 1)
        except zlib.error:
            raise _damaged() from None

    return unpack


def _pour(decompressor: zstandard.ZstdDecompressor) -> Callable[[bytes, int], bytes]:
    """Unpack zstd in slices, so that no slice makes more than its window at a time."""
    unpacker = decompressor.decompressobj()

    def unpack(data: bytes, room: int) -> bytes:
        parts: list[bytes] = []
        size = 0
        try:
            for at in range(0, len(data), _SLICE):
                part = unpacker.decompress(data[at : at + _SLICE])
                size += len(part)
                parts.append(part)
                if size > room:
                    break
        except zstandard.ZstdError:
            raise _damaged() from None
        return b"".join(parts)

    return unpack


# 8 MiB: what RFC 9659 lets HTTP use.
_MAX_WINDOW = 2**23
# 256 bytes: zstd makes at most some 128 KiB a block, and a block has three bytes at the least.
_SLICE = 256


def _damaged() -> Problem:
    return Problem(400, "damaged-body", "the body cannot be unpacked; pack it again and send it")
