"""`tidegate doctor`: is everything in place?"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

EPILOG = """\b
Examples:
  tidegate doctor
  tidegate doctor --policy mine.yaml --recovery-dir ./recovery
  tidegate doctor --no-broker                     for files and pipes, without Kafka

\b
Each line is `ok`, `skip` or `PROBLEM`; every problem comes with one fix.
Exit code 0: no problem. 1: at least one."""


def doctor(
    *,
    policy: Annotated[
        str, typer.Option(envvar="TIDEGATE_POLICY", help="A shipped policy or a file.")
    ] = "default",
    recovery_dir: Annotated[
        Path | None,
        typer.Option(envvar="TIDEGATE_RECOVERY_DIR", help="Where snapshots will be kept."),
    ] = None,
    broker: Annotated[bool, typer.Option(help="Look at Kafka and the topics.")] = True,
    timeout_s: Annotated[
        float, typer.Option(min=1, max=300, help="Seconds to wait for the broker.")
    ] = 5.0,
) -> None:
    """Look at everything a run needs; say what is wrong, and one fix for each problem."""
    from flows.checkup import examine
    from flows.exits import Exit
    from flows.terminal import console

    out = console()
    problems = 0
    for check in examine(
        os.environ, policy, recovery_dir, look_at_broker=broker, timeout_s=timeout_s
    ):
        problems += check.state == "PROBLEM"
        style = {"ok": "green", "PROBLEM": "bold red"}.get(check.state, "dim")
        out.print(f"{check.state:<8}", style=style, end="")
        out.print(f"{check.name}: {check.detail}")
        if check.fix:
            out.print(f"        fix: {check.fix}")
    if problems:
        raise typer.Exit(Exit.PROBLEM)
