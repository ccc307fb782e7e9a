"""`tidegate bench`: measure speed, and write the report."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import typer

# The benchmarks read their own options.
CONTEXT = {"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}
EPILOG = ""


def bench(context: typer.Context) -> None:
    """Measure speed and memory, and write the report. `tidegate bench --help` shows its options."""
    from flows.exits import MissingError

    # They stand beside the packages in a checkout and are not installed with them.
    sys.path.insert(0, str(Path(__file__).parents[2]))
    try:
        benchmarks = importlib.import_module("benchmarks.__main__")
        benchmarks.main(context.args)
    except ImportError as error:
        raise MissingError(
            f"the benchmarks need '{error.name}', which is not installed; clone the repository, "
            "and call `make bench`"
        ) from error
