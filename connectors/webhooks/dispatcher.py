"""All receivers at once: one thread, one loop, a lane for each."""

from __future__ import annotations

import asyncio
import ssl
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import NamedTuple

from connectors.logs import logger
from connectors.outbox import Outbox
from connectors.webhooks.connection import Resolve, resolve_by_system
from connectors.webhooks.lane import Lane, Way
from connectors.webhooks.message import Parcel
from connectors.webhooks.metrics import MESSAGES, WAITING, prepare
from connectors.webhooks.outgoing import GivenUp
from connectors.webhooks.reach import Reach
from connectors.webhooks.room import Room
from connectors.webhooks.schedule import Schedule
from connectors.webhooks.targets import Target
from guardrails.events import MAX_LETTER_BYTES, DeadLetter, encode
from guardrails.records import Output

log = logger(__name__)

# What a subscription may have under way: 2 MiB, some thousand messages, is more than a minute of
# what one receiver takes; and 64 MiB for all, which a snapshot carries while nobody answers.
MAX_BYTES = 2 * 1024 * 1024
MAX_TOTAL_BYTES = 64 * 1024 * 1024
MAX_MESSAGES = 1_000
# A request that is under way is not waited for: it may arrive, and will be sent again.
_CLOSE_TIMEOUT_S = 5.0

# Per subscription: version, why it is disabled, and what is not settled with its tries so far.
Saved = tuple[tuple[str, str, str, tuple[tuple[tuple[object, ...], int], ...]], ...]


def make_rooms(targets: Sequence[Target]) -> dict[str, Room]:
    """Return the room of each subscription: shared by who reads for it and who sends for it."""
    each = min(MAX_BYTES, MAX_TOTAL_BYTES // max(1, len(targets)))
    return {one.id: Room(MAX_MESSAGES, each, WAITING.labels(one.id)) for one in targets}


class Settings(NamedTuple):
    """How the dispatcher works. dead_letters: full name of their topic."""

    reach: Reach
    dead_letters: str = "dead-letters"
    schedule: Schedule = Schedule()
    resolve: Resolve = resolve_by_system


class Dispatcher:
    """Sends what it is given, each subscription on its own. Delivery: at least once; what is given
    up goes to the outbox. `put` and `snapshot` may be called from any thread.
    """

    def __init__(
        self,
        targets: Sequence[Target],
        rooms: Mapping[str, Room],
        outbox: Outbox,
        settings: Settings,
        saved: Saved = (),
    ) -> None:
        """outbox: for dead letters; not closed here. saved: where to go on. The thread ends with
        `close`.
        """
        self._outbox = outbox
        self._dead_letters = settings.dead_letters
        trusted = ssl.create_default_context()
        way = Way(settings.reach, trusted, settings.schedule, settings.resolve)
        self._lanes = {
            one.id: Lane(one, rooms[one.id], way, self.bury)
            for one in targets
            if one.subscription.enabled
        }
        for name in self._lanes:
            prepare(name)
        self._resume(saved)
        self._bug: BaseException | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None
        self._begun = threading.Event()
        self._thread = threading.Thread(target=self._run, name="webhooks", daemon=True)
        self._thread.start()
        self._begun.wait()

    def put(self, subscription: str, parcel: Parcel) -> None:
        """Hand a message over; returns at once. Raises what has ended the thread, if anything."""
        self._check()
        self._lanes[subscription].put(parcel)

    def is_open(self, subscription: str) -> bool:
        """Whether a subscription is sent anything."""
        lane = self._lanes.get(subscription)
        return lane is not None and not lane.disabled

    def snapshot(self) -> Saved:
        """Return what is not settled. Dead letters of all else are stored when this returns.
        Raises as `put` does, and ConnectorError when they cannot be stored.
        """
        self._check()
        # In this order: what is given up in between is stored and tried once more, never lost.
        saved = tuple(
            (
                *(name, lane.target.version, lane.disabled),
                tuple((tuple(parcel), tries) for parcel, tries in lane.waiting()),
            )
            for name, lane in self._lanes.items()
        )
        self._outbox.flush()
        return saved

    def close(self) -> None:
        """End the thread; what is under way counts for nothing."""
        if self._loop is not None and self._stop is not None and self._thread.is_alive():
            # It may be ending by itself.
            with suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(_CLOSE_TIMEOUT_S)

    def bury(self, subscription: str, given_up: GivenUp) -> None:
        """Put a dead letter into the outbox: the message as it was to be sent, and why not."""
        parcel = given_up.parcel
        letter = DeadLetter(
            *(parcel.topic, parcel.partition, parcel.offset, parcel.timestamp_ms),
            given_up.reason,
            f"subscription {subscription}: {given_up.detail}",
            subscription.encode(),
            parcel.body[:MAX_LETTER_BYTES],
            len(parcel.body),
        )
        self._outbox.put(Output(self._dead_letters, parcel.id.encode(), encode(letter)))

    def _check(self) -> None:
        if self._bug is not None:
            raise self._bug

    def _resume(self, saved: Saved) -> None:
        for name, version, disabled, unsettled in saved:
            waiting = [(Parcel(*values), tries) for values, tries in unsettled]  # type: ignore[arg-type]
            lane = self._lanes.get(name)
            if lane is not None:
                # Another entry under the same name is not what was disabled.
                same = lane.target.version == version
                lane.resume(waiting, disabled if same else "")
                continue
            for parcel, _ in waiting:
                self.bury(name, GivenUp(parcel, "webhook-removed", "it is in the file no more"))
            MESSAGES.labels(name, "given_up").inc(len(waiting))

    def _run(self) -> None:
        try:
            asyncio.run(self._send())
        except Exception as error:  # noqa: BLE001 - told to whoever puts or saves next
            # What a lane raised comes in a group.
            while isinstance(error, ExceptionGroup):
                error = error.exceptions[0]
            self._bug = error
            log.error("sending webhooks ended", error=type(error).__name__)
        finally:
            self._begun.set()

    async def _send(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        self._begun.set()
        lanes = [asyncio.create_task(lane.run()) for lane in self._lanes.values()]
        stopped = asyncio.create_task(self._stop.wait())
        try:
            done, _ = await asyncio.wait([stopped, *lanes], return_when=asyncio.FIRST_COMPLETED)
            for task in done - {stopped}:
                # A lane never ends by itself.
                await task
        finally:
            for task in (stopped, *lanes):
                task.cancel()
            await asyncio.gather(stopped, *lanes, return_exceptions=True)
