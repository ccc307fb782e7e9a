"""Independent recorded streams and test suites, which stand beside the repository if at all.

They are looked for in `$TIDEGATE_TEST_DATA`, else in `../shared/data`. Without them the tests that
need them are skipped, and say so.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(os.environ.get("TIDEGATE_TEST_DATA") or Path(__file__).parents[2] / "shared" / "data")


def rows(name: str) -> Iterator[dict[str, Any]]:
    """Yield the rows of one JSONL file; skips the test when it is absent."""
    path = ROOT / name
    if not path.exists():
        pytest.skip(f"NOT RUN: independent test data {name} is absent; set TIDEGATE_TEST_DATA")
    with path.open(encoding="utf-8", newline="\n") as lines:
        for line in lines:
            yield json.loads(line)


@cache
def streams() -> dict[str, list[str]]:
    """Return every recorded and re-chunked stream that has text: id -> its pieces in order."""
    found = {}
    for row in rows("streams/recorded_streams.jsonl"):
        deltas = row["expected"]["deltas"] or []
        if any(deltas):
            found[row["id"][-200:]] = deltas
    for row in rows("streams/rechunked_answers.jsonl"):
        found[row["id"]] = row["chunks"]
    return found
