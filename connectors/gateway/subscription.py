"""One client's way through a stream's log: a cursor over entries that all clients share."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Sequence
from typing import NamedTuple

from connectors.gateway.entry import Entry, View, encode
from connectors.gateway.live_stream import MAX_BATCH, LiveStream
from connectors.gateway.position import Position, write
from connectors.gateway.stream_event import StreamEvent, format_time
from connectors.gateway.timing import Timing


class Pace(NamedTuple):
    """When a client is sent what there is. flush_s: so long events are gathered, 0 for at once;
    buffer_size: so many are not waited for any longer.
    """

    flush_s: float = 0.0
    buffer_size: int = 1


class Subscription:
    """Hands over a stream's events from a position on, until the stream is over.

    A gap is told where entries have gone before this client read them. A heartbeat is told when
    nothing else was for `timing.heartbeat_s`, and the connection ends at `timing.max_age_s`: a
    client whose end nobody noticed does not stay for ever, one that is well comes back.
    """

    def __init__(
        self,
        stream: LiveStream,
        view: View,
        timing: Timing,
        *,
        epoch: str,
        resume: tuple[str, Position] | None = None,
        pace: Pace = Pace(),  # noqa: B008 - a constant
    ) -> None:
        """resume: epoch and position the client has; None to begin at the beginning."""
        self._stream = stream
        self._view = view
        self._timing = timing
        self._epoch = epoch
        self._pace = pace
        self._next = stream.first
        self._foreign = resume is not None and resume[0] != epoch
        known = resume is not None and not self._foreign and stream.position.covers(resume[1])
        # Ahead of the log: it was cut off, or another one took its place.
        self._ahead = resume is not None and not self._foreign and not known
        self._resume = resume[1] if resume is not None and known else Position()
        self._missed = not self._resume.covers(stream.lost)
        # From this entry on the client has seen nothing.
        self._unseen = stream.end if known else stream.first

    def opening(self) -> list[bytes]:
        """Return what is told first: what the stream is, and whether something is missing."""
        data = {"epoch": self._epoch, "complete": self._stream.is_complete}
        verdict = self._stream.verdict
        if verdict is not None:
            data["policy_version"] = verdict.policy_version
        told = [self._event("metadata", data)] if self._view.detailed else []
        if self._foreign or self._ahead:
            told.append(self._gap("epoch"))
        elif self._missed:
            told.append(self._gap("history"))
        return told

    async def batches(self) -> AsyncIterator[Sequence[bytes]]:
        """Yield messages as they come, at least one at a time."""
        if opening := self.opening():
            yield opening
        begun = told_at = time.monotonic()
        while True:
            if self._next < self._stream.first:
                self._next = self._stream.first
                yield [self._gap("slow")]
            told = self._read()
            if told:
                yield told
                told_at = time.monotonic()
                continue
            if self._next < self._stream.end:
                continue
            if self._stream.is_dropped or time.monotonic() - begun > self._timing.max_age_s:
                return
            if self._stream.is_told:
                yield [self._event("end", {"complete": True})]
                return
            # Events that this client is not shown are no sign of life to it.
            left_s = told_at + self._timing.heartbeat_s - time.monotonic()
            if left_s <= 0:
                yield [self._event("heartbeat", {})]
                told_at = time.monotonic()
            elif await self._stream.changed(left_s) and self._pace.flush_s:
                await self._gather()

    def read_now(self) -> list[bytes]:
        """Return what there is, for clients that poll."""
        told = self.opening()
        while self._next < self._stream.end:
            told += self._read()
        if self._stream.is_told:
            told.append(self._event("end", {"complete": True}))
        return told

    async def wait(self, timeout_s: float) -> None:
        """Wait until there is something a client at this position has not seen."""
        end = time.monotonic() + timeout_s
        while not self._has_news() and not self._stream.is_told:
            left_s = end - time.monotonic()
            if left_s <= 0 or not await self._stream.changed(left_s):
                return

    @property
    def position(self) -> str:
        """Return the id a client holds that has read everything."""
        return write(self._epoch, self._stream.position)

    def _has_news(self) -> bool:
        return any(entry.is_behind(self._resume) for entry in self._stream.entries)

    async def _gather(self) -> None:
        """Wait for company, as long as the client allows."""
        end = time.monotonic() + self._pace.flush_s
        while self._stream.end - self._next < self._pace.buffer_size and not self._stream.is_told:
            left_s = end - time.monotonic()
            if left_s <= 0 or not await self._stream.changed(left_s):
                return

    def _read(self) -> Sequence[bytes]:
        if self._next >= self._unseen:
            batch = self._stream.batch(self._view, self._next)
            self._next = batch.end
            return batch.messages
        told: list[bytes] = []
        while self._next < self._unseen and len(told) < MAX_BATCH:
            entry: Entry = self._stream.entry(self._next)
            self._next += 1
            if entry.is_behind(self._resume):
                told += entry.frames(self._view)
        return told

    def _gap(self, reason: str) -> bytes:
        """Tell that something is missing. frontier: where the text goes on."""
        segments = [segment for seen in self._stream.seen for segment in seen.segments]
        frontier = segments[0].start if segments else self._stream.reader.frontier
        return self._event("gap", {"reason": reason, "frontier": frontier})

    def _event(self, kind: str, data: dict[str, object]) -> bytes:
        now = format_time(time.time_ns() // 1_000_000)
        return encode(StreamEvent(kind, self._stream.stream_id, now, data), self._view)
