"""`tidegate` without its imports: a process that has done them forks one for every call.

A call has a process of its own as from a shell, with its own environment, directory and ends, and
comes to an end as any interpreter does. Only what imports cost it, two thirds of a short call, is
spent once. Variables that Python and terminals read before `main` need a process from scratch: see
`can_be_warm`.
"""

from __future__ import annotations

import atexit
import gc
import json
import os
import random
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import weakref
from collections.abc import Mapping, Sequence
from contextlib import suppress
from importlib import import_module
from io import TextIOWrapper
from pathlib import Path
from resource import RLIMIT_NOFILE, getrlimit, setrlimit
from selectors import EVENT_READ, DefaultSelector
from typing import Any, NoReturn, TextIO

ROOT = Path(__file__).resolve().parent.parent
# What a command imports when it runs; `flows.cli` imports the commands themselves.
MODULES = (
    *("flows.cli", "flows.policies", "flows.scanner", "flows.embedded", "flows.exits"),
    *("flows.kafka", "flows.runtime", "flows.terminal", "connectors.logs", "connectors.rows"),
    *("connectors.kafka.kafka_python", "connectors.metrics.endpoint", "guardrails.plan"),
)
SERVE = (*MODULES, "flows.gateway")
FLOWS = (*MODULES, "flows.audit", "flows.checks", "flows.webhooks", "connectors.kafka.confluent")
# Read while Python or a library is loaded, not by the command.
EARLY = ("PYTHON", "LC_", "LANG", "FORCE_COLOR", "GITHUB_ACTIONS", "NO_COLOR", "TERM", "COLUMNS")


def can_be_warm(extra: Mapping[str, str]) -> bool:
    """Whether a call with these variables of its own is the same without its imports."""
    return hasattr(os, "pidfd_open") and not any(name.startswith(EARLY) for name in extra)


class Warm:
    """The process that forks. It ends with whoever started it."""

    def __init__(self, environ: Mapping[str, str], modules: Sequence[str] = MODULES) -> None:
        """environ: what is read while modules are loaded. modules: passed over where missing."""
        self._control, theirs = socket.socketpair()
        with theirs:
            server = subprocess.Popen(
                [sys.executable, "-m", "tests.warm", *modules],
                cwd=ROOT,
                env=environ,
                stdin=theirs,
            )
        self._end = weakref.finalize(self, _end, server, self._control)

    def start(
        self,
        arguments: Sequence[str],
        environ: Mapping[str, str],
        directory: Path,
        ends: tuple[int, int, int],
    ) -> Forked:
        """Start a call. ends: the descriptors of its standard input, output and error."""
        status, theirs = socket.socketpair()
        with tempfile.TemporaryFile() as request, theirs:
            asked = {
                "arguments": arguments,
                "environ": dict(environ),
                "directory": str(directory),
                "files": getrlimit(RLIMIT_NOFILE),
            }
            request.write(json.dumps(asked).encode())
            request.seek(0)
            handed = [*ends, theirs.fileno(), request.fileno()]
            socket.send_fds(self._control, [b"!"], handed)
        return Forked(arguments, status)


def _end(server: subprocess.Popen[bytes], control: socket.socket) -> None:
    control.close()
    server.wait(30)


