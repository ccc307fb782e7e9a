"""An answer that is sent piece by piece, and ends when its client goes or takes no more."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, Sequence
from contextlib import AsyncExitStack
from typing import Any, TypeVar

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from connectors.gateway.connections import Connections

Header = tuple[bytes, bytes]
Result = TypeVar("Result")


class Streamed(Response):
    """Sends pieces as they come. on_end: called whatever happens, once."""

    def __init__(
        self,
        connections: Connections,
        transport: str,
        headers: Sequence[Header],
        pieces: AsyncGenerator[bytes, None],
        on_end: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        """transport: a word for metrics."""
        super().__init__()
        self._connections = connections
        self._transport = transport
        self._head = list(headers)
        self._pieces = pieces
        self._on_end = on_end

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one client."""
        del scope
        # Each of them whatever happens to the others.
        async with AsyncExitStack() as ends:
            if self._on_end is not None:
                ends.push_async_callback(self._on_end)
            ends.push_async_callback(self._pieces.aclose)
            await unless_gone(receive, self._send(send))

    async def _send(self, send: Send) -> None:
        connection = self._connections.add(self._transport)

        async def put(message: bytes) -> None:
            await send({"type": "http.response.body", "body": message, "more_body": True})

        try:
            await send({"type": "http.response.start", "status": 200, "headers": self._head})
            async for piece in self._pieces:
                await connection.send(put, piece)
            await send({"type": "http.response.body", "body": b""})
        finally:
            self._connections.remove(connection)


async def unless_gone(receive: Receive, work: Coroutine[Any, Any, Result]) -> Result | None:
    """Return what work returns; None when the client goes before, or the work was cancelled.

    receive: of a request whose body has been read. Raises what work raises.
    """
    worker = asyncio.create_task(work)
    watcher = asyncio.create_task(_gone(receive))
    try:
        await asyncio.wait((worker, watcher), return_when=asyncio.FIRST_COMPLETED)
    finally:
        worker.cancel()
        watcher.cancel()
        await asyncio.gather(worker, watcher, return_exceptions=True)
    return None if worker.cancelled() else worker.result()


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
