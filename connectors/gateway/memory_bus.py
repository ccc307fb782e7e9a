"""The bus over topics of this process, in memory or in files."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from itertools import groupby
from operator import attrgetter

from connectors.clock import steady_ms
from connectors.gateway.bus import FOLLOWED, Take
from connectors.memory import MemoryTopics
from guardrails.records import Record

# Seconds between two looks for records that nobody needs any more.
_SWEEP_S = 5.0
_topic = attrgetter("topic")


class MemoryBus:
    """Hands over what other threads append, in batches: one wake-up of the loop for many records.

    kept_s: how long verdicts, events, audit records and dead letters stay in their topics, for
    readers that come back.
    """

    lag_s = 0.0

    def __init__(
        self,
        topics: MemoryTopics,
        epoch: str,
        *,
        kept_s: float,
        trouble: Callable[[], str | None] = lambda: None,
    ) -> None:
        """trouble: says why the flow behind the topics does not run; None while it does."""
        self.epoch = epoch
        self._topics = topics
        self._kept_ms = int(kept_s * 1000)
        self._trouble = trouble
        self._arrived: deque[Record] = deque()
        self._is_woken = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._take: Take = _ignore
        self._sweeper: asyncio.Task[None] | None = None

    @property
    def trouble(self) -> str | None:
        """Say why nothing goes through at the moment; None when all is well."""
        return self._trouble()

    async def start(self, take: Take) -> None:
        """Hand over the history, then what comes."""
        self._loop, self._take = asyncio.get_running_loop(), take
        self._topics.watch(FOLLOWED, self._note)
        self._drain()
        self._sweeper = asyncio.create_task(self._sweep())

    async def publish(self, stream_id: str, value: bytes) -> None:
        """Append an event to topic `chunks`."""
        self._topics.append("chunks", stream_id.encode(), value)

    async def close(self) -> None:
        """Stop listening."""
        self._topics.unwatch(self._note)
        if self._sweeper is not None:
            self._sweeper.cancel()

    def _note(self, record: Record) -> None:
        """Called on whatever thread appends."""
        self._arrived.append(record)
        if not self._is_woken and self._loop is not None and not self._loop.is_closed():
            self._is_woken = True
            self._loop.call_soon_threadsafe(self._drain)

    def _drain(self) -> None:
        # Cleared first: what arrives from here on wakes us again.
        self._is_woken = False
        records = [self._arrived.popleft() for _ in range(len(self._arrived))]
        for topic, run in groupby(records, _topic):
            self._take(topic, list(run))

    async def _sweep(self) -> None:
        while True:
            await asyncio.sleep(_SWEEP_S)
            oldest_ms = steady_ms() - self._kept_ms
            for topic in FOLLOWED:
                self._topics.drop_older(topic, oldest_ms)


def _ignore(_topic: str, _records: Sequence[Record]) -> None:
    """Before the start nobody wants to know."""
