"""Audit records as guards write them, and the records of the log they travel in."""

from __future__ import annotations

from typing import Any

from guardrails.events import (
    Audit,
    AuditContent,
    AuditTransport,
    CheckCost,
    Context,
    Finding,
    GuardrailRecord,
    Unscanned,
    encode,
)
from guardrails.guardrail import Action, Mode, PerformanceClass
from guardrails.records import Record

# 2025-06-01T12:00:00Z, the start of a minute.
NOON_MS = 1_748_779_200_000


def audit(
    stream_id: str = "s",
    *,
    tenant: str | None = "acme",
    ended_at_ms: int = NOON_MS,
    duration_ms: int = 1_000,
    outcome: Action = Action.ALLOW,
    chars: int = 100,
    findings: tuple[Finding, ...] = (),
    guardrails: dict[str, GuardrailRecord] | None = None,
    checks: dict[str, CheckCost] | None = None,
    unscanned: tuple[Unscanned, ...] = (),
    omitted: int = 0,
    verdicts: int = 3,
    ended_by: str = "final",
) -> Audit:
    """One stream's record. verdicts: part of `transport`, which may differ in a repeat."""
    content = AuditContent(
        outcome, chars, chars - 10, 10, findings, omitted, guardrails or {}, unscanned
    )
    transport: dict[str, Any] = {
        "chunks": 3,
        "duplicates": 0,
        "late": 0,
        "early": 0,
        "gaps": 0,
        "rewrites": 0,
        "scanned_chars": chars,
        "max_held_chars": 5,
        "verdicts": verdicts,
        "started_at_ms": ended_at_ms - duration_ms,
        "ended_at_ms": ended_at_ms,
        "ended_by": ended_by,
        "checks": checks or {},
        "slowest_verdict_ms": 12,
    }
    return Audit(
        stream_id, Context(tenant=tenant), "default", "v1", content, AuditTransport(**transport)
    )


def finding(kind: str = "EMAIL_ADDRESS", mode: Mode = Mode.BLOCK, start: int = 0) -> Finding:
    """A finding of ten code points."""
    return Finding(kind, kind.lower(), start, start + 10, Action.REDACT, 1.0, mode)


def judge(**counts: int) -> GuardrailRecord:
    """The part of a slow check that only watches."""
    values = {"findings": 0, "would_have_blocked": 0, **counts}
    return GuardrailRecord(Mode.MONITOR, PerformanceClass.SLOW, **values)


def record(
    event: Audit, offset: int, *, partition: int = 0, after_ms: int = 200, topic: str = "audit"
) -> Record:
    """The record of the log, written `after_ms` behind the end of its stream."""
    written_at_ms = event.transport.ended_at_ms + after_ms
    key = event.stream_id.encode()
    return Record(topic, partition, offset, written_at_ms, key, encode(event))
