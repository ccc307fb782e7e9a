"""Rollups: what the streams of one tenant came to in one minute.

Everything here is a sum, so records may come in any order, in any number of pieces, and late.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypeVar

import msgspec

from guardrails.events import Audit, CheckCost, GuardrailRecord, GuardrailRollup, Rollup
from guardrails.guardrail import Action, Mode
from guardrails.histogram import Histogram

_Word = TypeVar("_Word", bound=str)

MINUTE_MS = 60_000
# 1 hour: a guard that was down for so long has been noticed. Each minute that can still be
# corrected costs its tenant about half a kilobyte of state.
DEFAULT_CORRECT_S = 3600.0
# The year 9000: a timestamp beyond what calendars can tell must not stop a flow.
_LAST_MS = 221_845_392_000_000


class GuardrailTotals(msgspec.Struct):
    """The sums of one guardrail; fields as in `GuardrailRollup`. New ones are added at the end."""

    findings: int = 0
    would_have_blocked: int = 0
    errors: int = 0
    timeouts: int = 0
    skipped: int = 0
    runs: int = 0
    calls: int = 0
    cached: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    latency: Histogram = msgspec.field(default_factory=Histogram)

    def add(self, record: GuardrailRecord, cost: CheckCost | None) -> None:
        """Add one stream's part."""
        self.findings += record.findings
        self.would_have_blocked += record.would_have_blocked
        self.errors += record.errors
        self.timeouts += record.timeouts
        self.skipped += record.skipped
        self.runs += record.runs
        if cost is None:
            return
        self.calls += cost.calls
        self.cached += cost.cached
        self.prompt_tokens += cost.prompt_tokens
        self.completion_tokens += cost.completion_tokens
        if record.runs:
            self.latency.add(cost.latency_ms / record.runs, record.runs)

    def merge(self, other: GuardrailTotals) -> None:
        """Add another sum."""
        for name in _GUARDRAIL_COUNTS:
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.latency.merge(other.latency)

    def rollup(self) -> GuardrailRollup:
        """Return it as it travels."""
        latency = self.latency.durations() if self.latency.buckets else msgspec.UNSET
        counts = GuardrailRollup(*(getattr(self, name) for name in _GUARDRAIL_COUNTS))
        return msgspec.structs.replace(counts, latency=latency)


_GUARDRAIL_COUNTS = tuple(name for name in GuardrailTotals.__struct_fields__ if name != "latency")


class Totals(msgspec.Struct):
    """The sums of some streams of one tenant; fields as in `Rollup`. New ones go to the end.

    >>> both = Totals(streams=2, chars=10)
    >>> both.merge(Totals(streams=1, chars=5))
    >>> both.streams, both.chars
    (3, 15)
    """

    streams: int = 0
    outcomes: dict[Action, int] = {}
    ended_by: dict[str, int] = {}
    chars: int = 0
    released: int = 0
    redacted: int = 0
    findings: dict[str, dict[Mode, int]] = {}
    omitted: int = 0
    would_have_blocked: int = 0
    unscanned: int = 0
    guardrails: dict[str, GuardrailTotals] = {}
    duration: Histogram = msgspec.field(default_factory=Histogram)
    late: int = 0
    too_late: int = 0
    contradictions: int = 0
    slowest_verdict: Histogram = msgspec.field(default_factory=Histogram)

    def add(self, audit: Audit) -> None:
        """Add one stream. O(its findings and guardrails)."""
        content, transport = audit.content, audit.transport
        self.streams += 1
        _count(self.outcomes, content.outcome)
        _count(self.ended_by, transport.ended_by)
        self.chars += content.chars
        self.released += content.released
        self.redacted += content.redacted
        for finding in content.findings:
            _count(self.findings.setdefault(finding.type, {}), finding.mode)
        self.omitted += content.omitted
        self.unscanned += bool(content.unscanned)
        for guardrail, record in content.guardrails.items():
            self.would_have_blocked += record.would_have_blocked
            cost = transport.checks.get(guardrail)
            if cost is not None or record.findings or record.runs or record.errors:
                self.guardrails.setdefault(guardrail, GuardrailTotals()).add(record, cost)
        self.duration.add(transport.ended_at_ms - transport.started_at_ms)
        self.slowest_verdict.add(transport.slowest_verdict_ms)

    def merge(self, other: Totals) -> None:
        """Add another sum, of the same tenant and minute."""
        for name in _COUNTS:
            setattr(self, name, getattr(self, name) + getattr(other, name))
        _add_counts(self.outcomes, other.outcomes)
        _add_counts(self.ended_by, other.ended_by)
        for kind, modes in other.findings.items():
            _add_counts(self.findings.setdefault(kind, {}), modes)
        for guardrail, totals in other.guardrails.items():
            self.guardrails.setdefault(guardrail, GuardrailTotals()).merge(totals)
        self.duration.merge(other.duration)
        self.slowest_verdict.merge(other.slowest_verdict)

    def rollup(self, tenant: str | None, minute_ms: int) -> Rollup:
        """Return it as it travels; equal sums give equal records."""
        return Rollup(
            tenant,
            minute_ms,
            self.streams,
            dict(sorted(self.outcomes.items())),
            dict(sorted(self.ended_by.items())),
            *(self.chars, self.released, self.redacted),
            {kind: dict(sorted(modes.items())) for kind, modes in sorted(self.findings.items())},
            *(self.omitted, self.would_have_blocked, self.unscanned),
            {name: totals.rollup() for name, totals in sorted(self.guardrails.items())},
            self.duration.durations(),
            *(self.late, self.too_late, self.contradictions),
            self.slowest_verdict.durations() if self.slowest_verdict.buckets else msgspec.UNSET,
        )


_COUNTS = (
    *("streams", "chars", "released", "redacted", "omitted", "would_have_blocked", "unscanned"),
    *("late", "too_late", "contradictions"),
)


def _count(counts: dict[_Word, int], word: _Word) -> None:
    counts[word] = counts.get(word, 0) + 1


def _add_counts(counts: dict[_Word, int], others: Mapping[_Word, int]) -> None:
    for word, count in others.items():
        counts[word] = counts.get(word, 0) + count


class Observation(msgspec.Struct, frozen=True, gc=False):
    """One audit record as its tenant's minute sees it. at_ms: when it counts, log time.

    kind: what it counts as. A stream that ended too long ago, and a record that contradicts an
    earlier one, count in the minute they arrived in, and there under a name of their own.
    """

    audit: Audit
    at_ms: int
    kind: Literal["stream", "too_late", "contradiction"]

    def add_to(self, totals: Totals) -> None:
        """Count it."""
        if self.kind == "stream":
            totals.add(self.audit)
        elif self.kind == "too_late":
            totals.too_late += 1
        else:
            totals.contradictions += 1


def observe(
    audit: Audit, arrived_at_ms: int, *, contradicts: bool = False, correct_s: float
) -> Observation:
    """Say in which minute an audit record counts, and as what. A function of the log alone, so a
    replay says the same.

    arrived_at_ms: the broker's timestamp of the record. correct_s: how long after its end a
    stream may arrive and still be counted in the minute it ended in.
    """
    arrived_at_ms = min(max(0, arrived_at_ms), _LAST_MS)
    if contradicts:
        return Observation(audit, arrived_at_ms, "contradiction")
    ended_at_ms = audit.transport.ended_at_ms
    if arrived_at_ms - ended_at_ms > correct_s * 1000:
        return Observation(audit, arrived_at_ms, "too_late")
    # A stream cannot end after its record was written; brokers' clocks may differ.
    return Observation(audit, min(ended_at_ms, arrived_at_ms), "stream")
