"""Runs the measures one after the other, shows their figures, and writes the report."""

from __future__ import annotations

import importlib
import time
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from benchmarks.figure import Figure, NotMeasured

# Cheap ones first; each is a module of this package with a `measure`.
MEASURES = (
    *("cost", "hold", "calls", "sentences", "push", "engine", "rules", "guardrails", "memory"),
    *("epoch", "embedded", "latency", "throughput", "isolation", "holding", "crowd", "soak"),
    *("gateway", "proxy"),
)
_COLORS = {"pass": "green", "SHORT": "bold red", "": "default"}


def run(*, quick: bool = False, only: Sequence[str] | None = None, out: Path | None = None) -> bool:
    """Measure; return whether all that was asked for could be measured.

    A whole run is written to this directory; a quick or a partial one only when `out` names one.
    """
    console = Console()
    names = [name for name in MEASURES if not only or name in only]
    figures: list[Figure] = []
    missing: dict[str, str] = {}
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("", total=None)
        for index, name in enumerate(names, 1):
            started = time.monotonic()
            progress.update(task, description=f"{name} ({index} of {len(names)})")
            measure = importlib.import_module(f"benchmarks.{name}").measure
            try:
                for figure in measure(quick=quick):
                    figures.append(figure)
                    _show(console, figure)
            except NotMeasured as error:
                missing[name] = str(error)
                console.print(f"[bold red]not measured[/] {name}: {escape(str(error))}")
            console.print(f"{name} took {time.monotonic() - started:.0f} s", style="dim")
    if out is None and not quick and not only:
        out = Path(__file__).resolve().parent
    if out is not None:
        from benchmarks.machine import describe
        from benchmarks.report import write

        write(out, figures, describe(), missing)
        console.print(f"Written: {out / 'report.md'}")
    judged = [figure for figure in figures if figure.status]
    short = sum(figure.status == "SHORT" for figure in judged)
    console.print(f"{len(judged) - short} of {len(judged)} targets met")
    return not missing


def _show(console: Console, figure: Figure) -> None:
    target = f" ({figure.target})" if figure.target else ""
    color = _COLORS[figure.status]
    text = f"{figure.measure:>10}  {figure.name}: [{color}]{figure.shown}[/]{target}"
    console.print(text, highlight=False, soft_wrap=True)
