"""The command line of the benchmarks; `tidegate bench` passes its arguments on."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, show, and write the report."""
    from benchmarks.main import MEASURES, run

    parser = argparse.ArgumentParser(
        prog="tidegate bench",
        description="Measure speed and memory, and write benchmarks/report.md, .json and .svg.",
        epilog="examples: tidegate bench --quick push engine; tidegate bench guardrails --out .",
    )
    parser.add_argument("names", nargs="*", metavar="MEASURE", help="as --only")
    parser.add_argument("--quick", action="store_true", help="a minute, with larger errors")
    parser.add_argument(
        "--only", action="append", choices=list(MEASURES), help="one measure; may be repeated"
    )
    parser.add_argument(
        "--out", type=Path, help="directory of the report; a quick or partial run writes none else"
    )
    options = parser.parse_args(arguments)
    only = [*options.names, *(options.only or ())]
    if unknown := sorted({*only} - {*MEASURES}):
        parser.error(f"no measure {', '.join(unknown)}; there are {', '.join(MEASURES)}")
    sys.exit(0 if run(quick=options.quick, only=only, out=options.out) else 1)


if __name__ == "__main__":
    main()
