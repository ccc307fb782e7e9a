"""Calls the real command in a process of its own, as a shell does."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

from tests.warm import Warm, can_be_warm

ROOT = Path(__file__).resolve().parent.parent.parent
COMMAND = (sys.executable, "-c", "from flows.cli import main; main()")
TIMEOUT_S = 120
# Whatever the machine has set must not decide a test.
FOREIGN = ("KAFKA_", "TIDEGATE_", "NO_COLOR", "FORCE_COLOR", "GITHUB_ACTIONS", "TERM")


def environment(**extra: str) -> dict[str, str]:
    """The environment of a call."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(FOREIGN)}
    return {
        **kept,
        "PYTHONPATH": str(ROOT),
        "TERM": "xterm-256color",
        **extra,
    }


@cache
def warm() -> Warm:
    """The process that all calls of this test run come from."""
    return Warm(environment())


def _write(descriptor: int, data: bytes) -> None:
    with suppress(BrokenPipeError), open(descriptor, "wb") as file:
        file.write(data)


def _read(descriptor: int) -> bytes:
    with open(descriptor, "rb") as file:
        return file.read()


class Result:
    """How a call ended. out, err: what it wrote."""

    def __init__(self, code: int, out: bytes, err: bytes) -> None:
        self.code, self.out, self.err = code, out.decode(), err.decode()

    @property
    def rows(self) -> list[Any]:
        """Standard output as JSON lines."""
        return [json.loads(line) for line in self.out.split("\n") if line]


class Command:
    """Calls `tidegate` with one environment, in one directory."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def __call__(self, *arguments: str, stdin: bytes = b"", **extra: str) -> Result:
        """Call it and wait for its end."""
        if can_be_warm(extra):
            return self._call_warm(arguments, stdin, environment(**extra))
        return self.from_scratch(*arguments, stdin=stdin, **extra)

    def from_scratch(self, *arguments: str, stdin: bytes = b"", **extra: str) -> Result:
        """Do the same with all that a start costs."""
        done = subprocess.run(
            [*COMMAND, *arguments],
            input=stdin,
            capture_output=True,
            cwd=self.directory,
            env=environment(**extra),
            timeout=TIMEOUT_S,
            check=False,
        )
        return Result(done.returncode, done.stdout, done.stderr)

    def _call_warm(self, arguments: Sequence[str], stdin: bytes, environ: dict[str, str]) -> Result:
        pipes = [os.pipe() for _ in range(3)]
        (their_in, our_in), (our_out, their_out), (our_err, their_err) = pipes
        process = warm().start(arguments, environ, self.directory, (their_in, their_out, their_err))
        for descriptor in (their_in, their_out, their_err):
            os.close(descriptor)
        with ThreadPoolExecutor(3) as pool:
            written = pool.submit(_write, our_in, stdin)
            out, err = pool.submit(_read, our_out), pool.submit(_read, our_err)
            try:
                code = process.wait(TIMEOUT_S)
            finally:
                process.kill()
            written.result()
            return Result(code, out.result(), err.result())

    def start(self, *arguments: str, **extra: str) -> subprocess.Popen[bytes]:
        """Start a call that goes on by itself."""
        return subprocess.Popen(
            [*COMMAND, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=self.directory,
            env=environment(**extra),
        )

    def write(self, name: str, rows: Sequence[Any] | str | bytes) -> str:
        """Write a file into the directory: rows as JSON lines, or text, or bytes."""
        if isinstance(rows, str):
            rows = rows.encode("utf-8", "surrogatepass")
        if not isinstance(rows, bytes):
            rows = "".join(json.dumps(row) + "\n" for row in rows).encode()
        (self.directory / name).write_bytes(rows)
        return name
