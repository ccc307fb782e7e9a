"""Tidegate from the environment of a judge: through the pipe of benchmarks/peers/pipe.py."""

from __future__ import annotations

import json
import subprocess


class Piped:
    """One process, one stream at a time."""

    def __init__(self, case, rules):
        self._process = subprocess.Popen(
            case["pipe"],
            cwd=case["directory"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._ask({"rules": rules})

    def begin(self):
        """Begin a stream; forget the one before."""
        self._ask({"begin": True})

    def push(self, text):
        """Return what may be shown now."""
        return self._ask({"text": text})

    def finish(self):
        """Return the rest."""
        return self._ask({"end": True})

    def close(self):
        """End the process."""
        self._process.communicate()

    def _ask(self, question):
        self._process.stdin.write(json.dumps(question) + "\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())
