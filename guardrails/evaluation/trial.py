"""One labelled text streamed through a real session: what came out, and when."""

from __future__ import annotations

import msgspec
from msgspec import Struct

from guardrails.evaluation.suite import Case
from guardrails.events import Finding, Verdict
from guardrails.guardrail import Action
from guardrails.plan import Plan
from guardrails.session import Session


class Shown(Struct, frozen=True, gc=False):
    """Text a reader saw as it was written. at: number of the verdict that released it."""

    at: int
    start: int
    end: int


class Trial(Struct, frozen=True):
    """What came of a text. findings: each with the number of its verdict. shown: plain text.

    held: behind each chunk, code points. cut: where a block ended the text; what lies behind was
    not looked at.
    """

    findings: tuple[tuple[int, Finding], ...]
    shown: tuple[Shown, ...]
    held: tuple[int, ...]
    cut: int


def run(plan: Plan, case: Case) -> Trial:
    """Stream a case through a session of its own. plan: without checks, which answer later."""
    session = Session("evaluation", plan)
    verdicts: list[Verdict] = []
    for chunk in case.chunks:
        if session.state == "complete":
            break
        verdicts.append(session.push(chunk))
    held = tuple(verdict.held for verdict in verdicts)
    if session.state != "complete":
        verdicts.append(session.finish())
    blocked = verdicts[-1].action is Action.BLOCK
    return Trial(
        tuple((at, one) for at, verdict in enumerate(verdicts) for one in verdict.findings),
        tuple(
            Shown(at, segment.start, segment.end)
            for at, verdict in enumerate(verdicts)
            for segment in verdict.segments
            if segment.rule is msgspec.UNSET
        ),
        held,
        _cut(verdicts) if blocked else case.chars,
    )


def _cut(verdicts: list[Verdict]) -> int:
    """Return the end of what was looked at: that of the finding that ended the text."""
    ends = [finding.end for verdict in verdicts for finding in verdict.findings]
    return max([verdicts[-1].frontier, *ends])
