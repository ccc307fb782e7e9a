"""The watch: once a second, where every partition ends, and whether the brokers answer at all."""

from __future__ import annotations

import threading
import time
import weakref
from collections.abc import Callable
from typing import NamedTuple, Protocol

from connectors.kafka.client import Client, Offsets, Partition
from connectors.logs import logger
from guardrails.errors import ConnectorError

log = logger(__name__)

# Seconds between two questions: the resolution of log time while nothing arrives.
PERIOD_S = 1.0


class Tip(NamedTuple):
    """At wall clock `asked_at_ms` (ms since the epoch) or later the partition ended at `end`."""

    end: int
    asked_at_ms: int


class Watched(Protocol):
    """What the watch reads of a source partition, and the one thing it writes: `tip`."""

    partition: Partition
    publishable: int | None
    tip: Tip | None


class Watch:
    """One background thread for all partitions of a source in one process.

    It asks the end offsets of all of them in one request, publishes the offsets of the last
    snapshots for lag monitors, and says once when the brokers stop and start answering. It lives
    as long as a partition does: partitions are held weakly, so an aborted flow leaves no thread.
    """

    def __init__(self, client: Client, now_ms: Callable[[], int]) -> None:
        """now_ms: the wall clock, milliseconds since the epoch."""
        self._client = client
        self._now_ms = now_ms
        self._watched: weakref.WeakSet[Watched] = weakref.WeakSet()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._alone = threading.Event()
        self._published: dict[Partition, int] = {}
        self._away_since: float | None = None

    def add(self, watched: Watched) -> None:
        """Watch one more partition, until it is removed or garbage."""
        with self._lock:
            self._watched.add(watched)
            self._alone.clear()
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="kafka-watch", daemon=True)
                self._thread.start()

    def remove(self, watched: Watched) -> None:
        """Forget it; without any other the thread ends."""
        with self._lock:
            self._watched.discard(watched)
            if not self._watched:
                self._alone.set()

    def _run(self) -> None:
        offsets: Offsets | None = None
        while True:
            with self._lock:
                watched = list(self._watched)
                if not watched:
                    self._thread = None
                    break
            try:
                if offsets is None:
                    offsets = self._client.offsets()
                self._ask(offsets, watched)
            except ConnectorError as error:
                self._note_away(error)
            del watched
            self._alone.wait(PERIOD_S)
        if offsets is not None:
            offsets.close()

    def _ask(self, offsets: Offsets, watched: list[Watched]) -> None:
        # Read the clock before asking: what is appended later is stamped later.
        asked_at_ms = self._now_ms()
        ends = offsets.ends([w.partition for w in watched])
        for one in watched:
            if one.partition in ends:
                one.tip = Tip(ends[one.partition], asked_at_ms)
        self._note_back()
        due = {
            w.partition: w.publishable
            for w in watched
            if w.publishable is not None and self._published.get(w.partition) != w.publishable
        }
        if due:
            offsets.publish(due)
            self._published.update(due)

    def _note_away(self, error: ConnectorError) -> None:
        if self._away_since is None:
            self._away_since = time.monotonic()
            log.warning("brokers are away; trying again until they answer", problem=error)

    def _note_back(self) -> None:
        if self._away_since is not None:
            away_s = time.monotonic() - self._away_since
            self._away_since = None
            log.warning("Kafka brokers answer again", away_s=round(away_s, 1))
