"""A campaign's report, in Markdown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from statistics import median

from tests.chaos.campaign import Outcome

# Differences that are written out; the rest is counted.
_LISTED = 40


def write_report(outcome: Outcome) -> str:
    """Return the report."""
    found, plan = outcome.found, outcome.plan
    counts = found.counts
    lines = [
        "# Fault campaign",
        "",
        f"`python -m tests.chaos --seed {plan.seed} --faults {plan.faults}`, "
        f"{outcome.seconds / 60:.0f} minutes.",
        "",
        f"Broker: {outcome.broker}. Disk of the recovery stores: {outcome.disk}. "
        f"{plan.streams_per_s:g} streams a second.",
        "",
        f"**{len(outcome.faults)} faults, {counts['streams']:,} streams, "
        f"{counts['verdicts']:,} verdicts, {len(found.differences)} differences.**",
        "",
        "| fault | times |",
        "|---|---|",
        *_rows(Counter(fault.kind for fault in outcome.faults)),
        *(f"| {kind} | skipped: {why} |" for kind, why in outcome.skipped.items()),
        *_rows(outcome.chunk_faults),
        "",
        *_recoveries(outcome),
        "",
        "| what was compared | number |",
        "|---|---|",
        *_rows(counts),
        "",
        "| why checks had no answer | number |",
        "|---|---|",
        *_rows(found.reasons),
        "",
        "| ended by itself, and was started again | exit code | last words |",
        "|---|---|---|",
        *(
            f"| {name} after {at:.0f} s | {code} | {_one_line(words)} |"
            for name, at, code, words in outcome.unasked
        ),
        "",
        "## Differences",
        "",
        *(f"- {one}" for one in found.differences[:_LISTED]),
        "" if found.differences else "None.",
    ]
    return "\n".join(lines).rstrip() + "\n"


def _rows(counts: dict[str, int] | Counter[str]) -> Iterable[str]:
    for name, count in sorted(counts.items(), key=lambda item: item[0]):
        yield f"| {name} | {count:,} |"


def _recoveries(outcome: Outcome) -> Iterable[str]:
    yield "| from the end of the guard to its first new verdict | times | median | longest | live |"
    yield "|---|---|---|---|---|"
    kinds = {fault.kind for fault in outcome.faults if fault.recovery_s is not None}
    for kind in sorted(kinds):
        timed = [f for f in outcome.faults if f.kind == kind and f.recovery_s is not None]
        seconds = [fault.recovery_s for fault in timed if fault.recovery_s is not None]
        live = median(fault.streams for fault in timed)
        yield (
            f"| {kind} | {len(timed)} | {median(seconds):.1f} s | {max(seconds):.1f} s |"
            f" {live:.0f} streams |"
        )


def _one_line(words: str) -> str:
    return " ".join(words.split()).replace("|", "\\|")[-240:]
