"""JavaScript run by Node, for what has to be the same there. Skips, and says so, without Node."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

PAGE = Path(__file__).parents[1] / "connectors" / "gateway" / "page"
# The first with Ed25519 in WebCrypto without a flag, and the oldest that is still maintained.
OLDEST = 20


def require_node() -> str:
    """Return the path of Node; skips the test when there is none, or only an old one."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("NOT RUN: there is no `node` on the PATH; install Node 20 or later")
    version = subprocess.run([node, "--version"], capture_output=True, text=True, check=True)
    if int(version.stdout.lstrip("v").partition(".")[0]) < OLDEST:
        pytest.skip(f"NOT RUN: node is {version.stdout.strip()}, expected {OLDEST} or later")
    return node


def run_node(program: Path, *arguments: str, rows: Iterable[Any] = ()) -> list[Any]:
    """Run a module with rows of JSON on its standard input; return the rows it prints."""
    node = require_node()
    # ASCII: half a surrogate pair is no UTF-8.
    lines = "".join(f"{json.dumps(row)}\n" for row in rows)
    command = [node, str(program), *arguments]
    done = subprocess.run(
        command, input=lines, capture_output=True, text=True, timeout=240, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return [json.loads(line) for line in done.stdout.splitlines()]
