"""What a stream with checks must come to, from its whole text, and a driver that asks it for real.

The oracle knows no session and no release: windows of the whole text, answers by a plain function,
and `tests.oracle` to put the findings together.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable, Sequence
from random import Random

import msgspec

from guardrails.checked_inspection import UNCHECKED
from guardrails.events import CheckFinding, CheckRequest, CheckResult, CheckStatus, CheckText
from guardrails.guardrail import Action, Checkpoint, Mode
from guardrails.plan import Plan
from guardrails.segmenter import Segmenter
from guardrails.session import Session
from tests.oracle import Answer, Hit, _decide, judge
from tests.plans import Checked, Ruled
from tests.streaming import _hit, joined, require_sound

# What a check says of a span: how the run ended, and spans it found.
Says = Callable[[str, int, int], tuple[CheckStatus, tuple[tuple[int, int], ...]]]


def random_answers(seed: int, *, failing: float = 0.1) -> Says:
    """Return a check that depends on nothing but its name and the span: no luck of the order."""

    def says(name: str, start: int, end: int) -> tuple[CheckStatus, tuple[tuple[int, int], ...]]:
        random = Random(f"{seed} {name} {start} {end}")
        if random.random() < failing:
            return random.choice(["failed", "timed_out", "skipped"]), ()
        if random.random() < 0.6:
            return "done", ()
        spans = []
        for _ in range(random.choice([1, 1, 2])):
            low, high = sorted(random.sample(range(start, end + 1), 2))
            spans.append(random.choice([(start, end), (low, high)]))
        return "done", tuple(spans)

    return says


class Expected(msgspec.Struct, frozen=True):
    """The answer, and how many windows each check was asked about."""

    answer: Answer
    runs: dict[str, int]


def expect(items: Sequence[Ruled | Checked], text: str, says: Says) -> Expected:
    """Judge a whole text under rules and checks."""
    ruled = [item for item in items if isinstance(item, Ruled)]
    checks = [item for item in items if isinstance(item, Checked)]
    cleared = judge(ruled, text)
    edges = _boundaries(text[: cleared.chars], cleared)
    holding = [check for check in checks if _holds(check)]
    hits = list(cleared.findings)
    if cleared.blocked:
        # What rules that watch have found behind the cut of the rules is no finding.
        hits = [hit for hit in hits if hit.start < cleared.chars or _enforced(hit)]
    asked: list[tuple[Checked, int, int]] = []
    for check in holding:
        if check.checkpoint is not Checkpoint.END:
            asked += _windows(check, edges, cleared.chars)
    hits += _findings(asked, says)
    end = min([cleared.chars, *(hit.start for hit in hits if _blocks(hit))])
    at_end = [check for check in holding if check.checkpoint is Checkpoint.END and end]
    asked += [(check, 0, end) for check in at_end]
    hits += _findings([(check, 0, end) for check in at_end], says)
    labels = {item.rule.id: f"[{item.rule.type}]" for item in ruled}
    labels |= {check.id: f"[{check.id.upper()}]" for check in checks}
    shown = _decide(sorted(hits), labels, text)
    watched: list[tuple[Checked, int, int]] = []
    for check in checks:
        if check not in holding and shown.chars:
            if check.checkpoint is Checkpoint.END:
                watched.append((check, 0, shown.chars))
            else:
                watched += _windows(check, edges, shown.chars)
    hits += _findings(watched, says)
    cut = min((hit.start for hit in hits if _blocks(hit)), default=None)
    counted = [item for item in asked if cut is None or item[1] <= cut] + watched
    runs = {check.id: sum(item[0] is check for item in counted) for check in checks}
    return Expected(_decide(sorted(hits), labels, text), runs)


def _boundaries(text: str, cleared: Answer) -> list[tuple[int, bool]]:
    redacted = [(start, end) for start, end, _, rule in cleared.shown if rule is not None]
    return [
        (boundary.offset, boundary.paragraph)
        for boundary in Segmenter().push(text)
        if not any(start < boundary.offset < end for start, end in redacted)
    ]


def _windows(
    check: Checked, edges: Sequence[tuple[int, bool]], end: int
) -> list[tuple[Checked, int, int]]:
    sentences = check.checkpoint is Checkpoint.SENTENCE
    cuts = [at for at, paragraph in edges if at < end and (sentences or paragraph)]
    ends = [*cuts, end] if end else []
    return [(check, start, stop) for start, stop in zip([0, *cuts], ends, strict=False)]


def _findings(asked: Sequence[tuple[Checked, int, int]], says: Says) -> list[Hit]:
    hits = []
    for check, start, end in asked:
        status, spans = says(check.id, start, end)
        for low, high in spans:
            hits.append(Hit(low, high, check.id, check.action, check.mode, 1.0))
        if status != "done" and _holds(check) and check.fails_closed:
            hits.append(Hit(start, end, check.id, Action.BLOCK, check.mode, 1.0))
    return hits


def _holds(check: Checked) -> bool:
    return check.mode is Mode.BLOCK and check.action in (Action.BLOCK, Action.REDACT)


def _enforced(hit: Hit) -> bool:
    return hit.mode is Mode.BLOCK and hit.action in (Action.BLOCK, Action.REDACT)


def _blocks(hit: Hit) -> bool:
    return hit.mode is Mode.BLOCK and hit.action is Action.BLOCK


class Asked(msgspec.Struct, frozen=True):
    """What came out of a session, and what it has published for the checks."""

    answer: Answer
    content: object
    runs: dict[str, int]
    texts: dict[str, str]


class _Driver:
    """Pushes chunks, and answers what is asked in any order, some of it twice, late or never."""

    def __init__(self, plan: Plan, says: Says, random: Random, early: Sequence[CheckResult]):
        self.plan, self.says, self.random = plan, says, random
        self.session = Session("test", plan)
        self.verdicts: list = []
        self.waiting: list[CheckResult] = list(early)
        self.published = ""
        self.seen: dict[str, str] = {}
        self.results: list[CheckResult] = []
        self.unanswered = 0

    def collect(self) -> None:
        for event in self.session.ask(1_000):
            if isinstance(event, CheckText):
                assert event.start == len(self.published)
                for segment in event.segments:
                    size = segment.end - segment.start
                    plain = segment.rule is msgspec.UNSET
                    self.published += segment.text if plain else "\ufffc" * size
                assert len(self.published) == event.end
            elif isinstance(event, CheckRequest):
                assert event.id not in self.seen
                self.seen[event.id] = self.published[event.start : event.end]
                status, spans = self.says(event.guardrail, event.start, event.end)
                if status == "timed_out" and self.random.random() < 0.5:
                    self.unanswered += 1
                    continue
                found = tuple(CheckFinding(event.guardrail.upper(), *span) for span in spans)
                place = (event.id, event.stream_id, event.guardrail)
                result = CheckResult(*place, status, 1_000, event.deadline_ms, found)
                self.results.append(result)
                self.waiting.append(result)

    def answer(self) -> None:
        result = self.waiting.pop(self.random.randrange(len(self.waiting)))
        if self.random.random() < 0.1:
            self.waiting.append(result)
        self.verdicts += self.session.answer(result, 1_001)
        self.collect()

    def pickle(self) -> None:
        state = pickle.loads(pickle.dumps(self.session.snapshot()))
        self.session = Session.restore(state, self.plan)


def drive(
    plan: Plan,
    chunks: Sequence[str],
    says: Says,
    random: Random,
    *,
    early: Sequence[CheckResult] = (),
) -> tuple[Asked, list[CheckResult]]:
    """Run one session with its checks answered at random times; also return the answers."""
    driver = _Driver(plan, says, random, early)
    patience = random.choice([0.0, 0.2, 0.5, 0.9])
    for chunk in chunks:
        if driver.session.state == "complete" or driver.session.ended_by:
            break
        driver.verdicts.append(driver.session.push(chunk))
        driver.collect()
        while driver.waiting and random.random() < patience:
            driver.answer()
        if random.random() < 0.2:
            driver.pickle()
    if driver.session.state != "complete" and not driver.session.ended_by:
        driver.verdicts.append(driver.session.finish())
        driver.collect()
    while driver.session.state != "complete":
        if random.random() < 0.2:
            driver.pickle()
        if driver.waiting and random.random() < 0.8:
            driver.answer()
        elif not driver.waiting:
            driver.verdicts += driver.session.expire(10**12)
            driver.collect()
    session = driver.session
    content = session.audit().content
    require_sound(plan, driver.verdicts)
    findings = sorted(_hit(one) for verdict in driver.verdicts for one in verdict.findings)
    assert [_hit(finding) for finding in content.findings] == findings
    blocked = driver.verdicts[-1].action is Action.BLOCK
    answer = Answer(
        tuple(findings), joined(driver.verdicts), blocked, content.chars, content.outcome
    )
    runs = {check.id: content.guardrails[check.id].runs for check in plan.checks}
    assert UNCHECKED not in answer.shown
    return Asked(answer, content, runs, driver.seen), driver.results
