"""The figures of an evaluation as rows of text, the same in a terminal, Markdown and HTML."""

from __future__ import annotations

from guardrails.evaluation.summary import Line, Summary

COLUMNS = (
    *("name", "labels", "found", "findings", "right"),
    *("precision", "recall", "F1", "exact F1"),
)


def share(value: float | None) -> str:
    """Write a share; '-' where it is not known.

    >>> share(0.98765), share(None)
    ('0.988', '-')
    """
    return "-" if value is None else f"{value:.3f}"


def rows(summary: Summary) -> list[tuple[str, ...]]:
    """Return one row a name, then one for all labelled types and one for whole texts."""
    return [_row(line, summary.by) for line in (*summary.lines, summary.total, summary.texts)]


def _row(line: Line, by: str) -> tuple[str, ...]:
    # Labels have a type, and belong to no rule: how many one misses is not known.
    labels = f"{line.labels:,}" if by == "type" or line.labels else "-"
    return (
        *(line.name, labels, f"{line.found:,}", f"{line.findings:,}", f"{line.right:,}"),
        *(share(line.precision), share(line.recall), share(line.f1), share(line.exact_f1)),
    )


def facts(summary: Summary) -> list[tuple[str, str]]:
    """Return what is counted over all texts, each with its name."""
    false = "-" if summary.false_positives is None else f"{summary.false_positives:,.1f}"
    mean = "-" if summary.mean_held is None else f"{summary.mean_held:.1f}"
    return [
        ("texts", f"{summary.cases:,} with {summary.chars:,} characters"),
        (
            "false positives per million characters",
            f"{false} ({summary.clean_findings:,} in {summary.clean_chars:,} of clean text)",
        ),
        (
            "leaked characters",
            f"{summary.leaked:,} of {summary.label_chars:,} in labels, before they were found",
        ),
        ("shown characters", f"{summary.shown:,} of labels, found or not"),
        ("hold", f"mean {mean}, longest {summary.max_held:,} characters"),
        ("labels behind a block", f"{summary.unreached:,}, which count for nothing"),
    ]
