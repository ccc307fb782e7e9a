"""One of the two processes of a deployment, started again whenever it ends, as an operator would.

A stop that was not asked for is written down with its last words.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path

ROOT = Path(__file__).parents[2]
# Between an end and the next start of a process that ends by itself: not to burn the machine.
_PAUSE_S = 0.3
_LAST_WORDS = 600


class Supervised:
    """A process and its supervisor. starts: how often it was started. ends: what was not asked
    for, (seconds since the first start, exit code, last words).
    """

    def __init__(
        self,
        name: str,
        arguments: list[str],
        environ: Mapping[str, str],
        directory: Path,
        before_start: Callable[[], None],
    ) -> None:
        self.name = name
        self.starts = 0
        self.ends: list[tuple[float, int, str]] = []
        self._command = [sys.executable, *arguments]
        self._environ = {**os.environ, **environ}
        self._before_start = before_start
        self._log = directory / f"{name}.log"
        self._lock = threading.RLock()
        self._ending = False
        self._process: subprocess.Popen[bytes] | None = None
        self._began = time.monotonic()
        self._thread = threading.Thread(target=self._watch, name=f"chaos-{name}", daemon=True)
        self._start()
        self._thread.start()

    @property
    def pid(self) -> int:
        """Of the process that runs now."""
        assert self._process is not None
        return self._process.pid

    def _start(self) -> None:
        self._before_start()
        with self._log.open("ab") as log:
            log.write(b"--- start\n")
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command, cwd=ROOT, env=self._environ, stdout=log, stderr=log
            )
        self.starts += 1

    def _watch(self) -> None:
        while True:
            with self._lock:
                if self._ending:
                    return
                process = self._process
                if process is not None and process.poll() is not None:
                    at_s = time.monotonic() - self._began
                    self.ends.append((at_s, process.returncode, self._last_words()))
                    time.sleep(_PAUSE_S)
                    self._start()
            time.sleep(0.02)

    def _last_words(self) -> str:
        words = self._log.read_text(errors="replace").rpartition("--- start\n")[2]
        return words.strip()[-_LAST_WORDS:]

    def end(self, how: signal.Signals, timeout_s: float = 60) -> int:
        """Signal the process, wait for its end, start it again; return its exit code."""
        with self._lock:
            process = self._process
            assert process is not None
            process.send_signal(how)
            try:
                code = process.wait(timeout_s)
            except subprocess.TimeoutExpired:
                self.ends.append((time.monotonic() - self._began, 0, f"did not end by {how.name}"))
                process.kill()
                code = process.wait()
            self._start()
        return code

    def close(self) -> None:
        """End it for good."""
        with self._lock:
            self._ending = True
            if self._process is not None:
                self._process.kill()
                self._process.wait()
        self._thread.join()
