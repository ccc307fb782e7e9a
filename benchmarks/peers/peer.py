"""A peer that runs: its process, and what it answers."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, NamedTuple

from benchmarks.peers.expressions import Expression

ROOT = Path(__file__).resolve().parents[2]
RUNNERS = Path(__file__).resolve().parent / "runners"
# Nothing is fetched and nobody is told: no list of prices, no figures of use.
QUIET = {"LITELLM_LOCAL_MODEL_COST_MAP": "True", "PYTHONWARNINGS": "ignore"}
GUARDRAILS_SETTINGS = "enable_metrics=false\nuse_remote_inferencing=false\n"


class NotStartedError(Exception):
    """A peer does not answer. Next: see its last words; `make bench-peers` builds it anew."""


class Peer(NamedTuple):
    """name: as users know it. call: how it is called, for the report.

    environment: directory of `.peers`; '' for Tidegate's own. script: of `runners`, with its
    arguments. streams, warm: answers in a round and before the first one, so that slow ones do not
    take minutes. at_least: how many times as fast Tidegate should be.
    """

    name: str
    call: str
    environment: str
    script: tuple[str, ...]
    streams: int
    warm: int
    at_least: float | None = None


class Answered(NamedTuple):
    """One round. streams: what was shown of each, {"released": ...} or {"covered": ...}."""

    cpu_s: float
    wall_s: float
    streams: list[dict[str, Any]]


class Running:
    """A peer's process."""

    def __init__(self, peer: Peer, process: subprocess.Popen[str], errors: IO[str]) -> None:
        self.peer = peer
        self._process = process
        self._errors = errors

    def load(self, expressions: Sequence[Expression]) -> dict[str, str]:
        """Begin anew with these; return the versions of the packages at work."""
        rules = [(one.type, one.expression) for one in expressions]
        packages: dict[str, str] = self._ask({"rules": rules})["packages"]
        return packages

    def guard(self, streams: Sequence[Sequence[str]]) -> Answered:
        """Let it guard these streams, one after the other."""
        return Answered(**self._ask({"streams": streams}))

    def _ask(self, question: dict[str, Any]) -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            self._process.stdin.write(json.dumps(question) + "\n")
            self._process.stdin.flush()
            answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        except (BrokenPipeError, json.JSONDecodeError) as error:
            self._errors.seek(0)
            words = self._errors.read()[-800:]
            raise NotStartedError(f"{self.peer.name} does not answer: {words}") from error
        return answer


@contextmanager
def running(peer: Peer) -> Iterator[Running]:
    """Start a peer by the interpreter of its environment, with a home of its own."""
    script, *arguments = peer.script
    with tempfile.TemporaryDirectory() as home, (Path(home) / "stderr").open("w+") as errors:
        (Path(home) / ".guardrailsrc").write_text(GUARDRAILS_SETTINGS)
        process = subprocess.Popen(
            [interpreter(peer.environment), RUNNERS / script, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            cwd=home,
            env={**os.environ, **QUIET, "HOME": home},
        )
        try:
            yield Running(peer, process, errors)
        finally:
            process.communicate()


def interpreter(environment: str) -> Path:
    """Return the Python of an environment of `.peers`; '' is Tidegate's own."""
    return ROOT / (f".peers/{environment}" if environment else ".venv") / "bin" / "python"
