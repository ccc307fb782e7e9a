"""The life of one stream: chunks go in, verdicts come out, one audit record at the end.

    state       event                                   next
    ACTIVE      chunk in order                          ACTIVE
    ACTIVE      final, aborted, idle or age timeout     COMPLETE
    ACTIVE      enforced block                          MONITORING, or COMPLETE if nothing watches
    MONITORING  watching rules decided up to the block  COMPLETE
    MONITORING  final, aborted, idle or age timeout     COMPLETE
    COMPLETE    anything                                COMPLETE; nothing changes

Pure: no clock, no I/O. Times are log time in milliseconds and handed in.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import msgspec

from guardrails.audit import compose_content, strongest
from guardrails.errors import SessionClosed, SnapshotError
from guardrails.events import (
    Audit,
    AuditTransport,
    Chunk,
    Context,
    Finding,
    Segment,
    State,
    Unscanned,
    Verdict,
)
from guardrails.fold import clean, ends_in_half
from guardrails.guardrail import Action
from guardrails.ledger import Ledger
from guardrails.matcher import Match, MatchState
from guardrails.plan import Plan
from guardrails.release import Release
from guardrails.sequence import ContentTracker, Lost, Sequencer, require_kind

SNAPSHOT_VERSION = 1

# Ends that no one announced.
_TIMEOUTS = ("idle", "age")


class Session:
    """One stream under one policy version. See the module for its states.

    >>> from guardrails import default_plan
    >>> session = Session("greeting", default_plan())
    >>> session.push("Write to ada@exam").segments[0].text
    'Write to '
    >>> [segment.text for segment in session.push("ple.org today.", final=True).segments]
    ['[EMAIL_ADDRESS]', ' today.']
    """

    def __init__(
        self, stream_id: str, plan: Plan, *, context: Context | None = None, now_ms: int = 0
    ) -> None:
        self.stream_id = stream_id
        self.plan = plan
        self.context = context or Context()
        self.state: State = "active"
        self.ended_by = ""
        self.reason: str | None = None
        self.chunks = 0
        self.verdicts = 0
        self.received = 0
        self.started_at_ms = now_ms
        self.last_at_ms = now_ms
        self.sequencer = Sequencer()
        self._ledger = Ledger(plan)
        self._release = Release()
        self._enforced = MatchState()
        self._watching = MatchState()
        self._content: ContentTracker | None = None
        # Whether the stream sends `content`; None while it has sent no text.
        self._is_content: bool | None = None
        self._rewrites = 0
        # Half of a surrogate pair that was cut in two.
        self._half = ""
        self._unscanned: list[Unscanned] = []
        self._scanned_before = 0

    # ------------------------------------------------------------------ text in, verdicts out

    def push(self, text: str, *, final: bool = False, latency_ms: float = 0.0) -> Verdict:
        """Take the next piece of text, in order; for use without a transport.

        Raises SessionClosed when the stream has ended.
        """
        if self.state == "complete":
            raise SessionClosed(f"stream {self.stream_id!r} is complete; open a new session")
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
        if self.state == "complete":
            return []
        self._is_content = require_kind(chunk, content=self._is_content)
        self.chunks += 1
        self.last_at_ms = max(self.last_at_ms, now_ms)
        if self._is_content:
            return self._receive_content(chunk, latency_ms)
        limits = self.plan.policy.limits
        steps = self.sequencer.accept(
            chunk, now_ms, limits.max_early_chunks, limits.max_early_chars
        )
        return self._take(steps, latency_ms)

    def _take(self, steps: Sequence[Chunk | Lost], latency_ms: float) -> list[Verdict]:
        verdicts: list[Verdict] = []
        for step in steps:
            if self.state == "complete":
                break
            if isinstance(step, Lost):
                verdicts += self._lose(step, latency_ms)
                continue
            if step.aborted:
                self.ended_by = "aborted"
            final = step.final or step.aborted
            verdicts.append(self._push(step.text or "", final=final, latency_ms=latency_ms))
        return verdicts

    def _receive_content(self, chunk: Chunk, latency_ms: float) -> list[Verdict]:
        if not self.sequencer.skip_to(chunk.seq):
            return []
        if self._content is None:
            self._content = ContentTracker()
        final = chunk.final or chunk.aborted
        if chunk.aborted:
            self.ended_by = "aborted"
        content = chunk.content
        if content is None:
            return [self._push("", final=final, latency_ms=latency_ms)]
        if not final and ends_in_half(content):
            content = content[:-1]
        content = clean(content)
        if self._release.blocked:
            return [self._push(content[self.received :], final=final, latency_ms=latency_ms)]
        change = self._content.derive(content, self._release.held)
        if change.rewritten:
            self._rewrites += 1
            if change.released_changed and self.plan.policy.on_rewrite == "block":
                return [self._block("rewrite", latency_ms)]
            self._rewrite(content, change.offset)
        verdict = self._push(change.delta, final=final, latency_ms=latency_ms)
        self._content.released(content, self._release.offset)
        return [verdict]

    def _push(self, text: str, *, final: bool, latency_ms: float) -> Verdict:
        """Match, release, and put the verdict together: the hot path."""
        if self._half or not text.isascii() or "\0" in text:
            text = self._join(text, final=final)
        self.received += len(text)
        plan = self.plan
        frontier = self.received
        enforced: Sequence[Match] = ()
        if plan.enforced is not None and not self._release.blocked:
            enforced = plan.enforced.matcher.push(self._enforced, text, final=final)
            frontier = self._enforced.frontier
        watched: Sequence[Match] = ()
        if plan.watching is not None:
            watched = plan.watching.matcher.push(self._watching, text, final=final)
        if (
            enforced
            or watched
            or self._ledger.ahead
            or self._release.blocked
            or self.received > plan.max_chars
        ):
            return self._judge(text, enforced, watched, frontier, final, latency_ms)
        segments = self._release.advance(text, (), frontier, final=final)
        if final:
            self._complete("final")
        return self._verdict(segments, (), latency_ms)

    def _judge(
        self,
        text: str,
        enforced: Sequence[Match],
        watched: Sequence[Match],
        frontier: int,
        final: bool,  # noqa: FBT001
        latency_ms: float,
    ) -> Verdict:
        """Handle a push with findings, or behind a block."""
        ledger, release = self._ledger, self._release
        ledger.watch(watched)
        segments: tuple[Segment, ...] = ()
        if release.blocked:
            findings = ledger.report((), ledger.ends_at)
        else:
            found = ledger.enforce(enforced, frontier)
            touching = [item.enforced() for item in found]
            segments = release.advance(text, touching, frontier, final=final)
            findings = ledger.report(found, frontier)
        if release.blocked:
            self._after_block(final=final)
        elif final:
            self._complete("final")
        return self._verdict(segments, findings, latency_ms)

    def _after_block(self, *, final: bool) -> None:
        """Let the rules that only watch decide what starts before the cut, then end."""
        watching = self.plan.watching is not None and not final
        if watching and self._watching.frontier < self._ledger.ends_at:
            self.state = "monitoring"
        else:
            self._complete("blocked")

    # ------------------------------------------------------------------ losses, rewrites, ends

    def _lose(self, lost: Lost, latency_ms: float) -> list[Verdict]:
        """Judge a gap: matching ends before it; block there, or begin anew behind it."""
        if self._release.blocked:
            return [self._push("", final=True, latency_ms=latency_ms)]
        if self.plan.policy.on_gap == "block":
            return self._cut_at_gap(lost, latency_ms)
        verdict = self._push("", final=True, latency_ms=latency_ms)
        if not self._release.blocked:
            self.state, self.ended_by = "active", ""
            verdict = msgspec.structs.replace(verdict, state="active", checkpoint="chunk")
            self._note_gap(lost)
            self._scanned_before = self.scanned
            self._enforced = MatchState.starting_at(self.received)
            self._watching = MatchState.starting_at(self.received)
        return [verdict]

    def _cut_at_gap(self, lost: Lost, latency_ms: float) -> list[Verdict]:
        # Where the frontier stands must not depend on when a long hold was looked at last.
        self._enforced.rescan_at = 0
        verdict = self._push("", final=False, latency_ms=latency_ms)
        if not self._release.blocked:
            self._note_gap(lost)
            return [verdict, self._block("gap", latency_ms)]
        if self.state == "monitoring":
            return [verdict, self._push("", final=True, latency_ms=latency_ms)]
        return [verdict]

    def _note_gap(self, lost: Lost) -> None:
        self._unscanned.append(Unscanned(self.received, "gap", lost.first, lost.last))

    def _rewrite(self, content: str, offset: int) -> None:
        """Forget the text from `offset` on; match the new content's, with what stands before."""
        self._scanned_before = self.scanned
        self._release.rollback()
        self._ledger.rewrite_from(offset)
        self._enforced = MatchState.behind(content[:offset])
        self._watching = MatchState.behind(content[:offset])
        self.received = offset

    def _block(self, reason: str, latency_ms: float) -> Verdict:
        """Cut the stream at the release frontier for a reason that is not a finding."""
        plan, ledger = self.plan, self._ledger
        if plan.watching is not None:
            ledger.watch(plan.watching.matcher.push(self._watching, "", final=True))
        ledger.ends_at = self.received if plan.enforced is None else self._enforced.frontier
        self.reason = reason
        self._release.cut()
        self._complete("blocked")
        return self._verdict((), ledger.report((), ledger.ends_at), latency_ms)

    def tick(self, now_ms: int) -> list[Verdict]:
        """Let log time pass: give up gaps, end idle and old streams."""
        limits = self.plan.policy.limits
        verdicts: list[Verdict] = []
        if self.state != "complete" and self.sequencer.waiting_since_ms is not None:
            gap_at = self.sequencer.waiting_since_ms + limits.gap_timeout_s * 1000
            if now_ms >= gap_at:
                verdicts += self._take(self.sequencer.give_up(now_ms), 0.0)
        if now_ms >= self.last_at_ms + limits.idle_timeout_s * 1000:
            verdicts += self._end("idle", now_ms)
        elif now_ms >= self.started_at_ms + limits.max_age_s * 1000:
            verdicts += self._end("age", now_ms)
        return verdicts

    def _end(self, ended_by: str, now_ms: int) -> list[Verdict]:
        verdicts: list[Verdict] = []
        while self.sequencer.waiting and self.state != "complete":
            verdicts += self._take(self.sequencer.give_up(now_ms), 0.0)
        if self.state != "complete":
            self.ended_by = ended_by
            verdicts.append(self._push("", final=True, latency_ms=0.0))
        return verdicts

    def deadline_ms(self) -> int:
        """Return the log time at which `tick` has something to do."""
        limits = self.plan.policy.limits
        deadline = min(
            self.last_at_ms + limits.idle_timeout_s * 1000,
            self.started_at_ms + limits.max_age_s * 1000,
        )
        if self.sequencer.waiting_since_ms is not None:
            gap_at = self.sequencer.waiting_since_ms + limits.gap_timeout_s * 1000
            deadline = min(deadline, gap_at)
        return math.ceil(deadline)

    def _complete(self, ended_by: str) -> None:
        self.state = "complete"
        self.ended_by = "blocked" if self._release.blocked else self.ended_by or ended_by

    # ------------------------------------------------------------------ what goes out

    def _verdict(
        self, segments: tuple[Segment, ...], findings: tuple[Finding, ...], latency_ms: float
    ) -> Verdict:
        self.verdicts += 1
        release, state = self._release, self.state
        action = Action.ALLOW
        reason: str | msgspec.UnsetType = msgspec.UNSET
        if release.blocked:
            action = Action.BLOCK
            reason = self.reason or msgspec.UNSET
        elif findings:
            action = strongest(findings)
        if self.ended_by in _TIMEOUTS:
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
        )

    @property
    def held(self) -> int:
        """Return how many code points are received and not released."""
        return len(self._release.held)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Return all findings reported so far, in order of their offsets."""
        return self._ledger.findings

    @property
    def scanned(self) -> int:
        """Return how many characters were looked at so far, rescans counted each time."""
        return self._scanned_before + self._enforced.scanned + self._watching.scanned

    def audit(self, now_ms: int = 0) -> Audit:
        """Return the stream's audit record; whole once the state is complete."""
        plan, sequencer = self.plan, self.sequencer
        content = compose_content(
            *(plan, self._release, self._ledger.findings, self.received),
            *(self._unscanned, self.reason),
        )
        transport = AuditTransport(
            *(self.chunks, sequencer.duplicates, sequencer.late, sequencer.early),
            *(sequencer.gaps, self._rewrites, self.scanned, self._release.max_held),
            *(self.verdicts, self.started_at_ms, max(now_ms, self.last_at_ms), self.ended_by),
        )
        name = plan.policy.name
        return Audit(self.stream_id, self.context, name, plan.version, content, transport)

    # ------------------------------------------------------------------ text and state

    def _join(self, text: str, *, final: bool) -> str:
        """Clean a piece of text, joining a surrogate pair that was cut between two pieces."""
        text = self._half + text
        self._half = ""
        if not final and ends_in_half(text):
            text, self._half = text[:-1], text[-1]
        return clean(text)

    def snapshot(self) -> tuple[Any, ...]:
        """Return the state as immutable primitives, with a version number."""
        return (
            *(SNAPSHOT_VERSION, self.stream_id, self.plan.version),
            msgspec.json.encode([self.context, self._unscanned]),
            *(self.state, self.ended_by, self.reason, self.chunks, self.verdicts, self.received),
            *(self.started_at_ms, self.last_at_ms, self._is_content, self._rewrites),
            *(self._half.encode("utf-16-le", "surrogatepass"), self._scanned_before),
            *(self.sequencer.snapshot(), self._ledger.snapshot(), self._release.snapshot()),
            *(self._enforced.snapshot(), self._watching.snapshot()),
            None if self._content is None else self._content.snapshot(),
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
        context, unscanned = msgspec.json.decode(saved[3], type=tuple[Context, list[Unscanned]])
        session = cls(saved[1], plan, context=context)
        session._unscanned = unscanned
        session.state, session.ended_by, session.reason, session.chunks = saved[4:8]
        session.verdicts, session.received, session.started_at_ms, session.last_at_ms = saved[8:12]
        session._is_content, session._rewrites, half, session._scanned_before = saved[12:16]
        sequencer, ledger, release, enforced, watching, content = saved[16:]
        session._half = half.decode("utf-16-le", "surrogatepass")
        session.sequencer = Sequencer.restore(sequencer)
        session._ledger = Ledger.restore(ledger, plan)
        session._release = Release.restore(release)
        session._enforced = MatchState.restore(enforced)
        session._watching = MatchState.restore(watching)
        session._content = None if content is None else ContentTracker.restore(content)
        return session
