"""The text of one stream under rules and checks: cleared by the rules, released by the checks.

    received  ─ rules ─►  cleared  ─ checks that hold it back ─►  released  ─►  checks that watch

Where the stream ends is decided from left to right: a finding of a check counts once every holding
check has answered about the text before it.
"""

from __future__ import annotations

from typing import Any

from guardrails.checking import Checking
from guardrails.events import CheckFinding, CheckResult
from guardrails.guardrail import Action
from guardrails.inspection import Inspected, Inspection, touching
from guardrails.ledger import Found, by_offset, restore_found, save_found, up_to_block
from guardrails.plan import END_OF_TEXT, Plan, PlannedCheck
from guardrails.release import Release
from guardrails.track import Window

# The type of a finding that says: nobody could check this text, so it is not shown.
UNCHECKED = "UNCHECKED"


class CheckedInspection(Inspection):
    """An inspection whose plan has checks. checking: what they are asked and have answered."""

    __slots__ = ("_answers", "_cut", "_due", "_only_feeds", "checking")

    def __init__(self, plan: Plan, began_at_ms: int = 0) -> None:
        super().__init__(plan)
        if plan.holds_for_checks:
            self.cleared = Release()
        self.checking = Checking(plan, began_at_ms)
        # The common case: judges that see the whole stream when it is over, and hold nothing.
        self._only_feeds = not (
            plan.holds_for_checks or plan.asks_windows or plan.asks_original or plan.watching
        )
        # The stream ends where the rules had decided, for a reason that is not a finding.
        self._cut = False
        # Enforced findings that wait for checks of the text before them.
        self._due: list[Found] = []
        # Answers taken since they were last told about; only where the policy tells.
        self._answers: list[CheckResult] = []

    def push(self, text: str, *, final: bool = False) -> Inspected:
        """Clear and release the next piece of text. O(chunk + hold)."""
        return self._push(text, final=final, ended=final)

    def divide(self) -> Inspected:
        """Let matching end here, though the stream goes on: `restart` follows."""
        inspected = self._push("", final=True, ended=False)
        self.checking.divide()
        return inspected

    def _push(self, text: str, *, final: bool, ended: bool) -> Inspected:
        text = self._receive(text, final=final)
        cleared, ledger = self.cleared, self.ledger
        enforced, frontier = self._match(text, final=final)
        if (
            self._only_feeds
            and not (enforced or final or ledger.ahead or cleared.blocked)
            and self.received <= self._plan.max_chars
        ):
            segments = cleared.advance(text, (), frontier, final=False)
            if segments:
                self.checking.feed(segments, "")
            return segments, ()
        ledger.watch(self._watch(text, final=final))
        if cleared.blocked:
            return (), ledger.report((), self._passed())
        found = ledger.enforce(enforced, frontier)
        held, before = cleared.held + text, cleared.offset
        segments = cleared.advance(text, touching(found), frontier, final=final)
        original = held[: cleared.offset - before]
        self.checking.clear(segments, original, ended=ended or cleared.blocked)
        if cleared is not self.release:
            self._due += found
            return self._with_early(self._settle(text))
        ledger.end(found)
        self._tell_watching(over=self.checking.ended)
        return self._with_early((segments, ledger.report(found, frontier)))

    def cut(self) -> Inspected:
        """Cut where the rules have decided; what is before still waits for its checks."""
        self._cut = True
        self.ledger.watch(self._watch("", final=True))
        self.cleared.cut()
        self.checking.clear((), "", ended=True)
        if self.cleared is not self.release:
            return self._with_early(self._settle(""))
        self.ledger.ends_at = self.release.offset
        self._tell_watching(over=True)
        return self._with_early(((), self.ledger.report((), self.ledger.ends_at)))

    def answer(self, result: CheckResult, at_ms: int) -> Inspected | None:
        """Take the answer of a check; None if it changes nothing (yet).

        at_ms: the broker's timestamp of the answer.
        """
        inspected = self._answer(result, at_ms)
        return None if inspected is None else self._with_early(inspected)

    def _answer(self, result: CheckResult, at_ms: int) -> Inspected | None:
        known = self.checking.answer(result, at_ms)
        if known is None:
            return None
        check, window, result = known
        if self._plan.policy.events:
            self._answers.append(result)
        found = _read(check, window, result)
        if check.holds:
            self._due += found
            self._spare()
            return self._settle("")
        self.ledger.ahead = (*self.ledger.ahead, *found)
        self._tell_watching(over=self.checking.over)
        return (), self.ledger.report((), self._passed())

    def _spare(self) -> None:
        """Let no check be asked any more about what a block will cut, wherever it cuts."""
        block = self._next_block(END_OF_TEXT)
        if block is not None:
            self.checking.blocks_at = min(self.checking.blocks_at, block)

    def _passed(self) -> int:
        """Return up to where it is decided what is found."""
        return self.ledger.ends_at if self.checking.over else self.release.offset

    def take_answers(self) -> list[CheckResult]:
        """Return the answers taken since the last call."""
        answers, self._answers = self._answers, []
        return answers

    def _with_early(self, inspected: Inspected) -> Inspected:
        """Take the answers, too, that were there before their questions: in a replay."""
        while (early := self.checking.early()) is not None:
            segments, findings = inspected
            more = self._answer(*early)
            if more is not None:
                inspected = (segments + more[0], findings + more[1])
        return inspected

    def _settle(self, text: str) -> Inspected:
        """Release what rules and checks have decided. text: newly received."""
        checking, ledger, release = self.checking, self.ledger, self.release
        if checking.over:
            return (), ledger.report((), self._passed())
        decided = checking.frontier()
        ended = checking.ended and decided >= self.cleared.offset
        to = decided if not ended else self.cleared.offset if self._cut else END_OF_TEXT
        block = self._next_block(to)
        over = ended or block is not None
        if checking.waits_for_end:
            end = self.cleared.offset if block is None else min(block, self.cleared.offset)
            if not (over and checking.ask_end(end)):
                return release.advance(text, (), 0, final=False), ()
        found = self._take_due(to)
        ledger.end(found)
        frontier = min(decided, self.cleared.offset)
        segments = release.advance(text, touching(found), frontier, final=ended)
        if ended and self._cut and not release.blocked:
            release.cut()
            ledger.ends_at = release.offset
        self._tell_watching(over=over)
        return segments, ledger.report(found, END_OF_TEXT if over else frontier)

    def _next_block(self, to: int) -> int | None:
        """Return where the first due finding before `to` that blocks starts."""
        starts = (item.start for item in self._due if item.action is Action.BLOCK)
        return min((start for start in starts if start < to), default=None)

    def _take_due(self, to: int) -> list[Found]:
        """Return the due findings that start before `to`, by offset, up to a block."""
        taken = sorted((item for item in self._due if item.start < to), key=by_offset)
        if taken:
            self._due = [item for item in self._due if item.start >= to]
        return up_to_block(taken)

    def _tell_watching(self, *, over: bool) -> None:
        ends_at = self.ledger.ends_at
        if over and self._plan.policy.events:
            self._answers += self.checking.give_up("", "the stream was cut before", ends_at)
        self.checking.release(self.release.offset, over=over, counts_to=self.ledger.ends_at)

    @property
    def settled(self) -> bool:
        """Whether nothing is outstanding about a stream whose text has ended or was cut."""
        return self.checking.settled and super().settled

    def rewrite(self, content: str, offset: int) -> None:
        """Forget the text from `offset` on, which no check has been asked about."""
        super().rewrite(content, offset)
        self._due = [item for item in self._due if item.end <= offset]
        if self.cleared is not self.release:
            self.cleared.rollback(offset)

    def snapshot(self) -> tuple[Any, ...]:
        """Return the state as immutable primitives."""
        cleared = None if self.cleared is self.release else self.cleared.snapshot()
        due = save_found(self._due)
        return (*super().snapshot(), self._cut, due, cleared, self.checking.snapshot())

    def _resume(self, saved: tuple[Any, ...]) -> None:
        *rules, self._cut, due, cleared, checking = saved
        super()._resume(tuple(rules))
        self._due = restore_found(due, self._plan)
        self.cleared = self.release if cleared is None else Release.restore(cleared)
        self.checking = Checking.restore(checking, self._plan)
        self._spare()


def inspect(plan: Plan, began_at_ms: int = 0) -> Inspection:
    """Return the inspection a plan needs. began_at_ms: log time of the first chunk."""
    return CheckedInspection(plan, began_at_ms) if plan.checks else Inspection(plan)


def _read(check: PlannedCheck, window: Window, result: CheckResult) -> list[Found]:
    """Return the findings of an answer; of no answer, that the text is not to be shown."""
    if result.status == "done":
        return [_place(check, window, finding) for finding in result.findings]
    if check.holds and check.setting.fails_closed:
        bound = check.bind(UNCHECKED, 1.0)
        return [Found(bound, window.start, window.end, "", capped=True, failed=True)]
    return []


def _place(check: PlannedCheck, window: Window, finding: CheckFinding) -> Found:
    """Keep a finding inside of its window; one that leaves it is about all of it."""
    start, end = finding.start, finding.end
    if not window.start <= start < end <= window.end:
        start, end = window.start, window.end
    return Found(check.bind(finding.type, finding.confidence), start, end, "", capped=False)
