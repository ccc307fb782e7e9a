"""Run a fault campaign: faults one after the other on a real broker, then all is compared."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from tests.chaos.campaign import Plan, run
from tests.chaos.faults import KINDS
from tests.chaos.report import write_report


def main() -> int:
    """Run one campaign; 1 if anything differs."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--faults", type=int, default=200)
    parser.add_argument("--minutes", type=float, help="begin no fault after so many")
    parser.add_argument("--streams-per-s", type=float, default=8.0)
    parser.add_argument(
        "--live", type=int, default=0, help="open streams for more kills at the end"
    )
    parser.add_argument("--only", action="append", choices=list(KINDS), help="kinds of faults")
    parser.add_argument("--report", type=Path, help="write a report in Markdown")
    given = parser.parse_args()
    plan = Plan(given.seed, given.faults, given.minutes, given.streams_per_s, live=given.live)
    if given.only:
        plan = plan._replace(kinds=tuple(given.only))
    outcome = run(plan, lambda text: print(text, flush=True))
    report = write_report(outcome)
    if given.report:
        given.report.write_text(report)
    print(report)
    return 1 if outcome.found.differences else 0


if __name__ == "__main__":
    sys.exit(main())
