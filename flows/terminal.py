"""What the commands write to: consoles that know pipes and NO_COLOR."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal, TextIO

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table


def is_plain(stream: TextIO, environ: Mapping[str, str]) -> bool:
    """Tell whether nothing but text may be written: a pipe, a file, NO_COLOR, a dumb terminal."""
    return not stream.isatty() or bool(environ.get("NO_COLOR")) or environ.get("TERM", "") == "dumb"


def console(where: Literal["out", "err"] = "out") -> Console:
    """Return a console on standard output or standard error.

    Plain ones never write control codes, whatever rich would read from the environment.
    """
    from rich.console import Console

    stream = sys.stdout if where == "out" else sys.stderr
    plain = is_plain(stream, os.environ)
    return Console(
        file=stream,
        color_system=None if plain else "auto",
        force_terminal=False if plain else None,
        # A pipe has no width: nothing is wrapped or cut off there.
        width=None if stream.isatty() else _PIPE_WIDTH,
        highlight=False,
        markup=False,
        emoji=False,
        soft_wrap=not stream.isatty(),
    )


_PIPE_WIDTH = 10_000


def table(*columns: str, numbers: tuple[str, ...] = ()) -> Table:
    """Return an empty table that reads well in a terminal and in a pipe. numbers: right-aligned."""
    from rich.table import Table

    made = Table(box=None, pad_edge=False, header_style="bold", expand=False)
    for column in columns:
        made.add_column(column, justify="right" if column in numbers else "left", overflow="fold")
    return made


def print_table(out: Console, made: Table) -> None:
    """Print a table without blanks at the ends of its lines."""
    with out.capture() as capture:
        out.print(made)
    for line in capture.get().splitlines():
        out.file.write(f"{line.rstrip()}\n")
