"""`tidegate audit`: what becomes of audit records, and whether they are still as they were."""

from __future__ import annotations

import os
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flows.commands.options import EpochS, MetricsPort

if TYPE_CHECKING:
    from connectors.audit.chain_check import Report
    from guardrails.chain import Head, Seal
    from guardrails.verifier import Problem

app = typer.Typer(
    help="Roll up, chain and forward audit records; check chains.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

RUN_EPILOG = """\b
Examples:
  tidegate audit run --recovery-dir ./audit-recovery         rollups only
  TIDEGATE_AUDIT_CHAIN_DIR=./chains TIDEGATE_AUDIT_CHAIN_KEY_FILE=key \\
      tidegate audit run --recovery-dir ./audit-recovery     and hash chains
  TIDEGATE_AUDIT_WEBHOOK_URL=https://siem.example/tidegate \\
      tidegate audit run --recovery-dir ./audit-recovery     and a webhook
  tidegate audit run --until-end                             sum up what is there, and end

\b
One process for all partitions. SIGTERM and Ctrl-C stop it cleanly; see docs/audit.md."""

VERIFY_EPILOG = """\b
Examples:
  tidegate audit verify ./chains                    every chain below the directory
  tidegate audit verify ./chains --head heads.jsonl    and nothing was cut off since
  tidegate audit verify --archived ./chains/partition-0003
  tidegate audit verify ./chains/partition-0003/00000012-2025-06-01.jsonl

\b
Each line is `ok` or `PROBLEM` with file, line and what is wrong there. The key is read from
TIDEGATE_AUDIT_CHAIN_KEY or TIDEGATE_AUDIT_CHAIN_KEY_FILE.
Exit code 0: every chain holds. 1: at least one does not."""

HEAD_EPILOG = """\b
Examples:
  tidegate audit head ./chains >> /somewhere/else/heads.jsonl
  tidegate audit head ./chains/partition-0003

\b
Keep heads where those who can write the chains cannot: a chain that is cut off at its end, or
written anew as a whole, is noticed by its heads alone."""

_VERIFY_PATH = "The directory of all chains, that of one, or one of its files."


@app.callback()
def _audit() -> None:
    """Roll up, chain and forward audit records; check chains."""


@app.command(epilog=RUN_EPILOG)
def run(
    *,
    recovery_dir: Annotated[
        Path | None,
        typer.Option(
            envvar="TIDEGATE_AUDIT_RECOVERY_DIR",
            file_okay=False,
            help="Where snapshots are kept, not the guard's; without it a restart begins anew.",
        ),
    ] = None,
    workers: Annotated[int, typer.Option(min=1, max=256, help="Threads.")] = 1,
    epoch_s: EpochS = 10.0,
    until_end: Annotated[
        bool, typer.Option("--until-end", help="Process what is there now, close it, and end.")
    ] = False,
    metrics_port: MetricsPort = None,
) -> None:
    """Read the audit topic: rollups per tenant and minute, hash chains, a webhook."""
    from connectors.stopping import Stop, stop_on_leash, stop_on_signals

    stop = Stop()
    with stop_on_signals(stop):
        stop_on_leash(stop, os.environ)
        # Imports take a second, and a stop need not wait for them.
        from connectors.audit.settings import AuditSettings
        from connectors.kafka.settings import KafkaSettings
        from connectors.metrics.endpoint import LOOPBACK, serve_metrics
        from flows.audit import build_kafka
        from flows.exits import UsageError
        from flows.runtime import run as run_flow

        settings = AuditSettings.from_env(os.environ)
        if settings.webhook_url is not None and recovery_dir is None:
            raise UsageError(
                "TIDEGATE_AUDIT_WEBHOOK_URL needs to remember what was delivered; add "
                "--recovery-dir"
            )
        kafka = KafkaSettings.from_env(os.environ)
        flow = build_kafka(
            kafka, settings, stop=stop, until_end=until_end, metrics=metrics_port is not None
        )
        with serve_metrics(metrics_port, os.environ.get("TIDEGATE_METRICS_HOST") or LOOPBACK):
            run_flow(flow, stop, workers=workers, recovery_dir=recovery_dir, epoch_s=epoch_s)


@app.command(epilog=VERIFY_EPILOG)
def verify(
    path: Annotated[
        Path,
        typer.Argument(
            metavar="PATH", envvar="TIDEGATE_AUDIT_CHAIN_DIR", exists=True, help=_VERIFY_PATH
        ),
    ],
    *,
    head: Annotated[
        str | None,
        typer.Option("--head", metavar="FILE|-", help="Heads kept elsewhere, one per line."),
    ] = None,
    archived: Annotated[
        bool, typer.Option("--archived", help="First files may have been moved away.")
    ] = False,
    progress: Annotated[
        bool | None,
        typer.Option("--progress/--no-progress", help="A bar; by default on a terminal."),
    ] = None,
) -> None:
    """Check that no entry of a chain was changed, removed, moved, repeated or cut off."""
    from connectors.audit.chain_check import check_chain, find_chains, missing_chains, total_bytes
    from flows.exits import Exit, UsageError
    from flows.progress import show_bytes

    seal = _seal()
    heads = [] if head is None else _read_heads(head, seal)
    chains = find_chains(path)
    if not chains and not heads:
        raise UsageError(
            f"{path}: holds no chain; name the directory of TIDEGATE_AUDIT_CHAIN_DIR, one of its "
            "partition-* directories, or one of their files"
        )
    with ExitStack() as stack:
        shown = sys.stderr.isatty() if progress is None else progress
        total = sum(total_bytes(chain) for chain in chains)
        advance = show_bytes(stack, "checking", total) if shown else _ignore
        reports = [
            check_chain(chain, seal, heads, whole=not archived, advance=advance) for chain in chains
        ]
    problems = [_print_report(report) for report in reports]
    # A single chain says nothing about the others.
    if chains != [path]:
        problems.append(_print_problems(missing_chains(reports, heads, path)))
    if any(problems):
        raise typer.Exit(Exit.PROBLEM)


@app.command("head", epilog=HEAD_EPILOG)
def seal_heads(
    path: Annotated[
        Path,
        typer.Argument(
            metavar="DIR",
            envvar="TIDEGATE_AUDIT_CHAIN_DIR",
            exists=True,
            file_okay=False,
            help="Of all chains, or of one.",
        ),
    ],
) -> None:
    """Print where each chain ends, sealed: what to keep elsewhere."""
    from connectors.audit.chain_check import find_chains, seal_head
    from flows.exits import UsageError

    seal, chains = _seal(), find_chains(path)
    if not chains:
        raise UsageError(f"{path}: holds no chain; name the directory of TIDEGATE_AUDIT_CHAIN_DIR")
    for chain in chains:
        typer.echo(seal_head(chain, seal))


def _seal() -> Seal:
    from connectors.audit.settings import AuditSettings
    from guardrails.chain import Seal

    return Seal(AuditSettings.from_env(os.environ).chain_key)


def _read_heads(name: str, seal: Seal) -> list[Head]:
    """Read heads, one per line. Raises InputError naming the line that is none."""
    from flows.exits import InputError, UsageError
    from guardrails.chain import ChainError, read_head

    try:
        content = sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
    except OSError as error:
        raise UsageError(
            f"{name}: cannot be read ({error.strerror}); name a file with heads, or '-'"
        ) from error
    heads = []
    for number, line in enumerate(content.split(b"\n"), 1):
        if line.strip():
            try:
                heads.append(read_head(line.strip(), seal))
            except ChainError as error:
                raise InputError(
                    f"{name}:{number}: {error}; give heads as they were printed, and "
                    "TIDEGATE_AUDIT_CHAIN_KEY as it was"
                ) from error
    return heads


def _ignore(_: int) -> None:
    """Show no progress."""


def _print_report(report: Report) -> int:
    """Say what there is to say of a chain; return how many problems it has."""
    checked = report.checked
    if report.problems:
        _print_problems(report.problems)
        if checked.problem_count > len(report.problems):
            more = checked.problem_count - len(report.problems)
            typer.echo(f"PROBLEM  {report.path}: and {more} more")
        return checked.problem_count
    end = "no entry yet"
    if checked.last is not None:
        end = f"up to entry {checked.last.index} ({checked.last.hash[:16]}...)"
    notes = [
        (checked.contradictions, "records contradict an earlier one of their stream"),
        (checked.set_aside, "times bytes torn by a crash were set aside"),
        (report.torn, "bytes of a last line without an end: being written, or torn by a crash"),
        (checked.unchecked_heads, "heads speak of files that are not here, and were not checked"),
    ]
    said = "".join(f"; {count} {what}" for count, what in notes if count)
    counts = f"{checked.records:,} records in {checked.files:,} files"
    typer.echo(f"ok       {report.name}: {counts}, {end}{said}")
    return 0


def _print_problems(problems: list[Problem]) -> int:
    for place, what in problems:
        where = f"{place.file}:{place.line}" if place.line else place.file
        typer.echo(f"PROBLEM  {where}: {what}")
    return len(problems)
