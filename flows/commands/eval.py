"""`tidegate eval`: how good a policy is on labelled texts."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

if TYPE_CHECKING:
    from guardrails.evaluation.summary import Summary

EPILOG = """\b
Examples:
  tidegate eval labelled.jsonl
  tidegate eval --policy mine.yaml --by rule pii.jsonl secrets.jsonl
  tidegate eval --fail-under recall=0.95,precision=0.9 --fail-over leaked=0 labelled.jsonl
  tidegate eval --types EMAIL_ADDRESS,IBAN_CODE labelled.jsonl
  tidegate eval --html report.html --markdown report.md --json report.json labelled.jsonl

\b
One JSON object per line, offsets in code points; docs/evaluation.md has all of it:
  {"text": "to ada@example.org", "spans": [{"start": 3, "end": 18, "type": "EMAIL_ADDRESS"}]}
  {"chunks": ["nothing ", "in here"], "label": "negative"}

\b
Thresholds: precision, recall, f1, exact_f1, text_precision, text_recall, text_f1 (under);
false_positives, leaked, shown, mean_held, max_held (over).
Checks (judges, models, services) are left out: only what runs at every chunk is measured.
Exit code 0: all thresholds are kept. 1: one is not, or a line is no labelled text."""


def evaluate(
    suites: Annotated[list[Path], typer.Argument(metavar="SUITE...", help="JSONL files.")],
    *,
    policy: Annotated[
        str, typer.Option(envvar="TIDEGATE_POLICY", help="A shipped policy or a file.")
    ] = "default",
    by: Annotated[
        Literal["type", "rule", "guardrail"], typer.Option(help="What findings are grouped by.")
    ] = "type",
    types: Annotated[
        str, typer.Option(metavar="TYPE,...", help="Only labels of these types count.")
    ] = "",
    html: Annotated[
        Path | None, typer.Option(metavar="FILE", help="A report with plots, in one file.")
    ] = None,
    markdown: Annotated[Path | None, typer.Option(metavar="FILE", help="The tables.")] = None,
    json: Annotated[Path | None, typer.Option(metavar="FILE", help="All figures.")] = None,
    fail_under: Annotated[
        str, typer.Option(metavar="NAME=N,...", help="Exit with 1 if a figure is below.")
    ] = "",
    fail_over: Annotated[
        str, typer.Option(metavar="NAME=N,...", help="Exit with 1 if a figure is above.")
    ] = "",
) -> None:
    """Measure a policy on labelled texts: precision, recall, leaked characters, hold."""
    import msgspec

    from flows.evaluation import evaluate as judge
    from flows.evaluation import without_checks
    from flows.evaluation.html import write_html
    from flows.evaluation.markdown import write_markdown
    from flows.exits import Exit, UsageError
    from flows.policies import read_policy
    from guardrails.evaluation.summary import ThresholdError, parse_thresholds, shortfalls

    try:
        at_least = parse_thresholds(fail_under, at_least=True)
        at_most = parse_thresholds(fail_over, at_least=False)
    except ThresholdError as error:
        raise UsageError(f"--fail-under, --fail-over: {error}") from error
    wanted, left_out = without_checks(read_policy(policy))
    if left_out:
        typer.echo(f"note: left out, because they are checks: {', '.join(left_out)}", err=True)
    named = frozenset(filter(None, (name.strip() for name in types.split(","))))
    summary = judge(wanted, suites, by, named or None)
    _print(summary)
    labelled = {line.name for line in summary.lines if line.labels} if by == "type" else named
    if unknown := sorted(named - labelled):
        typer.echo(f"note: no label of the suites has type {', '.join(unknown)}", err=True)
    if html is not None:
        html.write_text(write_html(summary), "utf-8")
    if markdown is not None:
        markdown.write_text(write_markdown(summary), "utf-8")
    if json is not None:
        json.write_bytes(msgspec.json.format(msgspec.json.encode(summary)) + b"\n")
    missed = shortfalls(summary, at_least, at_most)
    for sentence in missed:
        typer.echo(f"error: {sentence}", err=True)
    if missed:
        raise typer.Exit(Exit.PROBLEM)


def _print(summary: Summary) -> None:
    from flows.evaluation.figures import COLUMNS, facts, rows
    from flows.terminal import console, print_table, table

    out = console()
    out.print(f"policy '{summary.policy}', version {summary.policy_version}")
    shown = table(*COLUMNS, numbers=COLUMNS[1:])
    for row in rows(summary):
        shown.add_row(*row)
    print_table(out, shown)
    out.print()
    for name, value in facts(summary):
        out.print(f"{name}: {value}")
