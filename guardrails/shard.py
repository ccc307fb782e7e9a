"""Many streams side by side: what one partition of the dataflow remembers, and nothing else.

A shard's time is log time: the largest timestamp it has been told. Deadlines lie in one heap; a
deadline that has moved on is put back when it comes up, so a chunk costs the heap nothing.
"""

from __future__ import annotations

import heapq
import pickle
from typing import Any

import msgspec

from guardrails.codec import decode_chunk
from guardrails.errors import MalformedEvent, SnapshotError
from guardrails.events import MAX_LETTER_BYTES, Audit, Chunk, DeadLetter, Verdict
from guardrails.guardrail import Action
from guardrails.plan import Plan
from guardrails.plans import Plans
from guardrails.records import END_OF_TIME, Record
from guardrails.session import Session

SNAPSHOT_VERSION = 1

# Shards of one partition: measured, see docs/decisions/0002. Part of every snapshot,
# because another number would look for a stream in another shard.
SHARDS = 64

Event = Verdict | Audit | DeadLetter

UNKNOWN_POLICY = "unknown-policy"


class _Tombstone(msgspec.Struct, frozen=True, gc=False):
    """What is left of a complete stream for a while. Times: log time, milliseconds."""

    next_seq: int
    forgotten_at_ms: int
    kept_ms: int
    blocked: bool


