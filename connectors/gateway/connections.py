"""Open event streams, and the end of those whose client takes nothing any more."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable

from prometheus_client import Counter as Metric
from prometheus_client import Gauge

OPEN = Gauge("tidegate_gateway_connections", "Open event streams.", ["transport"])
EVICTED = Metric(
    "tidegate_gateway_evicted_total",
    "Event streams ended because their client took nothing.",
    ["transport"],
)

Send = Callable[[bytes], Awaitable[None]]


class Connection:
    """One open event stream. sending_since: when a message was begun that is not taken yet."""

    __slots__ = ("_task", "sending_since", "transport")

    def __init__(self, transport: str, task: asyncio.Task[object]) -> None:
        self.transport = transport
        self.sending_since: float | None = None
        self._task = task

    async def send(self, send: Send, message: bytes) -> None:
        """Send a message; the connection ends if the client does not take it in time."""
        self.sending_since = time.monotonic()
        await send(message)
        self.sending_since = None

    def end(self) -> None:
        """End it, whatever it waits for."""
        self._task.cancel()


class Connections:
    """All open ones of this process. One look a second costs less than a timer for each message."""

    def __init__(self) -> None:
        self._open: set[Connection] = set()

    def __len__(self) -> int:
        return len(self._open)

    def add(self, transport: str) -> Connection:
        """Note that the running task serves a connection."""
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("a connection is served by a task; call add() in it")
        connection = Connection(transport, task)
        self._open.add(connection)
        OPEN.labels(transport).inc()
        return connection

    def remove(self, connection: Connection) -> None:
        """Note that it has ended."""
        self._open.discard(connection)
        OPEN.labels(connection.transport).dec()

    def evict(self, since: float) -> None:
        """End those that have been sending one message since before that time (monotonic)."""
        for connection in list(self._open):
            if connection.sending_since is not None and connection.sending_since < since:
                EVICTED.labels(connection.transport).inc()
                connection.end()

    def end(self) -> None:
        """End all of them."""
        for connection in list(self._open):
            connection.end()

    @property
    def counts(self) -> dict[str, int]:
        """Return how many are open, by transport."""
        return dict(Counter(connection.transport for connection in self._open))
