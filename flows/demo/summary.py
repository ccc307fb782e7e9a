"""What the demo measured, beside what checking the whole text at each chunk would have cost."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from rich.console import Console
from rich.text import Text

from flows.demo.status import Figures
from flows.terminal import table
from guardrails.events import Audit


class Summary(msgspec.Struct, frozen=True):
    """The figures of a run, from its audit records and verdicts. Lengths: code points.

    runs: passes over text, one for all guardrails at each judged chunk. naive_runs: one of each
    guardrail at each judged chunk. naive_chars: counted once per chunk, not once per guardrail.
    mean_held_clean: of streams without a finding.
    """

    streams: int
    chunks: int
    chars: int
    findings: dict[str, int]
    blocked: int
    mean_held: float
    mean_held_clean: float
    max_held: int
    p50_ms: float
    p99_ms: float
    runs: int
    naive_runs: int
    scanned_chars: int
    naive_chars: int
    audit_records: int
    naive_audit_records: int
    dead_letters: int


def summarise(audits: Sequence[Audit], figures: Figures, dead_letters: int) -> Summary:
    """Return the figures of the streams that have ended."""
    findings: dict[str, int] = {}
    for audit in audits:
        for finding in audit.content.findings:
            findings[finding.type] = findings.get(finding.type, 0) + 1
    clean = [audit.stream_id for audit in audits if not audit.content.findings]
    runs = sum(audit.transport.verdicts for audit in audits)
    return Summary(
        streams=len(audits),
        chunks=sum(audit.transport.chunks for audit in audits),
        chars=sum(audit.content.chars for audit in audits),
        findings=findings,
        blocked=sum(audit.transport.ended_by == "blocked" for audit in audits),
        mean_held=figures.mean_held(audit.stream_id for audit in audits),
        mean_held_clean=figures.mean_held(clean),
        max_held=max((audit.transport.max_held_chars for audit in audits), default=0),
        p50_ms=figures.quantile_ms(0.5),
        p99_ms=figures.quantile_ms(0.99),
        runs=runs,
        naive_runs=sum(
            audit.transport.verdicts * len((*audit.content.guardrails, *audit.content.quiet))
            for audit in audits
        ),
        scanned_chars=sum(audit.transport.scanned_chars for audit in audits),
        naive_chars=sum(figures.tallies[audit.stream_id].naive_chars for audit in audits),
        audit_records=len(audits),
        naive_audit_records=runs,
        dead_letters=dead_letters,
    )


def print_summary(console: Console, summary: Summary, *, paced: bool) -> None:
    """Print the figures: what happened, and the comparison.

    paced: chunks came one by one, so that a latency is no time in a queue.
    """
    found = ", ".join(f"{count} {name}" for name, count in sorted(summary.findings.items()))
    hold = (
        f"mean {summary.mean_held_clean:.1f} characters where nothing was found, "
        f"{summary.mean_held:.1f} in all; at most {summary.max_held:,}"
    )
    what = table("", "")
    what.show_header = False
    rows = [
        ("streams", f"{summary.streams}, of which {summary.blocked} blocked"),
        ("chunks", f"{summary.chunks:,}"),
        ("characters", f"{summary.chars:,}"),
        ("findings", found or "none"),
        ("hold", hold),
    ]
    if paced:
        rows.append(("latency", f"p50 {summary.p50_ms:.2f} ms, p99 {summary.p99_ms:.2f} ms"))
    if summary.dead_letters:
        rows.append(("dead letters", f"{summary.dead_letters} chunks behind the end of a stream"))
    for name, value in rows:
        what.add_row(Text(name, "bold"), value)
    cost = table("cost of checking", "Tidegate", "naive", numbers=("Tidegate", "naive"))
    cost.add_row("runs of guardrails", f"{summary.runs:,}", f"{summary.naive_runs:,}")
    cost.add_row("characters read", f"{summary.scanned_chars:,}", f"{summary.naive_chars:,}")
    cost.add_row("audit records", f"{summary.audit_records:,}", f"{summary.naive_audit_records:,}")
    console.print()
    console.print(what)
    console.print()
    console.print(cost)
    console.print()
    console.print(
        Text(
            "latency: chunk appended to verdict appended, one process. naive: at each chunk every "
            "guardrail reads the whole text so far and logs it; its characters are counted once "
            "per chunk, not once per guardrail. Tidegate runs all guardrails in one pass.",
            "dim",
        )
    )
