"""What the gateway knows of one stream: enough to answer updates, and to let clients come back."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

import msgspec
from msgspec import UNSET

from connectors.gateway.asked import Asking
from connectors.gateway.entry import Entry, Tell, View
from connectors.gateway.event_plugins import EventPlugins
from connectors.gateway.narration import Progress, Seen, tell_audit, tell_step, tell_verdict
from connectors.gateway.numbered import Numbered
from connectors.gateway.position import Position, write
from connectors.gateway.subscribers.subscriber import Said
from guardrails.events import Audit, DeadLetter, Finding, PipelineEvent, Verdict
from guardrails.reader import ProtocolError, Reader
from guardrails.records import Record

# Messages handed over at once, at most: a client that comes back to a long stream does not keep
# the loop from the others.
MAX_BATCH = 256
# Findings that are known again when a replay repeats them: far more than an epoch of one stream.
_MAX_FOUND = 10_000
_VERDICTS, _EVENTS, _AUDIT = range(3)
_ENDS = frozenset({"pipeline_complete", "pipeline_error"})


class Batch(NamedTuple):
    """Messages of the entries `start` to before `end`. is_full: more may be there."""

    start: int
    end: int
    messages: Sequence[bytes]
    is_full: bool


class LiveStream:
    """The log of one stream, as far as this gateway keeps it, and who waits for more.

    max_bytes: of entries; the oldest go when there are more, and a client that has not read them
    is told of a gap.
    """

    def __init__(
        self, stream_id: str, epoch: str, max_bytes: int, plugins: EventPlugins | None = None
    ) -> None:
        """plugins: add events of their own; None for none."""
        self._plugins = plugins
        self.stream_id = stream_id
        self.entries: deque[Entry] = deque()
        # Entries that are gone: `entries[0]` has this number.
        self.first = 0
        self.size = 0
        self.touched_at = 0.0
        self.seen: Numbered[Seen] = Numbered()
        self.audit: Audit | None = None
        self.asking = Asking()
        # Where the entries that are gone had come to; what a client must have seen to miss nothing.
        self.lost = Position()
        # Whether the gateway has let go of it: nothing more comes.
        self.is_dropped = False
        self.reader = Reader()
        self._epoch = epoch
        self._max_bytes = max_bytes
        self._position = Position()
        # A dict for its order: the oldest go first.
        self._found: dict[tuple[object, ...], None] = {}
        self._results = 0
        self._steps: dict[str, bool] = {}
        self._so_far = Progress(0, (), ())
        self._narrated: bool | None = None
        self._waiters: set[asyncio.Future[bool]] = set()
        self._shared: dict[View, Batch] = {}

    @property
    def end(self) -> int:
        """Return the number of the next entry."""
        return self.first + len(self.entries)

    @property
    def position(self) -> Position:
        """Return the position behind the last entry."""
        return self._position

    @property
    def began_ms(self) -> int:
        """Return the log time of the first verdict; 0 before it."""
        return self._so_far.began_ms

    @property
    def watchers(self) -> int:
        """Return how many wait for more."""
        return len(self._waiters)

    @property
    def verdict(self) -> Verdict | None:
        """Return the verdict that says where the stream stands."""
        return self.seen.last.verdict if self.seen else None

    @property
    def is_complete(self) -> bool:
        """Whether the stream is over, and its audit record is there if it gets one."""
        verdict = self.verdict
        # A stream nobody could open has no audit record.
        refused = verdict is not None and verdict.state == "complete" and not verdict.policy_version
        return self.audit is not None or refused

    @property
    def is_told(self) -> bool:
        """Whether nothing follows: the guard's own account has come to its end, too."""
        return self.is_complete and self._narrated is not False

    def take_verdict(self, record: Record, verdict: Verdict) -> None:
        """Note a verdict; a replay changes nothing."""
        now = self.verdict
        behind = now is not None and (
            verdict.seq < now.seq or verdict.frontier < now.frontier or now.state == "complete"
        )
        if not self._so_far.began_ms:
            self._so_far = self._so_far._replace(began_ms=record.timestamp_ms)
        gaps = len(self.reader.gaps)
        try:
            fresh = tuple(self.reader.read(verdict))
        except ProtocolError:
            # What was shown cannot be taken back; the stream goes on behind it.
            fresh = ()
        if len(self.reader.gaps) > gaps:
            # What came before is not in the log any more.
            self.lost = self.lost._replace(verdicts=max(self.lost.verdicts, record.offset))
        findings = tuple(finding for finding in verdict.findings if self._is_new(finding))
        if behind and not fresh and not findings:
            self._step_over(_VERDICTS, record.offset)
            return
        seen = Seen(self._slimmed(verdict), fresh, findings)
        if not behind:
            self.seen.append(seen)
        elif self.seen:
            last = self.seen.last
            self.seen.last = Seen(
                last.verdict, (*last.segments, *fresh), (*last.findings, *findings)
            )
        position = self._position._replace(verdicts=record.offset + 1)
        tell = partial(tell_verdict, seen, self._results, record.timestamp_ms, self._so_far)
        self._results += seen.is_result
        self._add(_VERDICTS, record, position, tell, verdict)

    def take_event(self, record: Record, event: PipelineEvent) -> None:
        """Note what the guard told of a step."""
        if event.type in _ENDS:
            self._narrated = True
        elif self._narrated is None:
            self._narrated = False
        if event.step is not UNSET and "id" in event.data:
            # Rules run at every chunk; what can be said to be under way is a check.
            self._step(event.step, is_over=event.type != "step_start")
        position = self._position._replace(events=record.offset + 1)
        self._add(_EVENTS, record, position, partial(tell_step, event), event)

    def take_audit(self, record: Record, audit: Audit) -> None:
        """Note the audit record."""
        if self.audit is not None:
            self._step_over(_AUDIT, record.offset)
            return
        self.audit = audit
        position = self._position._replace(audit=record.offset + 1)
        tell = partial(tell_audit, audit, record.timestamp_ms)
        self._add(_AUDIT, record, position, tell, audit)

    def take_letter(self, letter: DeadLetter) -> None:
        """Note that a chunk could not be judged."""
        self.asking.take(letter)
        self._wake()

    async def changed(self, timeout_s: float) -> bool:
        """Wait until something more is known; False if nothing is in time."""
        loop = asyncio.get_running_loop()
        waiter: asyncio.Future[bool] = loop.create_future()
        self._waiters.add(waiter)
        timer = loop.call_later(timeout_s, _resolve, waiter, False)
        try:
            return await waiter
        finally:
            timer.cancel()
            self._waiters.discard(waiter)

    def drop(self) -> None:
        """Say that nothing more is noted here; whoever waits is told."""
        self.is_dropped = True
        self._wake()

    @property
    def is_watched(self) -> bool:
        """Whether somebody waits for more."""
        return bool(self._waiters)

    def entry(self, number: int) -> Entry:
        """Return the entry of a number from `first` to before `end`."""
        return self.entries[number - self.first]

    def batch(self, view: View, start: int) -> Batch:
        """Return what clients with this view are sent from an entry on: events one by one, or, as
        server-sent events, in one piece. All who keep up read from the same place at the same
        moment, and get the same objects.
        """
        known = self._shared.get(view)
        if known is not None and known.start == start and (known.is_full or known.end == self.end):
            return known
        messages: list[bytes] = []
        end = start
        while end < self.end and len(messages) < MAX_BATCH:
            messages += self.entry(end).frames(view)
            end += 1
        is_full = len(messages) >= MAX_BATCH
        if view.transport == "sse" and messages:
            messages = [b"".join(messages)]
        if not self._shared:
            asyncio.get_running_loop().call_soon(self._shared.clear)
        batch = self._shared[view] = Batch(start, end, messages, is_full)
        return batch

    def _slimmed(self, verdict: Verdict) -> Verdict:
        """Return a verdict that shares with those before it what all of them say."""
        known = self.verdict
        for name in ("stream_id", "policy_version", "checkpoint") if known is not None else ():
            if (value := getattr(known, name)) == getattr(verdict, name):
                msgspec.structs.force_setattr(verdict, name, value)
        return verdict

    def _is_new(self, finding: Finding) -> bool:
        key = (finding.rule, finding.type, finding.start, finding.end, finding.mode)
        if key in self._found:
            return False
        self._found[key] = None
        if len(self._found) > _MAX_FOUND:
            del self._found[next(iter(self._found))]
        return True

    def _step(self, name: str, *, is_over: bool) -> None:
        """Note how far a step is."""
        self._steps[name] = is_over
        running, completed = (
            tuple(step for step, over in self._steps.items() if over is wanted)
            for wanted in (False, True)
        )
        self._so_far = Progress(self._so_far.began_ms, running, completed)

    def _step_over(self, kind: int, offset: int) -> None:
        fields = list(self._position)
        fields[kind] = offset + 1
        self._position = Position(*fields)

    def _add(
        self,
        kind: int,
        record: Record,
        position: Position,
        tell: Tell,
        said: Said,
    ) -> None:
        size = len(record.value)
        if self._plugins is not None:
            # Others' code is asked once, whoever looks.
            told = tell(write(self._epoch, position))
            events, added = self._plugins.add(said, told)
            size += added
            tell = lambda _: events  # noqa: E731
        entry = Entry(kind, record.offset, self._epoch, position, tell, size)
        self._position = position
        self.entries.append(entry)
        self.size += entry.size
        while self.size > self._max_bytes and len(self.entries) > 1:
            gone = self.entries.popleft()
            self.first += 1
            self.size -= gone.size
            self.lost = Position(*map(max, self.lost, gone.after))
            if gone.kind == _VERDICTS:
                # Its text is not kept by another name.
                self.seen.forget()
        self._wake()

    def _wake(self) -> None:
        for waiter in self._waiters:
            _resolve(waiter, True)


def _resolve(waiter: asyncio.Future[bool], value: bool) -> None:
    if not waiter.done():
        waiter.set_result(value)
