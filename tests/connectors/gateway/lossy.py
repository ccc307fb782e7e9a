"""A TCP proxy that resets, cuts, stalls and delays connections at random."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections import Counter
from random import Random
from types import TracebackType
from typing import Any, Self

# Of each kind so many in a hundred; the rest passes.
FATES = {"reset": 15, "cut": 15, "stall": 5, "delay": 15}
# Bytes after which it happens: within the head, within the answer, within an event stream.
MAX_BYTES = 3_000
STALL_S = 2.0
MAX_DELAY_S = 0.05


class Lossy:
    """Enter it; `port` leads to the upstream's. fates: how many connections met which."""

    def __init__(self, upstream: int, seed: int) -> None:
        self._upstream = upstream
        self._dice = Random(seed)
        self._server: asyncio.Server | None = None
        self._going: set[asyncio.Task[None]] = set()
        self.fates: Counter[str] = Counter()

    @property
    def port(self) -> int:
        assert self._server is not None
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0, backlog=1_000)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        assert self._server is not None
        self._server.close()
        # None is cancelled while it opens a connection: nobody would close that.
        await asyncio.sleep(0.2)
        for task in list(self._going):
            task.cancel()
        await asyncio.gather(*self._going, return_exceptions=True)
        # Transports close one turn of the loop later, those of clients as well.
        await asyncio.sleep(0.2)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._going.add(task)
        try:
            await self._carry(reader, writer)
        except (OSError, asyncio.CancelledError):
            # Cancelled at the end alone, and asyncio complains of servers' tasks that are.
            pass
        finally:
            self._going.discard(task)
            writer.close()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        fate = self._dice.choices([*FATES, "pass"], [*FATES.values(), 100 - sum(FATES.values())])[0]
        self.fates[fate] += 1
        budget = _Budget(
            self._dice.randrange(MAX_BYTES) if fate in ("reset", "cut", "stall") else -1
        )
        delay_s = self._dice.random() * MAX_DELAY_S if fate == "delay" else 0.0
        there, back = await asyncio.open_connection("127.0.0.1", self._upstream)
        ways = [
            asyncio.create_task(_pass(source, sink, budget, delay_s))
            for source, sink in ((reader, back), (there, writer))
        ]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            if budget.is_spent and fate == "stall":
                await asyncio.sleep(STALL_S)
            if budget.is_spent and fate != "cut":
                for end in (back, writer):
                    _reset(end)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
            back.close()


class _Budget:
    """Bytes that still pass, in both directions together; less than none: all of them."""

    def __init__(self, size: int) -> None:
        self._left = size
        self.is_spent = False

    def take(self, data: bytes) -> bytes:
        if self._left < 0:
            return data
        passed = data[: self._left]
        self._left -= len(passed)
        self.is_spent = self._left == 0
        return passed


async def _pass(
    source: asyncio.StreamReader, sink: asyncio.StreamWriter, budget: _Budget, delay_s: float
) -> None:
    while not budget.is_spent and (data := await source.read(65_536)):
        if delay_s:
            await asyncio.sleep(delay_s)
        sink.write(budget.take(data))
        await sink.drain()


def _reset(writer: asyncio.StreamWriter) -> None:
    line: Any = writer.get_extra_info("socket")
    if line is not None and line.fileno() >= 0:
        line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
