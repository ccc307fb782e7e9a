"""Pushes chunked text through a session and checks what must hold for every stream."""

from __future__ import annotations

import pickle
from collections.abc import Sequence
from random import Random

import msgspec

from guardrails.events import AuditContent, Finding, Verdict
from guardrails.frontier import GROWTH_SHIFT
from guardrails.guardrail import Action, Mode
from guardrails.plan import Plan
from guardrails.release import MAX_CLUSTER_CHARS
from guardrails.reported import MAX_LISTED_FINDINGS
from guardrails.session import Session
from tests.oracle import Answer, Hit


class Streamed(msgspec.Struct, frozen=True):
    """What came out of one stream."""

    answer: Answer
    content: AuditContent
    verdicts: tuple[Verdict, ...]


def stream(
    plan: Plan, chunks: Sequence[str], *, pickle_at: Random | None = None, final: bool = False
) -> Streamed:
    """Run one session over the chunks; `final` marks the last chunk instead of finishing."""
    session = Session("test", plan)
    verdicts: list[Verdict] = []
    for index, chunk in enumerate(chunks):
        if session.state == "complete":
            break
        if pickle_at is not None and pickle_at.random() < 0.3:
            session = Session.restore(pickle.loads(pickle.dumps(session.snapshot())), plan)
        verdicts.append(session.push(chunk, final=final and index == len(chunks) - 1))
    if session.state != "complete":
        verdicts.append(session.finish())
    content = session.audit().content
    require_sound(plan, verdicts)
    findings = sorted(_hit(finding) for verdict in verdicts for finding in verdict.findings)
    assert [_hit(finding) for finding in content.findings] == findings[:MAX_LISTED_FINDINGS]
    assert len(content.findings) + content.omitted == len(findings)
    blocked = verdicts[-1].action is Action.BLOCK
    answer = Answer(tuple(findings), joined(verdicts), blocked, content.chars, content.outcome)
    return Streamed(answer, content, tuple(verdicts))


def _hit(finding: Finding) -> Hit:
    return Hit(
        *(finding.start, finding.end, finding.rule),
        *(finding.action, finding.mode, finding.confidence),
    )


def joined(verdicts: Sequence[Verdict]) -> tuple[tuple[int, int, str, str | None], ...]:
    """Return the released segments with neighbouring plain ones joined."""
    out: list[tuple[int, int, str, str | None]] = []
    for verdict in verdicts:
        for segment in verdict.segments:
            rule = None if segment.rule is msgspec.UNSET else segment.rule
            if rule is None and out and out[-1][3] is None:
                start, _, text, _ = out.pop()
                out.append((start, segment.end, text + segment.text, None))
            else:
                out.append((segment.start, segment.end, segment.text, rule))
    return tuple(out)


def require_sound(plan: Plan, verdicts: Sequence[Verdict]) -> None:
    """Contiguous segments, a frontier that never moves back, nothing shown that is found later."""
    frontier, plain = 0, []
    for verdict in verdicts:
        for finding in verdict.findings:
            if finding.mode is Mode.BLOCK and finding.action in (Action.REDACT, Action.BLOCK):
                for start, end in plain:
                    assert finding.end <= start or end <= finding.start, (finding, start, end)
        for segment in verdict.segments:
            assert segment.start == frontier
            assert segment.end > segment.start
            frontier = segment.end
            if segment.rule is msgspec.UNSET:
                assert len(segment.text) == segment.end - segment.start
                plain.append((segment.start, segment.end))
        assert verdict.frontier == frontier
    last = verdicts[-1]
    assert last.state == "complete"
    assert last.held == 0


def longest_hold(plan: Plan) -> int:
    """How much text the plan's rules can hold, plus how far release may lag behind."""
    if plan.enforced is None:
        return 0
    width = plan.enforced.matcher.max_width + MAX_CLUSTER_CHARS
    return width + (width >> GROWTH_SHIFT)
