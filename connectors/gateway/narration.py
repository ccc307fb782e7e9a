"""Records of the topics as what clients are told."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from connectors.gateway.stream_event import StreamEvent, format_time
from guardrails.events import Audit, Finding, PipelineEvent, Segment, Verdict
from guardrails.guardrail import Action


def tell_verdict(
    verdict: Verdict,
    fresh: Sequence[Segment],
    findings: Sequence[Finding],
    *,
    index: int,
    at_ms: int,
    progress: dict[str, Any],
    id: str,  # noqa: A002 - the word of the protocol
) -> list[StreamEvent]:
    """Tell what a verdict changes: findings, progress, and last the text that may be shown.

    fresh, findings: what was not told before. index: of this `partial_result` in its stream. There
    is none where nothing can be shown and the stream goes on.
    """
    told: dict[str, Any] = {"execution": verdict.stream_id, "timestamp": format_time(at_ms)}
    events = [
        StreamEvent(type="finding", **told, data=msgspec.to_builtins(finding))
        for finding in findings
    ]
    if verdict.state != "complete":
        events.append(StreamEvent(type="progress", **told, data=progress))
    if not fresh and verdict.state == "active" and verdict.action is not Action.BLOCK:
        return [*events[:-1], msgspec.structs.replace(events[-1], id=id)]
    data: dict[str, Any] = {
        "chunk": "".join(segment.text for segment in fresh),
        "index": index,
        "complete": verdict.state == "complete",
        "segments": msgspec.to_builtins(fresh),
        "action": verdict.action,
        "frontier": verdict.frontier,
        "held": verdict.held,
        "state": verdict.state,
    }
    if verdict.reason is not UNSET:
        data["reason"] = verdict.reason
    metadata = {
        "seq": verdict.seq,
        "checkpoint": verdict.checkpoint,
        "policy_version": verdict.policy_version,
        "latency_ms": round(verdict.latency_ms, 3),
    }
    events.append(
        StreamEvent(
            type="partial_result", **told, step="release", data=data, metadata=metadata, id=id
        )
    )
    return events


def tell_step(event: PipelineEvent, id: str) -> list[StreamEvent]:  # noqa: A002 - as above
    """Pass on what the guard itself told."""
    time = format_time(event.timestamp_ms)
    step: str | UnsetType = event.step
    return [StreamEvent(event.type, event.execution, time, event.data, step=step, id=id)]


def tell_audit(audit: Audit, at_ms: int, id: str) -> list[StreamEvent]:  # noqa: A002 - as above
    """Tell the audit record, without who was talking: the one who reads is not always that one."""
    data = msgspec.to_builtins(audit)
    del data["context"]
    return [StreamEvent("audit", audit.stream_id, format_time(at_ms), data, id=id)]
