"""Many streams side by side: what one partition of the dataflow remembers, and nothing else.

A shard's time is log time: the largest timestamp it has been told. Deadlines stand in one agenda; a
deadline that has moved on is put back when it comes up, so a chunk costs the agenda nothing.
"""

from __future__ import annotations

import json
import pickle
import zlib
from collections.abc import Collection, Sequence
from typing import Any

import msgspec

from guardrails import narration
from guardrails.agenda import Agenda
from guardrails.budget import DEFAULT_BUDGET, Budget
from guardrails.codec import decode_chunk
from guardrails.errors import MalformedEvent, SnapshotError
from guardrails.events import (
    MAX_LETTER_BYTES,
    Audit,
    CheckClose,
    CheckEvent,
    CheckResult,
    Chunk,
    DeadLetter,
    PipelineEvent,
    Verdict,
)
from guardrails.guardrail import Action
from guardrails.parked import Parked
from guardrails.plan import Plan
from guardrails.plans import Plans
from guardrails.records import END_OF_TIME, Record
from guardrails.session import Session
from guardrails.tombstones import Tombstones

SNAPSHOT_VERSION = 2

# Shards of one partition: measured, see docs/decisions/0002. Part of every snapshot,
# because another number would look for a stream in another shard.
SHARDS = 64

Event = Verdict | Audit | DeadLetter | CheckEvent | CheckResult | PipelineEvent

UNKNOWN_POLICY = "unknown-policy"


