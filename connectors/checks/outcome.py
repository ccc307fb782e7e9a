"""How a job ended, before it is written as a result."""

from __future__ import annotations

import msgspec

from connectors.checks.ticket import Ticket
from guardrails.events import CheckFinding, CheckResult, CheckStatus


class Outcome(msgspec.Struct, frozen=True):
    """The part of a result that the station knows; see `CheckResult`."""

    status: CheckStatus
    findings: tuple[CheckFinding, ...] = ()
    reason: str | msgspec.UnsetType = msgspec.UNSET
    attempts: int = 0
    cached: bool = False
    prompt_tokens: int = 0
    completion_tokens: int = 0


def write_result(ticket: Ticket, outcome: Outcome, now_ms: int) -> CheckResult:
    """Return the result of a job. now_ms: wall clock, as the broker's timestamps."""
    job = ticket.job
    return CheckResult(
        id=job.request.id,
        stream_id=job.request.stream_id,
        guardrail=job.request.guardrail,
        status=outcome.status,
        requested_at_ms=job.requested_at_ms,
        deadline_ms=job.request.deadline_ms,
        findings=outcome.findings,
        # Clocks of two machines may differ by more than a check takes.
        latency_ms=float(max(0, now_ms - job.requested_at_ms)),
        attempts=outcome.attempts,
        cached=outcome.cached,
        prompt_tokens=outcome.prompt_tokens,
        completion_tokens=outcome.completion_tokens,
        reason=outcome.reason,
    )
