"""Whether a request may go on: what its user and tenant may ask for, and how busy we are."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from connectors.gateway.auth.principal import Principal
from connectors.gateway.limits.allowance import Allowances
from connectors.gateway.limits.answer import Standing, TooMany, write_headers
from connectors.gateway.limits.limiter import Cost, Limiter
from connectors.gateway.limits.load import Load, Work
from connectors.gateway.limits.settings import LimitSettings
from connectors.gateway.limits.stream_slots import StreamSlots

# Of the time after which a slot is free by itself: one that is held is heard of so often.
_TOUCH_SHARE = 0.25


class Admission:
    """Counts every request against the limits of whoever sent it. One for each process."""

    def __init__(self, settings: LimitSettings, *, idle_s: float) -> None:
        """idle_s: after which a guard ends a stream. Raises LimitsFileError."""
        allowances: Allowances = settings.read_allowances()
        self._idle_s = idle_s
        self._limiter = Limiter(allowances, max_names=settings.max_names)
        self._slots = StreamSlots(allowances, idle_s=idle_s, max_streams=settings.max_streams)
        self._load = Load(settings.max_waiting)

    @asynccontextmanager
    async def admit(
        self,
        principal: Principal,
        work: Work,
        stream_id: str,
        *,
        user_id: str | None = None,
        chars: int = 0,
    ) -> AsyncIterator[Mapping[str, str]]:
        """Let a request in while the block runs; yield the headers that say what is left.

        user_id: of a new stream; its updates count for the same. chars: code points of new text.
        Raises TooMany, Overloaded.
        """
        priority = principal.priority or self._limiter.allowance(principal).priority
        with self._load.enter(priority, work):
            standings: tuple[Standing, ...] = ()
            if work is Work.START:
                opened = self._slots.open(principal, user_id, stream_id)
                if isinstance(opened, TooMany):
                    raise opened
                standings = opened.standings
            else:
                self._slots.touch(stream_id)
                user_id = self._slots.user_of(stream_id)
            if work is not Work.FINISH:
                checked = await self._limiter.check(principal, user_id, Cost(1, chars))
                if isinstance(checked, TooMany):
                    if work is Work.START:
                        self._slots.close(stream_id)
                    raise checked
                standings += checked.standings
            try:
                yield write_headers(standings)
            except BaseException:
                if work is Work.START:
                    # It never began: its place is free.
                    self._slots.close(stream_id)
                raise

    @asynccontextmanager
    async def admit_reply(
        self, principal: Principal, stream_id: str, *, user_id: str | None = None
    ) -> AsyncIterator[Mapping[str, str]]:
        """Let a reply of a provider in, and keep its slot while the block runs, however long; yield
        the headers that say what is left.

        The guard has nothing to do while a provider thinks, so this is no load. What the reply will
        say nobody knows yet: `charge` it as it comes. It costs one character to begin with, so that
        who has none left is turned away. Raises TooMany, Overloaded.
        """
        async with self.admit(
            principal, Work.START, stream_id, user_id=user_id, chars=1
        ) as headers:
            keeper = asyncio.create_task(self._keep(stream_id))
        try:
            yield headers
        finally:
            keeper.cancel()
            self.end(stream_id)

    def charge(self, principal: Principal, user_id: str | None, chars: int) -> None:
        """Count text of a reply that is let through, whatever is left; the next request pays."""
        if chars:
            self._limiter.charge(principal, user_id, chars)

    def end(self, stream_id: str) -> None:
        """Note that a stream is over: its user may have another one open."""
        self._slots.close(stream_id)

    async def _keep(self, stream_id: str) -> None:
        """Let a slot not become free by itself."""
        while True:
            await asyncio.sleep(self._idle_s * _TOUCH_SHARE)
            self._slots.touch(stream_id)
