"""What must be said of a stream, from what was heard of it, its policy, and the logged answers.

`tests.oracle` judges the text between two gaps, as a whole; here the pieces and the answers of the
checks are put together, by lists. Shares no session, no operator and no release with the flow; of
the engine it uses the rules, their fold, the segmenter and, for a stream that a gap cuts, the
matcher's frontier.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from guardrails.events import CheckFinding, CheckStatus
from guardrails.guardrail import Action, Checkpoint, Mode
from guardrails.matcher import MatchState
from guardrails.plan import Plan, PlannedCheck
from guardrails.segmenter import Segmenter
from tests.chaos.heard import Heard
from tests.oracle import CLUSTER_CAP, Answer, Hit, _decide, judge
from tests.plans import Ruled

# The answer to a question: how it counts, and what was found.
Counted = tuple[CheckStatus, Sequence[CheckFinding]]
# By guardrail, start and end.
Answers = Callable[[str, int, int], Counted]

_OPEN_END = 2**62


@dataclass
class Runs:
    """How often a check was asked, and how that ended."""

    runs: int = 0
    failed: int = 0
    timed_out: int = 0
    skipped: int = 0


@dataclass
class Expected:
    """What the audit record must say, and what readers must see."""

    answer: Answer
    reason: str | None
    released: int = 0
    redacted: int = 0
    runs: dict[str, Runs] = field(default_factory=dict)
    # (offset, end or None, reason, guardrail or None, first and last missing seq or None)
    unscanned: list[tuple[object, ...]] = field(default_factory=list)
    # Spans every check had to be asked about.
    asked: list[tuple[str, int, int]] = field(default_factory=list)


def expect(heard: Heard, plan: Plan, answers: Answers) -> Expected:
    """Judge what was heard."""
    return _Judged(heard, plan, answers).expected


class _Judged:
    def __init__(self, heard: Heard, plan: Plan, answers: Answers) -> None:
        self._plan, self._answers = plan, answers
        self._ruled = [
            Ruled(rule, setting.action, setting.mode)
            for setting in plan.settings
            for rule in setting.rules
        ]
        self._labels = {rule.rule.id: rule.label for rule in plan.bound_rules.values()}
        for check in plan.checks:
            self._labels[check.id] = check.bind(check.setting.type, 1.0).label
        self._asked: list[tuple[PlannedCheck, int, int]] = []
        pieces, cut = self._pieces(heard)
        self._text = "".join(pieces)
        self._hits = self._rule_hits(pieces, cut)
        self._judge_checks(pieces, cut)
        self.expected = self._put_together(heard, cut)

    def _pieces(self, heard: Heard) -> tuple[list[str], int | None]:
        """The pieces that count, and where a gap cuts them, unless a finding does before."""
        if not heard.gaps or self._plan.policy.on_gap == "warn":
            return heard.pieces, None
        text = heard.pieces[0]
        if self._judge_piece(text).blocked:
            return heard.pieces, None
        frontier, cut = _frontier(self._plan, text, self._judge_piece(text))
        # What is found is told at once, though it may not be shown yet; with checks both wait.
        self._found_to = cut if self._plan.holds_for_checks else frontier
        return [text], cut

    def _judge_piece(self, text: str) -> Answer:
        return judge(self._ruled, text, label=lambda rule: self._labels[rule.id])

    def _rule_hits(self, pieces: Sequence[str], cut: int | None) -> list[Hit]:
        hits: list[Hit] = []
        offset = 0
        for piece in pieces:
            answer = self._judge_piece(piece)
            hits += [_shift(hit, offset) for hit in answer.findings]
            if answer.blocked:
                end = offset + answer.chars
                # What rules that only watch have found behind the cut is no finding.
                return [hit for hit in hits if hit.start < end or _enforced(hit)]
            offset += len(piece)
        return [hit for hit in hits if cut is None or hit.start < self._found_to]

    def _judge_checks(self, pieces: Sequence[str], cut: int | None) -> None:
        cleared = self._decided(cut)
        edges = _boundaries(pieces, cleared)
        holding = [check for check in self._plan.checks if check.holds]
        watching = [check for check in self._plan.checks if not check.holds]
        for check in holding:
            self._ask_windows(check, edges, cleared.chars)
        end = min([cleared.chars, *(hit.start for hit in self._hits if _blocks(hit))])
        for check in holding:
            if _at_end(check):
                self._ask(check, 0, end)
        shown = self._decided(cut)
        self._cut_at = min((hit.start for hit in self._hits if _blocks(hit)), default=_OPEN_END)
        self._asked = [one for one in self._asked if one[1] <= self._cut_at]
        for check in watching:
            if _at_end(check):
                self._ask(check, 0, shown.chars)
            else:
                self._ask_windows(check, edges, shown.chars)

    def _ask_windows(
        self, check: PlannedCheck, edges: Sequence[tuple[int, bool]], end: int
    ) -> None:
        if _at_end(check):
            return
        sentences = check.setting.checkpoint is Checkpoint.SENTENCE
        cuts = [at for at, paragraph in edges if 0 < at < end and (sentences or paragraph)]
        for start, stop in zip([0, *cuts], [*cuts, end], strict=True):
            self._ask(check, start, stop)

    def _ask(self, check: PlannedCheck, start: int, end: int) -> None:
        if start >= end:
            return
        self._asked.append((check, start, end))
        status, findings = self._answers(check.id, start, end)
        for one in findings if status == "done" else ():
            low, high = one.start, one.end
            if not start <= low < high <= end:
                low, high = start, end
            self._hits.append(Hit(low, high, check.id, check.action, check.mode, one.confidence))
        if status != "done" and check.holds and check.setting.fails_closed:
            self._hits.append(Hit(start, end, check.id, Action.BLOCK, check.mode, 1.0))

    def _decided(self, cut: int | None) -> Answer:
        if cut is None:
            return _decide(sorted(self._hits), self._labels, self._text)
        hits = [hit for hit in self._hits if hit.start < cut]
        return _decide(sorted(hits), self._labels, self._text[:cut])

    def _put_together(self, heard: Heard, cut: int | None) -> Expected:
        answer = self._decided(cut)
        by_gap = cut is not None and not answer.blocked
        if by_gap:
            found = tuple(sorted(self._hits))
            answer = Answer(found, answer.shown, True, answer.chars, Action.BLOCK)
        plain = sum(end - start for start, end, _, rule in answer.shown if rule is None)
        hidden = sum(end - start for start, end, _, rule in answer.shown if rule is not None)
        expected = Expected(answer, "gap" if by_gap else None, plain, hidden)
        expected.runs = {check.id: Runs() for check in self._plan.checks}
        for gap in heard.gaps:
            if by_gap or not answer.blocked or gap.before <= answer.chars:
                expected.unscanned.append((gap.before, None, "gap", None, gap.first, gap.last))
                if by_gap:
                    break
        missed = []
        for check, start, end in self._asked:
            expected.asked.append((check.id, start, end))
            status, _ = self._answers(check.id, start, end)
            counts = expected.runs[check.id]
            counts.runs += 1
            if status != "done":
                setattr(counts, status, getattr(counts, status) + 1)
                missed.append((start, end, status, check.id, None, None))
        expected.unscanned += sorted(missed, key=lambda one: (one[0], one[3]))
        return expected


def _frontier(plan: Plan, text: str, answer: Answer) -> tuple[int, int]:
    """How much was decided of a text that went on and never came, and where a gap cuts it.

    A cluster of redactions that may still grow there is not shown.
    """
    if plan.enforced is None:
        return len(text), len(text)
    state = MatchState()
    plan.enforced.matcher.push(state, text)
    start = reach = 0
    for hit in sorted(answer.findings):
        if not _enforced(hit) or hit.start >= state.frontier:
            continue
        if hit.start >= min(reach, start + CLUSTER_CAP):
            start = hit.start
        reach = max(reach, hit.end)
    cut = min(state.frontier, start) if reach > state.frontier else state.frontier
    return state.frontier, cut


def _boundaries(pieces: Sequence[str], cleared: Answer) -> list[tuple[int, bool]]:
    """Where sentences and paragraphs of the cleared text end; every piece ends one."""
    redacted = [(start, end) for start, end, _, rule in cleared.shown if rule is not None]
    found: dict[int, bool] = {}
    offset = 0
    for piece in pieces:
        text = piece[: max(0, cleared.chars - offset)]
        for boundary in Segmenter(offset).push(text):
            if not any(start < boundary.offset < end for start, end in redacted):
                found[boundary.offset] = found.get(boundary.offset, False) or boundary.paragraph
        offset += len(piece)
        if offset <= cleared.chars:
            found[offset] = True
    return sorted(found.items())


def _shift(hit: Hit, by: int) -> Hit:
    value = hit.value and (hit.value[0] + by, hit.value[1] + by)
    return replace(hit, start=hit.start + by, end=hit.end + by, value=value)


def _at_end(check: PlannedCheck) -> bool:
    return check.setting.checkpoint is Checkpoint.END


def _enforced(hit: Hit) -> bool:
    return hit.mode is Mode.BLOCK and hit.action in (Action.BLOCK, Action.REDACT)


def _blocks(hit: Hit) -> bool:
    return hit.mode is Mode.BLOCK and hit.action is Action.BLOCK
