"""The audit record: what is left of a stream when it is over."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from guardrails.checking import Checking
from guardrails.events import AuditContent, GuardrailRecord, Unscanned
from guardrails.guardrail import Action
from guardrails.inspection import Inspection
from guardrails.plan import Plan
from guardrails.reported import Reported
from guardrails.setting import Setting
from guardrails.track import Tally


def compose_content(
    plan: Plan,
    inspection: Inspection,
    checking: Checking | None,
    lost: Sequence[Unscanned],
    reason: str | None,
) -> AuditContent:
    """Compose the part of the record that depends on text, policy and the checks' answers alone.

    Of a stream that was cut, only the text before the cut counts.
    """
    release, reported = inspection.release, inspection.ledger.reported
    if release.blocked and reported.outcome is Action.BLOCK:
        # A finding has cut the text; what happened behind it depends on when that was known.
        reason = None
        lost = [gap for gap in lost if gap.offset <= release.offset]
    unchecked = () if checking is None else checking.unscanned
    records = _guardrail_records(plan, reported, {} if checking is None else checking.tallies())
    return AuditContent(
        Action.BLOCK if release.blocked else reported.outcome,
        release.offset if release.blocked else inspection.received,
        release.plain,
        release.redacted,
        reported.listed,
        reported.omitted,
        records,
        (*lost, *sorted(unchecked, key=_by_place)),
        msgspec.UNSET if reason is None else reason,
        tuple([name for name in plan.guardrails if name not in records]),
    )


def _by_place(unscanned: Unscanned) -> tuple[int, str]:
    return unscanned.offset, str(unscanned.guardrail)


def _guardrail_records(
    plan: Plan, reported: Reported, tallies: Mapping[str, Tally]
) -> dict[str, GuardrailRecord]:
    counts = {check.id: [0, 0, 0] for check in plan.checks}
    for rule, (found, unenforced) in reported.counts.items():
        own = counts.setdefault(plan.guardrail_of(rule), [0, 0, 0])
        own[0] += found
        own[1] += unenforced
    for rule, errors in reported.errors.items():
        counts.setdefault(plan.guardrail_of(rule), [0, 0, 0])[2] += errors
    return {
        name: _record(plan.guardrails[name], counts[name], tallies.get(name))
        for name in plan.guardrails
        if name in counts
    }


def _record(setting: Setting, counts: Sequence[int], tally: Tally | None) -> GuardrailRecord:
    kind = setting.guardrail.performance.performance_class
    if tally is None:
        return GuardrailRecord(setting.mode, kind, *counts)
    found, unenforced, _ = counts
    return GuardrailRecord(
        *(setting.mode, kind, found, unenforced),
        *(tally.errors, tally.timeouts, tally.skipped, tally.runs),
    )
