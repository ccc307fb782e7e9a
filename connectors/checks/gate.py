"""Lets attempts pass while a circuit breaker admits them; the others wait in line."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from connectors.checks.answer import CallFailed
from guardrails.breaker import Breaker


class Gate:
    """A breaker with those who wait for it."""

    def __init__(
        self, breaker: Breaker, now_s: Callable[[], float], opened: Callable[[], None]
    ) -> None:
        """opened: called whenever the breaker opens."""
        self.breaker = breaker
        self._now_s = now_s
        self._opened = opened
        self._changed = asyncio.Event()

    def is_hopeless(self, expires_at_s: float) -> bool:
        """Tell whether the next attempt can only begin after a deadline."""
        retry_at_s = self.breaker.retry_at_s
        return retry_at_s is not None and retry_at_s >= expires_at_s

    async def enter(self, expires_at_s: Callable[[], float]) -> None:
        """Wait until an attempt may be made; it is then answered by `leave`.

        Raises CallFailed at once when it can only begin after the deadline.
        """
        while not self.breaker.admit(self._now_s()):
            if self.is_hopeless(expires_at_s()):
                raise circuit_open()
            await self._wait()

    async def _wait(self) -> None:
        changed, retry_at_s = self._changed, self.breaker.retry_at_s
        wait_s = None if retry_at_s is None else max(0.0, retry_at_s - self._now_s())
        try:
            async with asyncio.timeout(wait_s):
                await changed.wait()
        except TimeoutError:
            return

    def leave(self, failure: CallFailed | None) -> None:
        """Say how an attempt ended. A service that answers, whatever it says, is not unwell."""
        if failure is not None and failure.unwell:
            self._fail()
        else:
            self.breaker.succeed()
        self._tell()

    def abandon(self, *, unwell: bool) -> None:
        """Say that nobody waited for an attempt to end. unwell: it had taken too long already."""
        if unwell:
            self._fail()
        else:
            self.breaker.abandon(self._now_s())
        self._tell()

    def _fail(self) -> None:
        before = self.breaker.opened
        self.breaker.fail(self._now_s())
        if self.breaker.opened > before:
            self._opened()

    def _tell(self) -> None:
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()


def circuit_open() -> CallFailed:
    """Return the failure of a call that was not made."""
    return CallFailed(
        "the service kept failing and is left alone until after the deadline", unwell=True
    )