class Forked:
    """A call that goes on by itself: what a `subprocess.Popen` offers of it."""

    def __init__(self, arguments: Sequence[str], status: socket.socket) -> None:
        self.args = ["tidegate", *arguments]
        self.returncode: int | None = None
        self._status = status
        self.pid = int(self._hear())

    def _hear(self) -> bytes:
        heard = self._status.recv(16, socket.MSG_WAITALL)
        assert heard, "the process that forks has ended"
        return heard

    def poll(self) -> int | None:
        """Return the exit code; None while it runs."""
        return self._look(0)

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end; return the exit code. Raises subprocess.TimeoutExpired."""
        code = self._look(timeout)
        if code is None:
            raise subprocess.TimeoutExpired(self.args, timeout or 0)
        return code

    def _look(self, timeout: float | None) -> int | None:
        if self.returncode is None and select.select([self._status], [], [], timeout)[0]:
            self.returncode = int(self._hear())
            self._status.close()
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Send a signal, unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """End it as a crash does."""
        self.send_signal(signal.SIGKILL)


def _serve() -> dict[str, Any]:
    """Fork a process for every request; return the request, in that process."""
    control = socket.socket(fileno=os.dup(0))
    # Ctrl-C in a terminal reaches everybody: it ends the tests, and we end with them.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    selector = DefaultSelector()
    selector.register(control, EVENT_READ)
    while True:
        for key, _ in selector.select():
            if key.data is None:
                asked, handed, _, _ = socket.recv_fds(control, 1, 5)
                if not asked:
                    sys.exit()
                pid = os.fork()
                if pid == 0:
                    control.detach()
                    selector.close()
                    return _take_over(handed)
                *_, status, request = handed
                os.write(status, b"%16d" % pid)
                for descriptor in (*handed[:3], request):
                    os.close(descriptor)
                selector.register(os.pidfd_open(pid), EVENT_READ, (pid, status))
            else:
                pid, status = key.data
                _, code = os.waitpid(pid, 0)
                selector.unregister(key.fd)
                os.close(key.fd)
                _tell(status, os.waitstatus_to_exitcode(code))


def _tell(status: int, code: int) -> None:
    try:
        os.write(status, b"%16d" % code)
    except BrokenPipeError:
        pass  # nobody waits for it any more
    finally:
        os.close(status)


def _take_over(handed: Sequence[int]) -> dict[str, Any]:
    """Become the process of one call; return what was asked for."""
    with open(handed[4], "rb", closefd=False) as file:
        asked: dict[str, Any] = json.load(file)
    for number, descriptor in enumerate(handed[:3]):
        os.dup2(descriptor, number)
    # Nothing of the others: who waits for the end of a pipe would wait for us.
    for name in [file.name for file in Path("/proc/self/fd").iterdir()]:
        if int(name) > 2:
            with suppress(OSError):
                os.close(int(name))
    signal.signal(signal.SIGINT, signal.default_int_handler)
    random.seed()
    setrlimit(RLIMIT_NOFILE, asked["files"])
    os.chdir(asked["directory"])
    os.environ.clear()
    os.environ.update(asked["environ"])
    sys.argv[:] = ["-c", *asked["arguments"]]
    sys.path[0] = ""
    sys.stdin = sys.__stdin__ = _stream(0, "rb", sys.stdin)
    sys.stdout = sys.__stdout__ = _stream(1, "wb", sys.stdout)
    sys.stderr = sys.__stderr__ = _stream(2, "wb", sys.stderr)
    return asked


def _stream(descriptor: int, mode: str, like: TextIO) -> Any:
    at_once = mode == "wb" and bool(os.environ.get("PYTHONUNBUFFERED"))
    return TextIOWrapper(
        open(descriptor, mode, buffering=0 if at_once else -1, closefd=False),
        encoding=like.encoding,
        errors=like.errors,
        line_buffering=descriptor == 2,
        write_through=at_once,
    )


def _finish(ended: SystemExit) -> NoReturn:
    """End as the interpreter does, and leave to the system what it would only take apart."""
    code = ended.code
    if isinstance(code, str):
        sys.stderr.write(f"{code}\n")
        code = 1
    threading._shutdown()
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            code = 120
    os._exit(code or 0)


if __name__ == "__main__":
    for name in sys.argv[1:]:
        # What cannot be imported is told by the call that needs it.
        with suppress(Exception):
            import_module(name)
    gc.freeze()
    _serve()
    from flows.cli import main

    try:
        main()
    except SystemExit as ended:
        _finish(ended)
