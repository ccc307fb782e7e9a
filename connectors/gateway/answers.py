"""Answers of the exchange as JSON."""

from __future__ import annotations

from collections import Counter
from typing import Any

import msgspec
from msgspec import UNSET

from connectors.gateway.exchange import Answer
from guardrails.events import Audit


def describe(answer: Answer) -> dict[str, Any]:
    """Return the members of an `UpdateAnswer`."""
    verdict = answer.verdict
    members: dict[str, Any] = {
        "streamId": verdict.stream_id,
        "action": verdict.action,
        "deltaViolations": [
            {
                "type": finding.type,
                "rule": finding.rule,
                "start": finding.start,
                "end": finding.end,
                "action": finding.action,
                "confidence": finding.confidence,
                "mode": finding.mode,
            }
            for finding in answer.findings
        ],
        "released": answer.segments,
        "frontier": verdict.frontier,
        "held": verdict.held,
        "state": verdict.state,
    }
    if answer.is_pending:
        members["pending"] = True
    if verdict.reason is not UNSET:
        members["reason"] = verdict.reason
    return members


def conclude(answer: Answer, audit: Audit | None) -> dict[str, Any]:
    """Return the members of a `FinishAnswer`."""
    members = describe(answer)
    return {**members, "auditId": answer.verdict.stream_id, "summary": summarize(audit)}


def summarize(audit: Audit | None) -> dict[str, Any] | None:
    """Return what an audit record says of the text; None if there is none yet."""
    if audit is None:
        return None
    content = audit.content
    findings = Counter(finding.type for finding in content.findings)
    return {
        "chars": content.chars,
        "released": content.released,
        "redacted": content.redacted,
        "findings": dict(findings),
        "unscanned": len(content.unscanned),
    }


def encode(members: dict[str, Any]) -> bytes:
    """Return them as JSON."""
    return msgspec.json.encode(members)
