"""One subscriber, the thread it runs on, and what waits for it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from queue import Empty, SimpleQueue

from prometheus_client import Counter

from connectors.gateway.subscribers.subscriber import StreamSubscriber, Told
from connectors.logs import logger

log = logger(__name__)

EVENTS = Counter(
    "tidegate_gateway_subscriber_events",
    "Events for subscribers to all streams: taken, failed, or dropped for want of room.",
    ["subscriber", "outcome"],
)
OUTCOMES = ("taken", "failed", "dropped")
# 10,000 records are what a busy gateway is told in two seconds; a longer pause loses events.
MAX_RECORDS = 10_000
# 64 MiB: records are of some hundred bytes, but a verdict may release a million characters.
MAX_BYTES = 67_108_864
# So many records are taken before `flush`, at most.
_MAX_BATCH = 1_000
# Seconds between two log lines about one subscriber: a broken disk fails for every event.
_LOG_EVERY_S = 60.0


class Lane:
    """Hands over to one subscriber, on a thread of its own. `offer` and `end` belong to one thread,
    which never waits here.
    """

    def __init__(
        self,
        subscriber: StreamSubscriber,
        *,
        max_records: int = MAX_RECORDS,
        max_bytes: int = MAX_BYTES,
    ) -> None:
        """max_records, max_bytes: of what may wait."""
        self._subscriber = subscriber
        self._max_records = max_records
        self._max_bytes = max_bytes
        self._queue: SimpleQueue[Sequence[Told] | None] = SimpleQueue()
        # Written by the thread that offers, and by the one that takes: no lock is needed.
        self._offered, self._offered_bytes = 0, 0
        self._taken, self._taken_bytes = 0, 0
        self._is_left = False
        self._failures = 0
        self._logged_at: float | None = None
        # Shown from the beginning, so that "none in ten minutes" can be asked.
        self._counters = {which: EVENTS.labels(subscriber.name, which) for which in OUTCOMES}
        self._thread = threading.Thread(
            target=self._run, name=f"subscriber-{subscriber.name}", daemon=True
        )
        self._thread.start()

    @property
    def waiting(self) -> int:
        """Return how many records wait, or are being taken."""
        return self._offered - self._taken

    def offer(self, told: Sequence[Told]) -> None:
        """Hand over what there is room for; the rest is dropped and counted."""
        room = self._max_records - self.waiting
        if self._offered_bytes - self._taken_bytes > self._max_bytes:
            room = 0
        if room < len(told):
            self._counters["dropped"].inc(_count(told[max(0, room) :]))
            told = told[: max(0, room)]
        if told:
            self._offered += len(told)
            self._offered_bytes += _size(told)
            self._queue.put(told)

    def end(self) -> None:
        """Take what waits, then close the subscriber."""
        self._queue.put(None)

    def wait(self, timeout_s: float) -> bool:
        """Wait for the end; a subscriber that does not come back in time is left where it is."""
        self._thread.join(timeout_s)
        self._is_left = self._thread.is_alive()
        return not self._is_left

    def _run(self) -> None:
        goes_on = True
        while goes_on:
            batch, goes_on = self._next()
            if self._is_left:
                self._counters["dropped"].inc(_count(batch))
            elif batch:
                self._take(batch)
            self._taken += len(batch)
            self._taken_bytes += _size(batch)
        self._attempt(self._subscriber.close)

    def _next(self) -> tuple[list[Told], bool]:
        """Wait for something; return what waits, up to a batch, and whether more may come."""
        batch: list[Told] = []
        told = self._queue.get()
        try:
            while told is not None:
                batch += told
                if len(batch) >= _MAX_BATCH:
                    return batch, True
                told = self._queue.get_nowait()
        except Empty:
            return batch, True
        return batch, False

    def _take(self, batch: Sequence[Told]) -> None:
        taken = failed = 0
        for told in batch:
            if self._attempt(self._subscriber.on_events, told):
                taken += len(told.events)
            else:
                failed += len(told.events)
        if not self._attempt(self._subscriber.flush):
            taken, failed = 0, taken + failed
        self._counters["taken"].inc(taken)
        self._counters["failed"].inc(failed)

    def _attempt(self, call: Callable[..., object], *arguments: Told) -> bool:
        try:
            call(*arguments)
        # Others' code may raise anything, and even want to exit.
        except (Exception, SystemExit) as error:  # noqa: BLE001 - nobody else may suffer
            self._failures += 1
            self._tell(error)
            return False
        return True

    def _tell(self, error: BaseException) -> None:
        now = time.monotonic()
        if self._logged_at is None or now - self._logged_at >= _LOG_EVERY_S:
            self._logged_at = now
            # Its message may quote what it was given.
            log.warning(
                "a subscriber to all streams fails; everything else goes on",
                subscription=self._subscriber.name,
                failures=self._failures,
                problem=type(error).__name__,
            )


def _count(told: Sequence[Told]) -> int:
    return sum(len(one.events) for one in told)


def _size(told: Sequence[Told]) -> int:
    return sum(len(one.record.value) for one in told)
