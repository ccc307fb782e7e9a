"""An evaluation as one HTML file that loads nothing."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from flows.evaluation.figures import COLUMNS, facts, rows
from flows.evaluation.plot import bars, histogram
from guardrails.evaluation.summary import Summary

_STYLE = (
    "body{font:15px/1.5 sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#222}"
    "table{border-collapse:collapse;margin:1rem 0}"
    "th,td{padding:.2rem .7rem;border-bottom:1px solid #ddd;text-align:right}"
    "th:first-child,td:first-child{text-align:left}"
    # The sums: over all types, and over whole texts.
    "table:first-of-type tbody tr:nth-last-child(-n+2){font-weight:600}"
    "svg{max-width:100%;height:auto}"
)


def write_html(summary: Summary) -> str:
    """Return the report. Names of suites and types are escaped: they are somebody's text."""
    title = f"Evaluation of policy {escape(summary.policy)}"
    suites = escape(", ".join(summary.suites))
    # Labels have a type, and belong to no rule: how many one misses is not known.
    figures = ("precision", "recall") if summary.by == "type" else ("precision",)
    names = [line.name for line in summary.lines]
    quality = [(one, [getattr(line, one) for line in summary.lines]) for one in figures]
    said = " and ".join(figures)
    return "\n".join(
        [
            "<!doctype html>",
            f'<html lang="en"><head><meta charset="utf-8"><title>{title}</title>',
            f"<style>{_STYLE}</style></head><body>",
            f"<h1>{title}</h1>",
            f"<p>Version {escape(summary.policy_version)}, on {suites}.</p>",
            _table(COLUMNS, rows(summary)),
            f"<h2>{said.capitalize()} by {summary.by}</h2>",
            bars(names, quality, said),
            "<h2>Over all texts</h2>",
            _table(("what", "how much"), facts(summary)),
            "<h2>Chunks, by how many characters were held back behind them</h2>",
            histogram(_buckets(len(summary.holds)), summary.holds, "characters held back"),
            "</body></html>",
            "",
        ]
    )


def _table(head: Iterable[str], body: Iterable[tuple[str, ...]]) -> str:
    titles = "".join(f"<th>{escape(cell)}</th>" for cell in head)
    lines = "".join(
        f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>\n" for row in body
    )
    return f"<table><thead><tr>{titles}</tr></thead><tbody>\n{lines}</tbody></table>"


def _buckets(count: int) -> list[str]:
    """Name so many powers of two.

    >>> _buckets(4)
    ['0', '1', '2-3', '4-7']
    """
    names = ["0", "1", *(f"{1 << power}-{(2 << power) - 1}" for power in range(1, count))]
    return names[:count]
