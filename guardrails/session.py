"""The life of one stream: chunks go in, verdicts come out, one audit record at the end.

    state       event                                   next
    ACTIVE      chunk in order                          ACTIVE
    ACTIVE      final, aborted, idle or age timeout     MONITORING, or COMPLETE if nothing is open
    ACTIVE      enforced block                          MONITORING, or COMPLETE if nothing is open
    MONITORING  watching rules decided up to the block  COMPLETE, unless a check is open
    MONITORING  the last open check answers or expires  COMPLETE, unless a rule is watching
    COMPLETE    anything                                COMPLETE; nothing changes

Pure: no clock, no I/O. Times are log time in milliseconds and handed in.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil
from typing import Any

import msgspec

from guardrails.audit import compose_content
from guardrails.checked_inspection import CheckedInspection, inspect
from guardrails.errors import MalformedEvent, SessionClosed, SnapshotError
from guardrails.events import (
    Audit,
    AuditTransport,
    CheckEvent,
    CheckResult,
    Chunk,
    Context,
    Finding,
    Segment,
    State,
    Verdict,
)
from guardrails.fold import clean_content
from guardrails.guardrail import Action
from guardrails.lifetime import Lifetime
from guardrails.losses import Losses
from guardrails.plan import Plan
from guardrails.records import END_OF_TIME
from guardrails.reported import strongest
from guardrails.sequence import ContentTracker, Lost, Sequencer, require_kind

SNAPSHOT_VERSION = 3

# Most streams of a test or a demo say nothing about themselves; frozen, so one is enough.
_NO_CONTEXT = Context()

# Ends that no one announced.
_FORCED = ("idle", "age", "evicted")


class Session:
    """One stream under one policy version. See the module for its states.

    >>> from guardrails import default_plan
    >>> session = Session("greeting", default_plan())
    >>> session.push("Write to ada@exam").segments[0].text
    'Write to '
    >>> [segment.text for segment in session.push("ple.org today.", final=True).segments]
    ['[EMAIL_ADDRESS]', ' today.']
    """

    __slots__ = (
        *("_content", "_inspection", "_is_content", "_losses", "chunks", "context", "ended_by"),
        *("lifetime", "plan", "reason", "sequencer", "slowest_ms", "state", "strays"),
        *("stream_id", "verdicts"),
    )

    def __init__(
        self, stream_id: str, plan: Plan, *, context: Context | None = None, now_ms: int = 0
    ) -> None:
        self.stream_id = stream_id
        self.plan = plan
        self.context = context or _NO_CONTEXT
        self.state: State = "active"
        self.ended_by = ""
        self.reason: str | None = None
        self.chunks = 0
        self.verdicts = self.slowest_ms = 0
        self.lifetime = Lifetime(plan.policy.limits, now_ms)
        self.sequencer = Sequencer()
        self._inspection = inspect(plan, now_ms)
        self._content = ContentTracker()
        # Whether the stream sends `content`; None while it has sent no text.
        self._is_content: bool | None = None
        self._losses = Losses()
        # Chunks that had waited and turn out to stand behind the end.
        self.strays: tuple[Chunk, ...] = ()

    def push(self, text: str, *, final: bool = False, latency_ms: float = 0.0) -> Verdict:
        """Take the next piece of text, in order; for use without a transport.

        Raises SessionClosed when the stream has ended.
        """
        if self.state == "complete" or self.ended_by:
            raise SessionClosed(f"stream {self.stream_id!r} has ended; open a new session")
        self.chunks += 1
        self.sequencer.next_seq += 1
        return self._push(text, final=final, latency_ms=latency_ms)

    def finish(self) -> Verdict:
        """End the stream: everything still held is decided."""
        return self.push("", final=True)

    def receive(self, chunk: Chunk, now_ms: int, latency_ms: float = 0.0) -> list[Verdict]:
        """Take a chunk as it came; return a verdict for each chunk that could be judged.

        An early chunk waits, a duplicate or a late one is dropped, and behind the end nothing
        counts: all of these yield nothing. Raises MalformedEvent for a chunk this stream cannot
        carry; the session is unchanged then.
        """
        if self.state != "active" and self._ignores(chunk):
            return []
        text = chunk.text
        if self._is_content is not False or text is None or chunk.content is not None:
            self._is_content = require_kind(chunk, content=self._is_content)
        self.chunks += 1
        self.lifetime.touch(now_ms)
        if self._is_content:
            return self._receive_content(chunk, latency_ms)
        unusual = chunk.aborted or chunk.unscanned is not None
        if text is not None and not unusual and self.sequencer.take(chunk.seq):
            # The common case: nothing is missing, nothing waits.
            return [self._push(text, final=chunk.final, latency_ms=latency_ms)]
        limits = self.plan.policy.limits
        steps = self.sequencer.accept(
            chunk, now_ms, limits.max_early_chunks, limits.max_early_chars
        )
        return self._take(steps, latency_ms)

    def _ignores(self, chunk: Chunk) -> bool:
        """Tell whether a chunk comes too late to be judged; a new one behind the end is wrong."""
        if self.state == "complete":
            return True
        if not self.ended_by:
            return False
        if self._inspection.cleared.blocked or chunk.seq < self.sequencer.next_seq:
            return True
        text = f"seq {chunk.seq} came behind the end of stream {self.stream_id!r}"
        raise MalformedEvent("after-end", text)

    def _take(self, steps: Sequence[Chunk | Lost], latency_ms: float) -> list[Verdict]:
        verdicts: list[Verdict] = []
        for index, step in enumerate(steps):
            if self.ended_by or self.state == "complete":
                break
            if isinstance(step, Lost):
                verdicts += self._lose(step, latency_ms)
                continue
            if step.aborted:
                self.ended_by = "aborted"
            if step.unscanned is not None:
                self._losses.note_unread(step.unscanned, self._inspection.received)
            final = step.final or step.aborted
            verdicts.append(self._push(step.text or "", final=final, latency_ms=latency_ms))
            if final:
                self._end_at(step.seq, steps[index + 1 :])
        return verdicts

    def _end_at(self, seq: int, following: Sequence[Chunk | Lost]) -> None:
        """Take what waited behind the last chunk for what it is: wrong, unless the text was cut."""
        left = self.sequencer.end_at(seq)
        if not self._inspection.cleared.blocked:
            behind = [step for step in following if isinstance(step, Chunk)]
            self.strays = (*self.strays, *behind, *left)
            self.sequencer.late += len(behind) + len(left)

    def take_strays(self) -> tuple[Chunk, ...]:
        """Return the chunks behind the end that were not judged, once."""
        strays, self.strays = self.strays, ()
        return strays

    def _receive_content(self, chunk: Chunk, latency_ms: float) -> list[Verdict]:
        if not self.sequencer.skip_to(chunk.seq):
            return []
        final = chunk.final or chunk.aborted
        if chunk.aborted:
            self.ended_by = "aborted"
        if chunk.unscanned is not None:
            self._losses.note_unread(chunk.unscanned, self._inspection.received)
        if chunk.content is None:
            return [self._push("", final=final, latency_ms=latency_ms)]
        inspection, tracker = self._inspection, self._content
        content = clean_content(chunk.content, final=final)
        if inspection.cleared.blocked:
            delta = content[inspection.received :]
            return [self._push(delta, final=final, latency_ms=latency_ms)]
        change = tracker.derive(content, inspection.cleared.held)
        if change.rewritten:
            tracker.rewrites += 1
            if change.released_changed and self.plan.policy.on_rewrite == "block":
                return [self._block("rewrite", latency_ms)]
            inspection.rewrite(content, change.offset)
        verdict = self._push(change.delta, final=final, latency_ms=latency_ms)
        tracker.released(content, inspection.cleared.offset)
        return [verdict]

    def _push(self, text: str, *, final: bool, latency_ms: float) -> Verdict:
        inspection = self._inspection
        segments, findings = inspection.push(text, final=final)
        if final:
            self.ended_by = self.ended_by or "final"
        if final or inspection.release.blocked:
            self._advance()
        return self._verdict(segments, findings, latency_ms)

    def _advance(self) -> None:
        """Go on to the next state: the text has ended, or was cut."""
        inspection = self._inspection
        self.state = "complete" if inspection.settled else "monitoring"
        if inspection.release.blocked and self.state == "complete":
            self.ended_by = "blocked"

    def _lose(self, lost: Lost, latency_ms: float) -> list[Verdict]:
        """Judge a gap: matching ends before it; block there, or begin anew behind it."""
        inspection = self._inspection
        if inspection.cleared.blocked:
            return [self._push("", final=True, latency_ms=latency_ms)]
        if self.plan.policy.on_gap == "block":
            # Where the frontier stands must not depend on when a long hold was looked at last.
            inspection.hurry()
            verdict = self._push("", final=False, latency_ms=latency_ms)
            if inspection.cleared.blocked:
                return [verdict, *self._take([lost], latency_ms)]
            self._losses.note(lost, inspection.received)
            return [verdict, self._block("gap", latency_ms)]
        segments, findings = inspection.divide()
        if inspection.cleared.blocked:
            self._advance()
        else:
            self._losses.note(lost, inspection.received)
            inspection.restart()
        return [self._verdict(segments, findings, latency_ms)]

    def _block(self, reason: str, latency_ms: float) -> Verdict:
        """Cut the stream where the rules have decided, for a reason that is not a finding."""
        self.reason = reason
        segments, findings = self._inspection.cut()
        self.ended_by = "blocked"
        self._advance()
        return self._verdict(segments, findings, latency_ms)

    def answer(self, result: CheckResult, at_ms: int, latency_ms: float = 0.0) -> list[Verdict]:
        """Take the answer of a check; return a verdict if it changes what readers know.

        at_ms: the broker's timestamp of the answer.
        """
        checked = self.checked
        if checked is None or self.state == "complete":
            return []
        before: State = self.state
        inspected = checked.answer(result, at_ms)
        if inspected is None:
            return []
        if self.ended_by or checked.release.blocked:
            self._advance()
        state: State = self.state
        if not any(inspected) and state == before:
            return []
        verdict = self._verdict(*inspected, latency_ms)
        if state != "complete":
            name = self.plan.check(result.guardrail).setting.checkpoint
            verdict = msgspec.structs.replace(verdict, checkpoint=name)
        return [verdict]

    @property
    def asks(self) -> bool:
        """Whether `ask` has something to publish."""
        checked = self.checked
        return checked is not None and checked.checking.asks

    def ask(self, now_ms: float = 0) -> list[CheckEvent]:
        """Return what is to be published for the checks: text, and questions about it.

        now_ms: wall clock; a question without an answer is given up by it.
        """
        checked = self.checked
        if checked is None:
            return []
        return checked.checking.take(self.stream_id, self.context, int(now_ms))

    def expires_at_ms(self) -> int | None:
        """Return the log time of answers at which `expire` has something to do."""
        checked = self.checked
        return None if checked is None else checked.checking.expires_at_ms()

    def expire(self, clock_ms: int) -> list[Verdict]:
        """Give up the questions that get no answer, at once: nothing more is read of the log."""
        checked = self.checked
        if checked is None:
            return []
        expired = checked.checking.expired(self.stream_id, clock_ms)
        return [verdict for result in expired for verdict in self.answer(result, clock_ms)]

    def overdue(self, clock_ms: int) -> list[CheckResult]:
        """Return an answer for each question that gets none, once: it counts when it is read.

        clock_ms: log time of the answers.
        """
        checked = self.checked
        return [] if checked is None else checked.checking.overdue(self.stream_id, clock_ms)

    def evict(self) -> list[Verdict]:
        """End the stream though it goes on: there is no room. Open checks count as skipped."""
        verdicts: list[Verdict] = []
        while not self.ended_by and self.sequencer.waiting:
            verdicts += self._take(self.sequencer.give_up(self.last_at_ms), 0.0)
        if not self.ended_by:
            self.ended_by = "evicted"
            verdicts.append(self._push("", final=True, latency_ms=0.0))
        while left := self._left("the stream was evicted"):
            for result in left:
                verdicts += self.answer(result, 0)
        return verdicts

    def _left(self, reason: str) -> list[CheckResult]:
        checked = self.checked
        return [] if checked is None else checked.checking.give_up(self.stream_id, reason)

    @property
    def checked(self) -> CheckedInspection | None:
        """Return the inspection if its plan has checks."""
        inspection = self._inspection
        return inspection if isinstance(inspection, CheckedInspection) else None

    def tick(self, now_ms: int) -> list[Verdict]:
        """Let log time pass: give up gaps, end idle and old streams."""
        if self.ended_by:
            return []
        verdicts: list[Verdict] = []
        ended_by = self.lifetime.over(now_ms)
        while not self.ended_by and (since_ms := self.sequencer.waiting_since_ms) is not None:
            over_at_ms = self.lifetime.gap_over_at_ms(since_ms)
            if not (ended_by or over_at_ms <= now_ms):
                break
            # What waits for the next gap waits from when this one was over, not from when that
            # was noticed: a replay notices later.
            verdicts += self._take(self.sequencer.give_up(min(now_ms, over_at_ms)), 0.0)
        if ended_by and not self.ended_by:
            self.ended_by = ended_by
            verdicts.append(self._push("", final=True, latency_ms=0.0))
        return verdicts

    def deadline_ms(self) -> int:
        """Return the log time at which `tick` has something to do."""
        if self.ended_by:
            return END_OF_TIME
        return self.lifetime.deadline_ms(self.sequencer.waiting_since_ms)

    @property
    def last_at_ms(self) -> int:
        """Return the log time of the last chunk."""
        return self.lifetime.last_at_ms

    def _verdict(
        self, segments: tuple[Segment, ...], findings: tuple[Finding, ...], latency_ms: float
    ) -> Verdict:
        self.verdicts += 1
        if latency_ms > self.slowest_ms:
            # Whole ones: small integers cost a live stream nothing.
            self.slowest_ms = ceil(latency_ms)
        release, state = self._inspection.release, self.state
        action = Action.ALLOW
        reason: str | msgspec.UnsetType = msgspec.UNSET
        if release.blocked:
            action = Action.BLOCK
            reason = self.reason or msgspec.UNSET
        elif findings:
            action = strongest(findings)
        if self.ended_by in _FORCED:
            reason = self.ended_by
        return Verdict(
            self.stream_id,
            self.sequencer.next_seq - 1,
            action,
            segments,
            release.offset,
            len(release.held),
            findings,
            "end" if state == "complete" else "chunk",
            state,
            self.plan.version,
            latency_ms,
            reason,
            msgspec.UNSET if (tenant := self.context.tenant) is None else tenant,
        )

    @property
    def held(self) -> int:
        """Return how many code points are received and not released."""
        return len(self._inspection.release.held)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Return all findings reported so far, in order of their offsets."""
        return self._inspection.ledger.findings

    @property
    def scanned(self) -> int:
        """Return how many characters were read so far, and once more where a rule may match."""
        return self._inspection.scanned

    def audit(self, now_ms: int = 0) -> Audit:
        """Return the stream's audit record; whole once the state is complete."""
        plan = self.plan
        checking = self.checked.checking if self.checked is not None else None
        content = compose_content(
            plan, self._inspection, checking, self._losses.listed, self.reason
        )
        transport = AuditTransport(
            self.chunks,
            *self.sequencer.counts,
            *(self._content.rewrites, self.scanned, self._inspection.release.max_held),
            *(self.verdicts, self.lifetime.started_at_ms, max(now_ms, self.last_at_ms)),
            self.ended_by,
            {} if checking is None else checking.costs(),
            self.slowest_ms,
        )
        name = plan.policy.name
        return Audit(self.stream_id, self.context, name, plan.version, content, transport)

    def snapshot(self) -> tuple[Any, ...]:
        """Return the state as immutable primitives, with a version number."""
        return (
            *(SNAPSHOT_VERSION, self.stream_id, self.plan.version),
            msgspec.json.encode(self.context),
            self._losses.snapshot(),
            *(self.state, self.ended_by, self.reason, self.chunks, self.verdicts),
            *(self.slowest_ms, self.lifetime.started_at_ms, self.last_at_ms, self._is_content),
            *(self.sequencer.snapshot(), self._content.snapshot()),
            self._inspection.snapshot(),
        )

    @classmethod
    def restore(cls, saved: tuple[Any, ...], plan: Plan) -> Session:
        """Continue from a snapshot, under the policy version it was taken with.

        Raises SnapshotError when snapshot or policy are of another version.
        """
        if saved[0] != SNAPSHOT_VERSION or saved[2] != plan.version:
            raise SnapshotError(
                f"snapshot version {saved[0]} of policy {saved[2]} cannot continue as version "
                f"{SNAPSHOT_VERSION} of policy {plan.version}; keep the policy file it began with"
            )
        session = cls(saved[1], plan, context=msgspec.json.decode(saved[3], type=Context))
        session._losses = Losses.restore(saved[4])
        session.state, session.ended_by, session.reason, session.chunks = saved[5:9]
        session.verdicts, session.slowest_ms = saved[9:11]
        session.lifetime.started_at_ms, session.lifetime.last_at_ms = saved[11:13]
        session._is_content, sequencer, content, inspection = saved[13:]
        session.sequencer = Sequencer.restore(sequencer)
        session._inspection = type(session._inspection).restore(inspection, plan)
        session._content = ContentTracker.restore(content)
        return session
