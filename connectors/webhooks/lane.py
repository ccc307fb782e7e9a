"""One receiver and what it is sent: its queue, its connections, its counters."""

from __future__ import annotations

import asyncio
import contextlib
import random
import ssl
import threading
import time
from collections.abc import Callable, Iterable
from typing import NamedTuple
from urllib.parse import urlsplit

import aiohttp

from connectors.clock import steady_ms
from connectors.logs import logger
from connectors.webhooks.connection import Resolve, open_session, resolve_by_system
from connectors.webhooks.message import Parcel
from connectors.webhooks.metrics import DISABLED, FAILURES, MESSAGES, TRY_S
from connectors.webhooks.outgoing import GivenUp, Outgoing, Try
from connectors.webhooks.post import Answer, post
from connectors.webhooks.reach import Reach
from connectors.webhooks.room import Room
from connectors.webhooks.schedule import JITTER, Schedule
from connectors.webhooks.targets import Target

log = logger(__name__)

# Seconds between two lines about the same outage.
_LOG_EVERY_S = 60.0
# A look now and then, should the wall clock jump.
_LONGEST_WAIT_S = 60.0

# Told what is given up, before it is forgotten: (subscription, what).
Bury = Callable[[str, GivenUp], None]


class Way(NamedTuple):
    """How receivers are reached; the same for all. trusted: authorities of certificates."""

    reach: Reach
    trusted: ssl.SSLContext
    schedule: Schedule = Schedule()
    resolve: Resolve = resolve_by_system


def headers_of(target: Target, parcel: Parcel, now_s: int) -> dict[str, str]:
    """Return the headers of one try, its signature among them."""
    return {
        **target.headers,
        "Content-Type": "application/json",
        "User-Agent": "tidegate",
        "webhook-id": parcel.id,
        "webhook-timestamp": str(now_s),
        "webhook-signature": target.signer.sign(parcel.id, now_s, parcel.body),
    }


class Lane:
    """Sends one subscription's messages. `put`, `waiting` and `disabled` may be used from any
    thread, all else from the one whose loop it runs on.
    """

    def __init__(self, target: Target, room: Room, way: Way, bury: Bury) -> None:
        """room: counts what is under way; `put` expects that it was taken there."""
        subscription = target.subscription
        self.target = target
        self._room = room
        self._way = way
        self._bury = bury
        self._outgoing = Outgoing(subscription.concurrency, subscription.rate, way.schedule)
        self._lock = threading.Lock()
        self._filled = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._logged_at = 0.0
        parts = urlsplit(subscription.url)
        # The part of the URL that holds no secret.
        self._shown = f"{parts.scheme}://{parts.hostname}:{parts.port or parts.scheme}"

    @property
    def disabled(self) -> str:
        """Why nothing is sent any more; empty while something is."""
        return self._outgoing.disabled

    def resume(self, waiting: Iterable[tuple[Parcel, int]], disabled: str) -> None:
        """Go on from a snapshot: parcels and their tries so far, and why nothing was sent."""
        for parcel, tries in waiting:
            self._room.take([parcel.body])
            self._outgoing.put(parcel, steady_ms(), tries)
        if disabled:
            self._outgoing.disabled = disabled
            DISABLED.labels(self.target.id).set(1)

    def put(self, parcel: Parcel) -> None:
        """Take a message; returns at once."""
        with self._lock:
            if not self._outgoing.disabled:
                self._outgoing.put(parcel, steady_ms())
                self._wake()
                return
        self._room.give([parcel.body])
        MESSAGES.labels(self.target.id, "skipped").inc()

    def _wake(self) -> None:
        # A loop that has ended has nothing left to do: what waits is in the snapshot.
        if self._loop is not None:
            with contextlib.suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._filled.set)

    def waiting(self) -> tuple[tuple[Parcel, int], ...]:
        """Return what is not settled, with its tries so far."""
        with self._lock:
            return tuple((one.parcel, one.tries) for one in self._outgoing.unsettled())

    async def run(self) -> None:
        """Send until cancelled."""
        subscription = self.target.subscription
        with self._lock:
            self._loop = asyncio.get_running_loop()
        session, lookup = open_session(
            self._way.reach,
            self._way.trusted,
            tls=subscription.tls,
            connections=subscription.concurrency,
            timeout_s=subscription.timeout_s,
            resolve=self._way.resolve,
        )
        try:
            async with session, asyncio.TaskGroup() as tries:
                while True:
                    self._filled.clear()
                    with self._lock:
                        tried = self._outgoing.take(steady_ms())
                        due_ms = self._outgoing.due_ms()
                    if tried is not None:
                        tries.create_task(self._try(session, tried))
                        continue
                    wait_s = _LONGEST_WAIT_S
                    if due_ms is not None:
                        wait_s = min(wait_s, (due_ms - steady_ms() + 1) / 1000)
                    # Not `wait_for`: it may lose that this task is cancelled.
                    with contextlib.suppress(TimeoutError):
                        async with asyncio.timeout(max(0.0, wait_s)):
                            await self._filled.wait()
        finally:
            await lookup.close()

    async def _try(self, session: aiohttp.ClientSession, tried: Try) -> None:
        parcel = tried.parcel
        headers = headers_of(self.target, parcel, int(time.time()))
        with TRY_S.time():
            answer = await post(session, self.target.subscription.url, parcel.body, headers)
        self._settle(tried, answer)

    def _settle(self, tried: Try, answer: Answer) -> None:
        chance = random.uniform(1.0, 1.0 + JITTER)  # noqa: S311 - not a secret
        with self._lock:
            was_ill, was_disabled = self._outgoing.ill, self._outgoing.disabled
            given_up = self._outgoing.settle(tried, answer, steady_ms(), chance)
            # Within the lock: what leaves the queue is in the outbox when a snapshot is taken.
            for one in given_up:
                self._bury(self.target.id, one)
        name = self.target.id
        self._room.give([one.parcel.body for one in given_up])
        MESSAGES.labels(name, "given_up").inc(len(given_up))
        if answer.taken:
            self._room.give([tried.parcel.body])
            MESSAGES.labels(name, "delivered").inc()
            if was_ill:
                log.warning("a webhook is taken again", subscription=name, endpoint=self._shown)
        else:
            FAILURES.labels(name, answer.reason).inc()
            self._say(answer, given_up)
        if self._outgoing.disabled and not was_disabled:
            DISABLED.labels(name).set(1)
            log.error(
                "a webhook's subscription is disabled; talk to its receiver, then change its entry "
                "in the file, the description for one, and start again",
                subscription=name,
                endpoint=self._shown,
                answer=self._outgoing.disabled,
            )
        self._filled.set()

    def _say(self, answer: Answer, given_up: list[GivenUp]) -> None:
        """Tell of a failure, not of each."""
        now = time.monotonic()
        if self._logged_at and now - self._logged_at < _LOG_EVERY_S:
            return
        self._logged_at = now
        log.warning(
            "a webhook is not taken; it is tried again as long as it may be",
            subscription=self.target.id,
            endpoint=self._shown,
            answer=answer.detail,
            waiting=len(self._outgoing),
            records=len(given_up),
        )
