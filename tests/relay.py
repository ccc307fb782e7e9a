"""A way to a server that can be cut: everything that passes through it is passed on, or nothing."""

from __future__ import annotations

import asyncio
import threading
from contextlib import suppress
from typing import Any


class Relay:
    """Listens on a port of its own and passes on to another one, on a thread of its own.

    target: where to pass on to; may be set when it is known.
    """

    def __init__(self, target: int = 0) -> None:
        self.target = target
        self._port = 0
        self._open: set[asyncio.StreamWriter] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._server: asyncio.Server | None = None

    def __enter__(self) -> Relay:
        self._thread.start()
        self.mend()
        return self

    def __exit__(self, *_: object) -> None:
        self.cut()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    @property
    def port(self) -> int:
        return self._port

    def mend(self) -> None:
        """Let connections through, on the same port as before."""
        self._call(self._mend())

    def cut(self) -> None:
        """Reset all connections and refuse new ones."""
        self._call(self._cut())

    def _call(self, coroutine: Any) -> None:
        asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(30)

    async def _mend(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self._port)
        self._port = self._server.sockets[0].getsockname()[1]

    async def _cut(self) -> None:
        if self._server is None:
            return
        server, self._server = self._server, None
        server.close()
        for writer in list(self._open):
            writer.transport.abort()
        # Those who served them notice.
        while self._open:
            await asyncio.sleep(0.01)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        ends = [writer]
        self._open.add(writer)
        with suppress(OSError):
            there, back = await asyncio.open_connection("127.0.0.1", self.target)
            ends.append(back)
            self._open.add(back)
            await asyncio.gather(_pass_on(reader, back), _pass_on(there, writer))
        for one in ends:
            one.transport.abort()
            self._open.discard(one)


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65_536):
        writer.write(data)
        await writer.drain()
    if writer.can_write_eof():
        writer.write_eof()
