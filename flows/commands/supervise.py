"""`tidegate supervise`: keep processes running, restart what dies."""

from __future__ import annotations

import logging
from typing import Annotated

import typer

EPILOG = """\b
Examples:
  tidegate supervise -- run --recovery-dir ./recovery
  tidegate supervise --partitions 0-3 --partitions 4-7 -- \\
      run --recovery-dir ./recovery/{partitions}             a process for each
  tidegate supervise --processes 2 -- \\
      run --workers 2 --recovery-dir ./recovery              a Bytewax cluster on this machine

\b
Commands that can be supervised: run, checks, audit run, webhooks run. In their options {partitions}
stands for the partitions of the process, {process} for its number, from 0.
Who dies is started again after a pause: half a second that doubles with every failure in a row, up
to 30 s, shortened by chance to at least half. When one process of a cluster dies, all of it is
started again. What ends with 0 is left alone; what ends with 1 or 2 would do so again.

\b
SIGTERM and Ctrl-C are passed on: each process writes a last snapshot. The second one kills.
Exit code 0: all ended well. 1 or 2: what a process ended with that a restart would not help.
3: given up, or a process was killed or ended badly at a stop; the next start repeats what it had
not saved. When this process itself is killed, the others stop cleanly."""

# What follows the first word is the command's, also without --.
CONTEXT = {"allow_interspersed_args": False}


def supervise(
    command: Annotated[
        list[str], typer.Argument(metavar="-- COMMAND...", help="What to keep running.")
    ],
    *,
    processes: Annotated[
        int, typer.Option(min=1, max=64, help="Of one Bytewax cluster, which share their work.")
    ] = 1,
    partitions: Annotated[
        list[str] | None,
        typer.Option(metavar="0-3,7", help="Of one process; once for each. They share nothing."),
    ] = None,
    give_up_after: Annotated[
        int,
        typer.Option(min=1, help="Failures in a row, none of which came after a minute or more."),
    ] = 20,
    stop_timeout_s: Annotated[
        float,
        typer.Option(
            min=1, max=3600, help="Seconds for a last snapshot; then a process is killed."
        ),
    ] = 130.0,
) -> None:
    """Keep processes of Tidegate running: restart what dies, stop all of them cleanly."""
    from connectors.stopping import Stop, stop_on_signals

    # Until something is started, a stop has nothing to wait for.
    with stop_on_signals(Stop()):
        import asyncio
        import random

        from flows.roster import list_crews
        from flows.supervisor import supervise as keep_running

        crews = list_crews(command, processes=processes, partitions=partitions or [])
    # Starts and stops are what this command is about; the rest of the log stays as it is.
    logging.getLogger("flows.supervisor").setLevel(logging.INFO)
    code = asyncio.run(
        keep_running(
            crews,
            chance=random.random,
            give_up_after=give_up_after,
            stop_timeout_s=stop_timeout_s,
        )
    )
    raise typer.Exit(code)
