"""An evaluation as Markdown."""

from __future__ import annotations

from collections.abc import Iterable

from flows.evaluation.figures import COLUMNS, facts, rows
from guardrails.evaluation.summary import Summary


def write_markdown(summary: Summary) -> str:
    """Return the report; ends in a line feed."""
    lines = [
        f"# Evaluation of policy {_cell(summary.policy)}",
        "",
        f"Version {summary.policy_version}, on {_cell(', '.join(summary.suites))}.",
        "",
        *_table(COLUMNS, rows(summary), text_columns=1),
        "",
        *_table(("what", "how much"), facts(summary), text_columns=2),
    ]
    return "\n".join(lines) + "\n"


def _table(
    head: tuple[str, ...], body: Iterable[tuple[str, ...]], *, text_columns: int
) -> Iterable[str]:
    yield _line(head)
    yield "|" + "|".join(["---"] * text_columns + ["---:"] * (len(head) - text_columns)) + "|"
    yield from map(_line, body)


def _line(cells: tuple[str, ...]) -> str:
    return f"| {' | '.join(map(_cell, cells))} |"


def _cell(text: str) -> str:
    """Keep a name of a suite inside of its cell."""
    return "".join(f"\\{one}" if one in "\\|`*_<[" else one for one in " ".join(text.split()))
