"""The audit record: what is left of a stream when it is over."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from guardrails.events import AuditContent, GuardrailRecord, Unscanned
from guardrails.guardrail import Action
from guardrails.inspection import Inspection
from guardrails.plan import Plan
from guardrails.reported import Reported


def compose_content(
    plan: Plan, inspection: Inspection, unscanned: Sequence[Unscanned], reason: str | None
) -> AuditContent:
    """Compose the part of the record that depends on text and policy alone.

    Of a stream that was cut, only the text before the cut counts.
    """
    release, reported = inspection.release, inspection.ledger.reported
    return AuditContent(
        Action.BLOCK if release.blocked else reported.outcome,
        release.offset if release.blocked else inspection.received,
        release.plain,
        release.redacted,
        reported.listed,
        reported.omitted,
        _guardrail_records(plan, reported),
        tuple(unscanned),
        msgspec.UNSET if reason is None else reason,
    )


def _guardrail_records(plan: Plan, reported: Reported) -> dict[str, GuardrailRecord]:
    counts = {setting.guardrail.id: [0, 0, 0] for setting in plan.settings}
    for rule, (found, unenforced) in reported.counts.items():
        own = counts[plan.bound_rules[rule].guardrail]
        own[0] += found
        own[1] += unenforced
    for rule, errors in reported.errors.items():
        counts[plan.bound_rules[rule].guardrail][2] += errors
    return {
        setting.guardrail.id: GuardrailRecord(
            setting.mode,
            setting.guardrail.performance.performance_class,
            *counts[setting.guardrail.id],
        )
        for setting in plan.settings
    }