class Shard:
    """A group of streams that share a key of the dataflow."""

    def __init__(
        self, plans: Plans, *, keep_snapshots: bool = True, budget: Budget = DEFAULT_BUDGET
    ) -> None:
        """keep_snapshots: False when nothing will ever be restored; `snapshot` is empty then.
        budget: what a partition may hold; a shard has its share of it.
        """
        self._plans = plans
        self._keep = keep_snapshots
        self._budget = budget.share(SHARDS)
        self._sessions: dict[str, Session] = {}
        self._clock_ms = 0
        self._deadlines = Agenda()
        # When questions to checks are given up: by the log time of their answers.
        self._expiries = Agenda()
        self._tombstones = Tombstones()
        self._parked = Parked()
        self._saved: dict[str, bytes] = {}
        self._changed: set[str] = set()

    def __len__(self) -> int:
        """Return the number of live streams."""
        return len(self._sessions)

    @property
    def sessions(self) -> Collection[Session]:
        """Return the live streams, in the order they began."""
        return self._sessions.values()

    @property
    def ended(self) -> bool:
        """Whether the input was finite and has been read to its end."""
        return self._clock_ms >= END_OF_TIME

    @property
    def empty(self) -> bool:
        """Whether there is nothing left to remember."""
        return not self._sessions and not self._tombstones and not self._parked

    def receive(self, chunk: Chunk, record: Record, now_ms: float) -> list[Event]:
        """Judge one chunk. record: as it was read. now_ms: wall clock, which decides nothing but
        when a question to a check is given up.

        Never raises for what a producer may have sent: that becomes a dead letter.
        """
        time_ms = record.timestamp_ms
        if time_ms > self._clock_ms:
            self._clock_ms = time_ms
        if self._deadlines.is_due(self._clock_ms):
            # What is due by now has happened before this chunk came: in a replay, where no clock
            # comes between, as in the first run.
            return [*self._pass_deadlines(now_ms), *self._take(chunk, record, now_ms)]
        return self._take(chunk, record, now_ms)

    def _take(self, chunk: Chunk, record: Record, now_ms: float) -> list[Event]:
        session = self._sessions.get(chunk.stream_id)
        if session is None:
            return self._begin(chunk, record, now_ms)
        return self._judge(session, chunk, record, now_ms)

    def _judge(self, session: Session, chunk: Chunk, record: Record, now_ms: float) -> list[Event]:
        time_ms = record.timestamp_ms
        try:
            verdicts: list[Event] = session.receive(  # type: ignore[assignment]
                chunk, time_ms, now_ms - time_ms
            )
        except MalformedEvent as error:
            return [dead_letter(record, error.reason, error.detail)]
        if session.strays:
            verdicts += [_stray(record, stray, chunk.seq) for stray in session.take_strays()]
        if self._keep:
            self._changed.add(chunk.stream_id)
        if session.sequencer.waiting_since_ms is not None:
            self._deadlines.note(session.stream_id, session.deadline_ms())
        if session.state != "complete" and (
            session.plan.quiet or not (session.plan.policy.events or session.asks)
        ):
            return verdicts
        return self._conclude(session, verdicts, now_ms)

    def _conclude(self, session: Session, verdicts: Sequence[Event], now_ms: float) -> list[Event]:
        """Add what follows from a session's new state: questions to checks, the audit record."""
        asked = session.ask(now_ms)
        events = [*verdicts, *asked]
        if session.state == "complete":
            events = self._close(session, events)
        elif asked:
            self._watch_expiry(session)
        if session.plan.policy.events:
            events += narration.go_on(session, events, self._time_of(session))
        return events

    def _time_of(self, session: Session) -> int:
        """Return the log time. The end of time is none: a finite input ends with its last chunk."""
        return session.last_at_ms if self.ended else self._clock_ms

    def _watch_expiry(self, session: Session) -> None:
        expires_at_ms = session.expires_at_ms()
        if expires_at_ms is not None:
            self._expiries.note(session.stream_id, expires_at_ms)

    def answer(self, result: CheckResult, timestamp_ms: int, now_ms: float) -> list[Event]:
        """Take the answer of a check. timestamp_ms: the broker's, of its record."""
        session = self._sessions.get(result.stream_id)
        if session is None:
            if result.stream_id not in self._tombstones:
                self._parked.park_answer(result, timestamp_ms)
            return []
        if self._keep:
            self._changed.add(session.stream_id)
        verdicts = session.answer(result, timestamp_ms, now_ms - timestamp_ms)
        return self._conclude(session, verdicts, now_ms)

    def tick_answers(self, clock_ms: int, now_ms: float) -> list[Event]:
        """Give up questions that get no answer. clock_ms: log time of the answers.

        It is written to the log of answers and counts when it is read there, before or behind a
        real one: a replay, in which all clocks are others, finds the same.
        """
        events: list[Event] = []
        while (stream_id := self._expiries.next(clock_ms)) is not None:
            session = self._sessions.get(stream_id)
            if session is None:
                continue
            if self._keep:
                self._changed.add(stream_id)
            if clock_ms >= END_OF_TIME:
                events += self._conclude(session, session.expire(clock_ms), now_ms)
            else:
                events += session.overdue(clock_ms)
            if session.state != "complete":
                self._watch_expiry(session)
        return events

    def _begin(self, chunk: Chunk, record: Record, now_ms: float) -> list[Event]:
        """Open a stream with its first chunk, and judge those that came before it."""
        opened = self._open(chunk, record)
        if not isinstance(opened, Session):
            return opened
        for result, timestamp_ms in self._parked.take_answers(opened.stream_id):
            opened.answer(result, timestamp_ms)
        events: list[Event] = []
        if opened.plan.policy.events:
            events += narration.begin(opened, self._time_of(opened))
        events += self._judge(opened, chunk, record, now_ms)
        for early in self._parked.take(chunk.stream_id):
            events += self._take(decode_chunk(early.value), early, now_ms)
        if len(self._sessions) > self._budget.streams:
            crowd = self._budget.crowd(self._sessions.values(), but=opened)
            events += self._evict(crowd, now_ms)
        return events

    def _open(self, chunk: Chunk, record: Record) -> Session | list[Event]:
        """Return a new session, or what is said instead of opening one."""
        stone = self._tombstones.find(chunk.stream_id, self._clock_ms)
        if stone is not None:
            if stone.blocked:
                # Its producer goes on talking to nobody; it stays blocked while it does.
                self._tombstones.refresh(chunk.stream_id, self._clock_ms)
                return []
            if chunk.seq < stone.next_seq:
                return []
            detail = f"stream {chunk.stream_id!r} is complete; seq {chunk.seq} came behind its end"
            return [dead_letter(record, "after-end", detail)]
        plan = self._plans.named(chunk.policy, record.timestamp_ms)
        if plan is None:
            return self._refuse(chunk, record)
        if chunk.seq > 0:
            return self._park(chunk, record, plan)
        session = Session(chunk.stream_id, plan, context=chunk.context, now_ms=record.timestamp_ms)
        self._sessions[chunk.stream_id] = session
        self._deadlines.note(chunk.stream_id, session.deadline_ms())
        return session

    def _park(self, chunk: Chunk, record: Record, plan: Plan) -> list[Event]:
        """Let a chunk wait for its stream's first one; without it there is no such stream.

        It may be a retry of one that ended long ago: no session is opened, no audit overwritten.
        """
        is_first = chunk.stream_id not in self._parked
        if not self._parked.park(chunk.stream_id, record, plan.policy.limits):
            return [_beginless(record, chunk.stream_id)]
        if is_first:
            self._deadlines.note(chunk.stream_id, self._parked.forgotten_at_ms(chunk.stream_id))
        return []

    def _refuse(self, chunk: Chunk, record: Record) -> list[Event]:
        detail = f"no policy {chunk.policy!r} is loaded; load it or name one that is"
        tenant = None if chunk.context is None else chunk.context.tenant
        verdict = Verdict(
            *(chunk.stream_id, chunk.seq, Action.BLOCK, (), 0, 0, (), "chunk", "complete", ""),
            reason=UNKNOWN_POLICY,
            tenant=msgspec.UNSET if tenant is None else tenant,
        )
        return [verdict, dead_letter(record, UNKNOWN_POLICY, detail)]

    def _evict(self, sessions: Sequence[Session], now_ms: float) -> list[Event]:
        """End streams there is no room for: what is held is decided, the audit says why."""
        events: list[Event] = []
        for session in sessions:
            events += self._conclude(session, session.evict(), now_ms)
        return events

    def _close(self, session: Session, events: Sequence[Event]) -> list[Event]:
        stream_id = session.stream_id
        del self._sessions[stream_id]
        self._saved.pop(stream_id, None)
        self._changed.discard(stream_id)
        kept_ms = int(session.plan.policy.limits.tombstone_s * 1000)
        blocked = session.ended_by == "blocked"
        next_seq = session.sequencer.next_seq
        self._tombstones.bury(stream_id, next_seq, self._clock_ms, kept_ms, blocked=blocked)
        audit = session.audit(self._time_of(session))
        if session.checked is not None and session.checked.checking.published:
            return [*events, audit, CheckClose(stream_id)]
        return [*events, audit]

    def tick(self, clock_ms: int, now_ms: float) -> list[Event]:
        """Let log time pass: gaps, idle and old streams, forgotten tombstones, full memory."""
        self._clock_ms = max(self._clock_ms, clock_ms)
        events = self._pass_deadlines(now_ms)
        self._tombstones.forget(self._clock_ms)
        return events + self._evict(self._budget.heavy(self._sessions.values()), now_ms)

    def _pass_deadlines(self, now_ms: float) -> list[Event]:
        """Give up gaps, end idle and old streams, forget chunks whose stream never began."""
        events: list[Event] = []
        while (stream_id := self._deadlines.next(self._clock_ms)) is not None:
            session = self._sessions.get(stream_id)
            if session is None:
                beginless = self._parked.take(stream_id)
                events += [_beginless(record, stream_id) for record in beginless]
                continue
            verdicts = session.tick(self._clock_ms)
            if verdicts and self._keep:
                self._changed.add(stream_id)
            events += self._conclude(session, verdicts, now_ms)
            deadline_ms = session.deadline_ms()
            if session.state != "complete" and deadline_ms < END_OF_TIME:
                self._deadlines.note(stream_id, deadline_ms)
        return events

    def snapshot(self) -> tuple[Any, ...] | None:
        """Return the state as immutable primitives; only streams that changed are pickled anew."""
        if not self._keep:
            return None
        for stream_id in self._changed:
            state = self._sessions[stream_id].snapshot()
            self._saved[stream_id] = pickle.dumps(state, pickle.HIGHEST_PROTOCOL)
        self._changed.clear()
        in_use = {session.plan.version: session.plan for session in self._sessions.values()}
        policies = tuple((version, plan.packed) for version, plan in in_use.items())
        return (
            *(SNAPSHOT_VERSION, SHARDS, self._clock_ms, policies, tuple(self._saved.values())),
            *(self._tombstones.snapshot(), self._parked.snapshot()),
        )

    @classmethod
    def restore(
        cls,
        saved: tuple[Any, ...] | None,
        plans: Plans,
        *,
        keep_snapshots: bool,
        budget: Budget = DEFAULT_BUDGET,
    ) -> Shard:
        """Continue from a snapshot. Raises SnapshotError when it is of another version."""
        shard = cls(plans, keep_snapshots=keep_snapshots, budget=budget)
        if saved is None:
            return shard
        if saved[:2] != (SNAPSHOT_VERSION, SHARDS):
            raise SnapshotError(
                f"the snapshot has version {saved[0]} and {saved[1]} shards, expected "
                f"{SNAPSHOT_VERSION} and {SHARDS}; start with an empty recovery directory"
            )
        _, _, shard._clock_ms, policies, streams, tombstones, parked = saved
        in_use = {
            version: plans.version(version, zlib.decompress(packed).decode())
            for version, packed in policies
        }
        for state in streams:
            # Our own bytes, from our own recovery store.
            fields = pickle.loads(state)  # noqa: S301
            session = Session.restore(fields, in_use[fields[2]])
            shard._sessions[session.stream_id] = session
            shard._saved[session.stream_id] = state
            shard._deadlines.note(session.stream_id, session.deadline_ms())
            shard._watch_expiry(session)
        shard._tombstones = Tombstones.restore(tombstones)
        shard._parked = Parked.restore(parked)
        for stream_id in shard._parked.streams():
            shard._deadlines.note(stream_id, shard._parked.forgotten_at_ms(stream_id))
        return shard


def _stray(record: Record, stray: Chunk, end: int) -> DeadLetter:
    """Return the letter for a chunk that had waited. record: the one that showed where the end is;
    the stray's own place is not known any more.
    """
    detail = (
        f"seq {stray.seq} came behind the end of stream {stray.stream_id!r}; it was read before "
        f"the record named here, which has seq {end}"
    )
    value = json.dumps(msgspec.to_builtins(stray)).encode()
    return dead_letter(msgspec.structs.replace(record, value=value), "after-end", detail)


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