class Shard:
    """A group of streams that share a key of the dataflow."""

    def __init__(self, plans: Plans, *, keep_snapshots: bool = True) -> None:
        """keep_snapshots: False when nothing will ever be restored; `snapshot` is empty then."""
        self._plans = plans
        self._keep = keep_snapshots
        self._sessions: dict[str, Session] = {}
        self._clock_ms = 0
        self._deadlines: list[tuple[int, str]] = []
        # Complete streams, so that a retry opens nothing, the one to be forgotten first in front.
        self._tombstones: dict[str, _Tombstone] = {}
        # Records of streams whose first chunk has not come.
        self._parked: dict[str, list[Record]] = {}
        self._saved: dict[str, bytes] = {}
        self._changed: set[str] = set()

    def __len__(self) -> int:
        """Return the number of live streams."""
        return len(self._sessions)

    @property
    def empty(self) -> bool:
        """Whether there is nothing left to remember."""
        return not self._sessions and not self._tombstones and not self._parked

    def receive(self, chunk: Chunk, record: Record, now_ms: float) -> list[Event]:
        """Judge one chunk. record: as it was read. now_ms: wall clock, for latencies only.

        Never raises for what a producer may have sent: that becomes a dead letter.
        """
        time_ms = record.timestamp_ms
        if time_ms > self._clock_ms:
            self._clock_ms = time_ms
        session = self._sessions.get(chunk.stream_id)
        if session is None:
            return self._begin(chunk, record, now_ms)
        return self._judge(session, chunk, record, now_ms)

    def _judge(self, session: Session, chunk: Chunk, record: Record, now_ms: float) -> list[Event]:
        time_ms = record.timestamp_ms
        try:
            verdicts: list[Verdict] = session.receive(chunk, time_ms, now_ms - time_ms)
        except MalformedEvent as error:
            return [dead_letter(record, error.reason, error.detail)]
        if self._keep:
            self._changed.add(chunk.stream_id)
        if session.state == "complete":
            return self._close(session, verdicts)
        if session.sequencer.waiting_since_ms is not None:
            heapq.heappush(self._deadlines, (session.deadline_ms(), session.stream_id))
        return verdicts  # type: ignore[return-value]

    def _begin(self, chunk: Chunk, record: Record, now_ms: float) -> list[Event]:
        """Open a stream with its first chunk, and judge those that came before it."""
        opened = self._open(chunk, record)
        if not isinstance(opened, Session):
            return opened
        events = self._judge(opened, chunk, record, now_ms)
        for early in self._parked.pop(chunk.stream_id, ()):
            events += self.receive(decode_chunk(early.value), early, now_ms)
        return events

    def _open(self, chunk: Chunk, record: Record) -> Session | list[Event]:
        """Return a new session, or what is said instead of opening one."""
        tombstone = self._tombstones.get(chunk.stream_id)
        if tombstone is not None and tombstone.forgotten_at_ms > self._clock_ms:
            if tombstone.blocked:
                # Its producer goes on talking to nobody; it stays blocked while it does.
                self._bury(chunk.stream_id, tombstone.next_seq, tombstone.kept_ms, blocked=True)
                return []
            if chunk.seq < tombstone.next_seq:
                return []
            detail = f"stream {chunk.stream_id!r} is complete; seq {chunk.seq} came behind its end"
            return [dead_letter(record, "after-end", detail)]
        plan = self._plans.named(chunk.policy)
        if plan is None:
            return self._refuse(chunk, record)
        if chunk.seq > 0:
            return self._park(chunk, record, plan)
        session = Session(chunk.stream_id, plan, context=chunk.context, now_ms=record.timestamp_ms)
        self._sessions[chunk.stream_id] = session
        heapq.heappush(self._deadlines, (session.deadline_ms(), chunk.stream_id))
        return session

    def _park(self, chunk: Chunk, record: Record, plan: Plan) -> list[Event]:
        """Let a chunk wait for its stream's first one; without it there is no such stream.

        It may be a retry of one that ended long ago: no session is opened, no audit overwritten.
        """
        limits = plan.policy.limits
        parked = self._parked.setdefault(chunk.stream_id, [])
        size = sum(len(early.value) for early in parked) + len(record.value)
        if len(parked) >= limits.max_early_chunks or size > limits.max_early_chars:
            return [_beginless(record, chunk.stream_id)]
        if not parked:
            forgotten_at = self._clock_ms + int(limits.gap_timeout_s * 1000)
            heapq.heappush(self._deadlines, (forgotten_at, chunk.stream_id))
        parked.append(record)
        return []

    def _refuse(self, chunk: Chunk, record: Record) -> list[Event]:
        detail = f"no policy {chunk.policy!r} is loaded; load it or name one that is"
        verdict = Verdict(
            *(chunk.stream_id, chunk.seq, Action.BLOCK, (), 0, 0, (), "chunk", "complete", ""),
            reason=UNKNOWN_POLICY,
        )
        return [verdict, dead_letter(record, UNKNOWN_POLICY, detail)]

    def _close(self, session: Session, verdicts: list[Verdict]) -> list[Event]:
        stream_id = session.stream_id
        del self._sessions[stream_id]
        self._saved.pop(stream_id, None)
        self._changed.discard(stream_id)
        kept_ms = int(session.plan.policy.limits.tombstone_s * 1000)
        blocked = session.ended_by == "blocked"
        self._bury(stream_id, session.sequencer.next_seq, kept_ms, blocked=blocked)
        # The end of time is no time: a finite input ends its streams with their last chunk.
        ended_at = session.last_at_ms if self._clock_ms >= END_OF_TIME else self._clock_ms
        return [*verdicts, session.audit(ended_at)]

    def _bury(self, stream_id: str, next_seq: int, kept_ms: int, *, blocked: bool) -> None:
        self._tombstones.pop(stream_id, None)
        forgotten_at_ms = self._clock_ms + kept_ms
        self._tombstones[stream_id] = _Tombstone(next_seq, forgotten_at_ms, kept_ms, blocked)

    def tick(self, now_ms: int) -> list[Event]:
        """Let log time pass: gaps, idle and old streams, forgotten tombstones."""
        self._clock_ms = max(self._clock_ms, now_ms)
        events: list[Event] = []
        while self._deadlines and self._deadlines[0][0] <= self._clock_ms:
            _, stream_id = heapq.heappop(self._deadlines)
            session = self._sessions.get(stream_id)
            if session is None:
                parked = self._parked.pop(stream_id, ())
                events += [_beginless(record, stream_id) for record in parked]
                continue
            verdicts = session.tick(self._clock_ms)
            if verdicts and self._keep:
                self._changed.add(stream_id)
            if session.state == "complete":
                events += self._close(session, verdicts)
            else:
                events += verdicts
                heapq.heappush(self._deadlines, (session.deadline_ms(), stream_id))
        self._forget()
        return events

    def _forget(self) -> None:
        gone = []
        for stream_id, tombstone in self._tombstones.items():
            if tombstone.forgotten_at_ms > self._clock_ms:
                break
            gone.append(stream_id)
        for stream_id in gone:
            del self._tombstones[stream_id]

    def snapshot(self) -> tuple[Any, ...] | None:
        """Return the state as immutable primitives; only streams that changed are pickled anew."""
        if not self._keep:
            return None
        for stream_id in self._changed:
            state = self._sessions[stream_id].snapshot()
            self._saved[stream_id] = pickle.dumps(state, pickle.HIGHEST_PROTOCOL)
        self._changed.clear()
        in_use = {session.plan.version: session.plan for session in self._sessions.values()}
        policies = tuple(
            (version, plan.policy.model_dump_json()) for version, plan in in_use.items()
        )
        tombstones = tuple(
            (stream_id, *msgspec.structs.astuple(tombstone))
            for stream_id, tombstone in self._tombstones.items()
        )
        streams = tuple(self._saved.values())
        parked = tuple(
            msgspec.structs.astuple(record)
            for waiting in self._parked.values()
            for record in waiting
        )
        return (SNAPSHOT_VERSION, SHARDS, self._clock_ms, policies, streams, tombstones, parked)

    @classmethod
    def restore(cls, saved: tuple[Any, ...] | None, plans: Plans, *, keep_snapshots: bool) -> Shard:
        """Continue from a snapshot. Raises SnapshotError when it is of another version."""
        shard = cls(plans, keep_snapshots=keep_snapshots)
        if saved is None:
            return shard
        if saved[:2] != (SNAPSHOT_VERSION, SHARDS):
            raise SnapshotError(
                f"the snapshot has version {saved[0]} and {saved[1]} shards, expected "
                f"{SNAPSHOT_VERSION} and {SHARDS}; start with an empty recovery directory"
            )
        _, _, shard._clock_ms, policies, streams, tombstones, parked = saved
        in_use = {version: plans.version(version, source) for version, source in policies}
        for state in streams:
            # Our own bytes, from our own recovery store.
            fields = pickle.loads(state)  # noqa: S301
            session = Session.restore(fields, in_use[fields[2]])
            shard._sessions[session.stream_id] = session
            shard._saved[session.stream_id] = state
            shard._deadlines.append((session.deadline_ms(), session.stream_id))
        for record in (Record(*fields) for fields in parked):
            chunk = decode_chunk(record.value)
            shard._park(chunk, record, plans.named(chunk.policy) or plans.default)
        heapq.heapify(shard._deadlines)
        shard._tombstones = {key: _Tombstone(*fields) for key, *fields in tombstones}
        return shard


def _beginless(record: Record, stream_id: str) -> DeadLetter:
    detail = f"stream {stream_id!r} has no chunk with seq 0; send a stream from its beginning"
    return dead_letter(record, "no-beginning", detail)


def dead_letter(record: Record, reason: str, detail: str) -> DeadLetter:
    """Return the letter for a record that could not be judged: its bytes, and why."""
    return DeadLetter(
        record.topic,
        record.partition,
        record.offset,
        record.timestamp_ms,
        reason,
        detail,
        record.key,
        record.value[:MAX_LETTER_BYTES],
        len(record.value),
    )
