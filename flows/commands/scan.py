"""`tidegate scan`: try a policy on your own data."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, BinaryIO, Literal

import typer

if TYPE_CHECKING:
    from connectors.rows import Row, RowError

EPILOG = """\b
Examples:
  tidegate scan answers.jsonl
  tidegate scan --policy mine.yaml --output found.jsonl answers.jsonl
  zcat answers.jsonl.gz | tidegate scan - | jq 'select(.action != "allow")'
  tidegate scan --chunks random:7 answers.jsonl      cut anywhere: the same findings
  tidegate scan --fail-on redact answers.jsonl       exit code 1 if anything was redacted

\b
Rows in:   {"id": ..., "text": "..."} or {"id": ..., "chunks": ["...", ...]}
Rows out, in the same order:
  {"id", "action", "findings": [{"type", "rule", "start", "end", "action"}],
   "released", "max_held"}
Offsets are code points. "released" is what a reader would see; "max_held" is the most that
was held back at once. In mode monitor a finding's action is what would have been done.
A bad row ends the scan with exit code 1, unless --keep-going: then it is listed on standard
error, the others are scanned, and the exit code is 1."""

_SEVERITY = ("allow", "warn", "redact", "block")


def scan(
    file: Annotated[str, typer.Argument(metavar="IN.jsonl", help="Rows to scan; '-' is stdin.")],
    *,
    policy: Annotated[
        str, typer.Option(envvar="TIDEGATE_POLICY", help="A shipped policy or a file.")
    ] = "default",
    chunks: Annotated[
        str,
        typer.Option(metavar="HOW", help="as-given, whole, chars:N or random:SEED."),
    ] = "as-given",
    output: Annotated[
        str, typer.Option(metavar="FILE", help="Where to write answers; '-' is stdout.")
    ] = "-",
    flow: Annotated[
        bool, typer.Option("--flow", help="Through the embedded dataflow; the same answers.")
    ] = False,
    keep_going: Annotated[
        bool, typer.Option("--keep-going", help="List bad rows, scan the others, exit with 1.")
    ] = False,
    fail_on: Annotated[
        Literal["warn", "redact", "block"] | None,
        typer.Option(help="Exit with 1 if a row's action is this or stronger."),
    ] = None,
    progress: Annotated[
        bool | None,
        typer.Option("--progress/--no-progress", help="Shown by default in a terminal."),
    ] = None,
) -> None:
    """Scan texts with a policy, without a broker: what is found, and what a reader would see."""
    import msgspec

    from connectors.rows import parse_cut, read_rows
    from flows.exits import Exit, UsageError
    from flows.policies import compile_policy, read_policy
    from flows.scanner import scan as scan_row
    from flows.scanner import scan_through_flow

    try:
        cut = parse_cut(chunks)
    except ValueError as error:
        raise UsageError(f"--chunks: {error}") from error
    plan = compile_policy(read_policy(policy))
    encode = msgspec.json.Encoder().encode
    listing = _Listing(keep_going=keep_going)
    worst = 0
    with ExitStack() as stack:
        source = stack.enter_context(_open_input(file))
        rows = listing.good(_watch(stack, read_rows(source, file), source, progress))
        answers = (
            scan_through_flow(plan, rows, cut)
            # What checks say comes through the flow that runs them.
            if flow or plan.checks
            else (scan_row(plan, row, cut(row)) for row in rows)
        )
        sink = stack.enter_context(_open_output(output, file))
        for answer in answers:
            worst = max(worst, _SEVERITY.index(answer["action"]))
            sink.write(encode(answer) + b"\n")
            if sink is sys.stdout.buffer and source is sys.stdin.buffer:
                # A pipe: whoever reads us waits for this line.
                sink.flush()
        sink.flush()
    if listing.count or (fail_on is not None and worst >= _SEVERITY.index(fail_on)):
        raise typer.Exit(Exit.PROBLEM)


class _Listing:
    """Bad rows: the first one ends the scan, or all are listed. count: how many there were."""

    def __init__(self, *, keep_going: bool) -> None:
        self._keep_going = keep_going
        self.count = 0

    def good(self, rows: Iterable[Row | RowError]) -> Iterator[Row]:
        """Yield the rows that can be scanned."""
        from connectors.rows import RowError
        from flows.exits import Exit

        for row in rows:
            if not isinstance(row, RowError):
                yield row
                continue
            self.count += 1
            hint = "" if self._keep_going else " (--keep-going scans the rows behind it)"
            typer.echo(f"error: {row}{hint}", err=True)
            if not self._keep_going:
                return
        if self.count:
            typer.echo(f"{self.count} bad rows were left out; exit code {Exit.PROBLEM}", err=True)


def _open_input(name: str) -> Any:
    from contextlib import nullcontext

    from flows.exits import UsageError

    if name == "-":
        return nullcontext(sys.stdin.buffer)
    try:
        return Path(name).open("rb")
    except OSError as error:
        raise UsageError(
            f"{name}: cannot be read ({error.strerror}); name a JSONL file, or '-'"
        ) from error


def _open_output(name: str, source: str) -> Any:
    from contextlib import nullcontext

    from flows.exits import MissingError, UsageError

    if name == "-":
        return nullcontext(sys.stdout.buffer)
    path = Path(name)
    if source != "-" and path.exists() and path.samefile(source):
        raise UsageError(f"{name}: is the input; name another --output")
    try:
        return path.open("wb")
    except OSError as error:
        raise MissingError(
            f"{name}: cannot be written ({error.strerror}); name another --output"
        ) from error


def _watch(
    stack: ExitStack, rows: Iterable[Row | RowError], source: BinaryIO, wanted: bool | None
) -> Iterable[Row | RowError]:
    """Show on standard error how far the reading is, where someone looks at it."""
    if wanted is False or (wanted is None and not sys.stderr.isatty()):
        return rows
    from flows.progress import show_reading

    return show_reading(stack, rows, source)
