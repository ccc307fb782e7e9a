"""What is saved: runs of guardrails and audit records per message, against checking every chunk.

Counted on recorded answers, not timed. The usual guard of today runs every guardrail on the text
so far, at every chunk, and writes a record each time.
"""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.figure import Figure
from benchmarks.texts import corpus
from guardrails.events import CheckRequest, CheckResult
from guardrails.plan import Plan
from guardrails.policy import Policy
from guardrails.session import Session

POLICY = {
    "pii": {},
    "secrets": {},
    "content": {},
    "toxicity": {"mode": "block"},
    "judge": {"url": "http://localhost/v1/chat/completions", "model": "m"},
}


def measure(*, quick: bool) -> Iterator[Figure]:
    """Yield counts per message, means and largest."""
    answers = corpus().answers[: 60 if quick else None]
    plan = Plan(Policy(guardrails=POLICY))
    runs: dict[str, list[int]] = {"toxicity": [], "judge": []}
    verdicts = []
    for answer in answers:
        session = _guard(plan, answer)
        records = session.audit().content.guardrails
        for name, own in runs.items():
            own.append(records[name].runs)
        verdicts.append(session.verdicts)
    chunks = [len(answer) for answer in answers]
    usual = sum(chunks) / len(chunks)
    for name, kind in (("toxicity", "moderate"), ("judge", "slow")):
        own = runs[name]
        yield Figure(
            measure="calls",
            name=f"{kind} runs per message",
            value=sum(own) / len(own),
            unit="",
            at_most=3 if kind == "slow" else None,
            note=f"at most {max(own)}; checking every chunk makes {usual:.0f}",
        )
    yield Figure(
        measure="calls",
        name="audit records per message",
        value=1,
        unit="",
        at_most=1,
        note=f"checking every chunk makes {usual:.0f}",
    )


def _guard(plan: Plan, answer: list[str]) -> Session:
    session = Session("message", plan)
    for seq, chunk in enumerate(answer):
        session.push(chunk, final=seq == len(answer) - 1)
        _answer(session)
    while session.state != "complete":
        _answer(session)
    return session


def _answer(session: Session) -> None:
    for event in session.ask():
        if isinstance(event, CheckRequest):
            place = (event.id, event.stream_id, event.guardrail, "done")
            session.answer(CheckResult(*place, 0, event.deadline_ms), 0)
