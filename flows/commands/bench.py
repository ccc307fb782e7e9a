"""`tidegate bench`: measure speed, and write the report."""

from __future__ import annotations

import importlib

import typer

# The benchmarks read their own options.
CONTEXT = {"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}
EPILOG = ""


def bench(context: typer.Context) -> None:
    """Measure speed and memory, and write the report. `tidegate bench --help` shows its options."""
    from flows.exits import MissingError

    try:
        benchmarks = importlib.import_module("benchmarks.__main__")
    except ImportError as error:
        raise MissingError(
            f"the benchmarks cannot be loaded ({error.name}); they stand in the repository: "
            "clone it, and call `make bench`"
        ) from error
    benchmarks.main(context.args)
