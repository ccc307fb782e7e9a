"""A stream told step by step, for a page that shows each guardrail at work. No text of users.

Every guardrail is a step. A check starts with each question and completes, or errs, with its
answer. Those that look at every chunk start with the stream and complete with it, and there are
hundreds: only those with something to say have an event of their own at its end.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from guardrails.events import (
    Audit,
    CheckRequest,
    CheckResult,
    CheckText,
    Finding,
    PipelineEvent,
    PipelineEventType,
    Verdict,
)
from guardrails.session import Session
from guardrails.setting import Setting

# The step that says how far readers are; no guardrail has this name.
RELEASE = "release"
# Streams that ended so did not end as their producer meant them to.
_ERRORS = ("aborted", "age", "evicted", "idle")


def begin(session: Session, timestamp_ms: int) -> Iterator[PipelineEvent]:
    """Tell that a stream begins, and what will look at it."""
    settings = session.plan.settings
    steps = [_describe(setting) for setting in settings]
    data = {"policy": session.plan.policy.name, "policy_version": session.plan.version}
    yield _event(session, "pipeline_start", timestamp_ms, data={**data, "steps": steps})


def go_on(session: Session, events: Iterable[object], timestamp_ms: int) -> Iterator[PipelineEvent]:
    """Tell what has happened to a stream. events: what its shard hands out for it."""
    if session.checked is not None:
        for result in session.checked.take_answers():
            yield _answered(session, result, timestamp_ms)
    for event in events:
        if isinstance(event, Verdict):
            yield from _judged(session, event, timestamp_ms)
        elif isinstance(event, CheckRequest):
            data = {"id": event.id, **_span(event), "checkpoint": event.checkpoint}
            yield _event(session, "step_start", timestamp_ms, event.guardrail, data)
        elif isinstance(event, CheckText):
            yield _event(session, "checkpoint_saved", timestamp_ms, data=_span(event))
        elif isinstance(event, Audit):
            yield from _ended(session, event, timestamp_ms)


def _judged(session: Session, verdict: Verdict, timestamp_ms: int) -> Iterator[PipelineEvent]:
    for finding in verdict.findings:
        step = session.plan.guardrail_of(finding.rule)
        yield _event(session, "step_output", timestamp_ms, step, _found(finding))
    data: dict[str, Any] = {
        "seq": verdict.seq,
        "frontier": verdict.frontier,
        "held": verdict.held,
        "action": verdict.action,
        "state": verdict.state,
    }
    yield _event(session, "step_progress", timestamp_ms, RELEASE, data)


def _answered(session: Session, result: CheckResult, timestamp_ms: int) -> PipelineEvent:
    kind: PipelineEventType = "step_complete" if result.status == "done" else "step_error"
    data = {
        "id": result.id,
        "status": result.status,
        "findings": len(result.findings),
        "latency_ms": result.latency_ms,
        "attempts": result.attempts,
        "cached": result.cached,
    }
    return _event(session, kind, timestamp_ms, result.guardrail, data)


def _ended(session: Session, audit: Audit, timestamp_ms: int) -> Iterator[PipelineEvent]:
    content, transport = audit.content, audit.transport
    for setting in session.plan.settings:
        record = content.guardrails.get(setting.guardrail.id)
        if setting.check is None and record is not None:
            counts = {
                "findings": record.findings,
                "would_have_blocked": record.would_have_blocked,
                "errors": record.errors,
            }
            yield _event(session, "step_complete", timestamp_ms, setting.guardrail.id, counts)
    kind: PipelineEventType = (
        "pipeline_error" if transport.ended_by in _ERRORS else "pipeline_complete"
    )
    data: dict[str, Any] = {
        "outcome": content.outcome,
        "ended_by": transport.ended_by,
        "chars": content.chars,
        "released": content.released,
        "redacted": content.redacted,
        "unscanned": len(content.unscanned),
        "quiet": len(content.quiet),
    }
    yield _event(session, kind, timestamp_ms, data=data)


def _describe(setting: Setting) -> dict[str, Any]:
    checkpoint = "chunk" if setting.check is None else setting.check.checkpoint
    return {
        "step": setting.guardrail.id,
        "mode": setting.mode,
        "action": setting.action,
        "performance_class": setting.guardrail.performance.performance_class,
        "checkpoint": checkpoint,
    }


def _found(finding: Finding) -> dict[str, Any]:
    names = ("type", "rule", "start", "end", "action", "mode", "confidence")
    return {name: getattr(finding, name) for name in names}


def _span(event: CheckRequest | CheckText) -> dict[str, Any]:
    return {"start": event.start, "end": event.end}


def _event(
    session: Session,
    kind: PipelineEventType,
    timestamp_ms: int,
    step: str | msgspec.UnsetType = msgspec.UNSET,
    data: dict[str, Any] | None = None,
) -> PipelineEvent:
    return PipelineEvent(kind, session.stream_id, timestamp_ms, data or {}, step)
