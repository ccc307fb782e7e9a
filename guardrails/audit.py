"""The audit record: what is left of a stream when it is over."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from guardrails.events import AuditContent, Finding, GuardrailRecord, Unscanned
from guardrails.guardrail import Action, Mode
from guardrails.inspection import Inspection
from guardrails.plan import Plan

# Severity of actions: the position in this list.
_SEVERITY = {action: rank for rank, action in enumerate(Action)}


def strongest(findings: Sequence[Finding]) -> Action:
    """Return the severest action that was really taken; a monitor's is a warning at most."""
    taken = [
        min(finding.action, Action.WARN, key=_SEVERITY.__getitem__)
        if finding.mode is Mode.MONITOR
        else finding.action
        for finding in findings
    ]
    return max(taken, key=_SEVERITY.__getitem__, default=Action.ALLOW)


def compose_content(
    plan: Plan, inspection: Inspection, unscanned: Sequence[Unscanned], reason: str | None
) -> AuditContent:
    """Compose the part of the record that depends on text and policy alone.

    Of a stream that was cut, only the text before the cut counts.
    """
    release, findings = inspection.release, inspection.ledger.findings
    return AuditContent(
        Action.BLOCK if release.blocked else strongest(findings),
        release.offset if release.blocked else inspection.received,
        release.plain,
        release.redacted,
        findings,
        _guardrail_records(plan, findings),
        tuple(unscanned),
        msgspec.UNSET if reason is None else reason,
    )


def _guardrail_records(plan: Plan, findings: Sequence[Finding]) -> dict[str, GuardrailRecord]:
    by_guardrail: dict[str, list[Finding]] = {setting.guardrail.id: [] for setting in plan.settings}
    for finding in findings:
        by_guardrail[plan.bound_rules[finding.rule].guardrail].append(finding)
    return {
        setting.guardrail.id: GuardrailRecord(
            setting.mode,
            setting.guardrail.performance.performance_class,
            len(own := by_guardrail[setting.guardrail.id]),
            sum(item.mode is Mode.MONITOR and item.action is Action.BLOCK for item in own),
        )
        for setting in plan.settings
    }
