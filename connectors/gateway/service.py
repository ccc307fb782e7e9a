"""What every route shares: the bus, the streams, who may do what, and how long things take."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field

from starlette.requests import HTTPConnection

from connectors.gateway.admission import Admission
from connectors.gateway.auth.gatekeeper import Gatekeeper
from connectors.gateway.auth.origins import Origins
from connectors.gateway.auth.principal import Principal, Scope
from connectors.gateway.auth.stream_ids import Access, StreamIds
from connectors.gateway.auth.tickets import Purpose, Tickets
from connectors.gateway.bus import Bus
from connectors.gateway.connections import Connections
from connectors.gateway.event_plugins import EventPlugins
from connectors.gateway.exchange import Exchange, UnknownPolicy
from connectors.gateway.producing import Producing
from connectors.gateway.rules.rule_bundles import RuleBundles
from connectors.gateway.samples import Samples
from connectors.gateway.streams import Streams
from connectors.gateway.subscribers.deliveries import Deliveries
from connectors.gateway.subscribers.subscriber import StreamSubscriber
from connectors.gateway.timing import Timing
from connectors.logs import logger

log = logger(__name__)

# Seconds between two looks at connections that take nothing and streams that nobody needs.
_TICK_S = 1.0


@dataclass
class Service:
    """The gateway behind its routes. Used from one event loop; `start` and `close` frame its life.

    idle_s: tells after how many seconds without text a stream ends, by the name of its policy.
    rules: what clients may check by themselves; None when nothing is signed for them.
    samples: what the page offers to try. subscribers: are told of all streams from the start on,
    and closed with it. plugins: add events of their own types.
    """

    bus: Bus
    gatekeeper: Gatekeeper
    ids: StreamIds
    tickets: Tickets
    origins: Origins
    admission: Admission
    timing: Timing = Timing()  # noqa: RUF009 - a constant
    history_bytes: int = 512 * 2**20
    idle_s: Callable[[str | None], float] = lambda _: 300.0
    rules: RuleBundles | None = None
    samples: Callable[[], Samples] = Samples
    subscribers: Sequence[StreamSubscriber] = ()
    plugins: EventPlugins | None = None
    streams: Streams = field(init=False)
    exchange: Exchange = field(init=False)
    producing: Producing = field(init=False)
    connections: Connections = field(default_factory=Connections)
    deliveries: Deliveries = field(init=False)
    is_ready: bool = field(default=False, init=False)
    _closing: list[Callable[[], Awaitable[None]]] = field(default_factory=list, init=False)
    _ticker: asyncio.Task[None] | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        self.streams = Streams(
            self.bus.epoch,
            time.monotonic,
            max_bytes=self.history_bytes,
            plugins=self.plugins,
        )
        self.deliveries = Deliveries(self.subscribers)
        self.exchange = Exchange(self.bus, self.streams)
        self.producing = Producing(self.ids, self.admission, self.exchange, self.streams)

    async def start(self) -> None:
        """Read what the log holds, and follow it. Raises ConnectorError."""
        await self.bus.start(self.streams.take)
        if self.subscribers:
            # Behind the history: they were told of that when it happened.
            self.streams.tell_all(self.deliveries.offer)
        self._ticker = asyncio.create_task(self._tick())
        self.is_ready = True

    async def close(self) -> None:
        """End what is open: clients come back to whoever serves next.

        Each part is closed whatever the others raise; what was raised comes out behind the last.
        """
        self.is_ready = False
        async with AsyncExitStack() as closing:
            # The last one is closed first.
            closing.push_async_callback(self.gatekeeper.close)
            closing.push_async_callback(asyncio.to_thread, self.deliveries.close)
            closing.push_async_callback(self.bus.close)
            for close in reversed(self._closing):
                closing.push_async_callback(close)
            closing.push_async_callback(self._stop_ticking)
            self.connections.end()

    def on_close(self, close: Callable[[], Awaitable[None]]) -> None:
        """Let something be closed with the service, before the bus is."""
        self._closing.append(close)

    async def caller(self, connection: HTTPConnection, scope: Scope) -> Principal:
        """Return who calls. Raises Unauthorized, Forbidden."""
        principal = await self._authenticate(connection)
        principal.require(scope)
        return principal

    async def reader(
        self, connection: HTTPConnection, stream_id: str, purpose: Purpose | None = None
    ) -> Principal:
        """Return who reads a stream: by ticket, as browsers do, or by credential.

        purpose: of tickets that are taken; None takes none. Raises Unauthorized, Forbidden,
        UnknownStream.
        """
        ticket = connection.query_params.get("ticket")
        if ticket is not None and purpose is not None:
            return await self.tickets.redeem(ticket, stream_id, purpose)
        principal = await self._authenticate(connection)
        self.ids.require_read(stream_id, principal)
        return principal

    def require_policy(self, name: str | None) -> None:
        """Raise UnknownPolicy for one that is not loaded, as far as is known here."""
        loaded = self.samples().policies
        if name is not None and loaded and name not in loaded:
            raise UnknownPolicy(name)

    def owns(self, principal: Principal, stream_id: str) -> bool:
        """Whether the principal began the stream."""
        return self.ids.access(stream_id, principal) is Access.OWN

    async def _authenticate(self, connection: HTTPConnection) -> Principal:
        headers: Mapping[str, str] = connection.headers
        return await self.gatekeeper.authenticate(
            headers.get("authorization"), headers.get("x-api-key")
        )

    async def _stop_ticking(self) -> None:
        if self._ticker is not None:
            self._ticker.cancel()
            with suppress(asyncio.CancelledError):
                await self._ticker

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(_TICK_S)
            try:
                self.connections.evict(time.monotonic() - self.timing.send_s)
                self.streams.forget(self.timing.kept_s)
            except Exception as error:  # noqa: BLE001 - without it memory would only grow
                log.error("a look at what is open failed", problem=type(error).__name__)
