"""Records of the topics as what clients are told."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec
from msgspec import UNSET, UnsetType

from connectors.gateway.stream_event import StreamEvent, format_time
from guardrails.events import Audit, Finding, PipelineEvent, Segment, Verdict
from guardrails.guardrail import Action


class Seen(NamedTuple):
    """One verdict and what of it was new. Segments and findings that a replay repeats are not."""

    verdict: Verdict
    segments: Sequence[Segment]
    findings: Sequence[Finding]

    @property
    def is_result(self) -> bool:
        """Whether a client is told a `partial_result`: not where nothing can be shown and the
        stream goes on.
        """
        verdict = self.verdict
        return bool(self.segments) or verdict.state != "active" or verdict.action is Action.BLOCK


class Progress(NamedTuple):
    """How far a stream's steps are. began_ms: log time. running, completed: steps by name."""

    began_ms: int
    running: Sequence[str]
    completed: Sequence[str]


def tell_verdict(
    seen: Seen,
    index: int,
    at_ms: int,
    so_far: Progress,
    id: str,  # noqa: A002 - the word of the protocol
) -> list[StreamEvent]:
    """Tell what a verdict changes: findings, progress, and last the text that may be shown.

    index: of this `partial_result` in its stream. at_ms: log time.
    """
    verdict, fresh, findings = seen
    told: dict[str, Any] = {"execution": verdict.stream_id, "timestamp": format_time(at_ms)}
    events = [
        StreamEvent(type="finding", **told, data=msgspec.to_builtins(finding))
        for finding in findings
    ]
    if verdict.state != "complete":
        progress = _progress(verdict, at_ms, so_far)
        events.append(StreamEvent(type="progress", **told, data=progress))
    if not seen.is_result:
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


def _progress(verdict: Verdict, at_ms: int, so_far: Progress) -> dict[str, Any]:
    """Return how far the guard is with what has come, and how long the rest of that takes at the
    pace so far: nobody knows how much is to come.
    """
    received = verdict.frontier + verdict.held
    elapsed_ms = at_ms - so_far.began_ms
    left_ms = round(elapsed_ms * verdict.held / verdict.frontier) if verdict.frontier else None
    return {
        "percentage": round(100 * verdict.frontier / received, 1) if received else 0.0,
        "frontier": verdict.frontier,
        "held": verdict.held,
        "received": received,
        "current_step": so_far.running[-1] if so_far.running else "release",
        "completed_steps": so_far.completed,
        "estimated_ms_left": left_ms,
    }


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
