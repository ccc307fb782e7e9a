"""When a flow has to end: told by signals, or by a supervisor that is gone; heard by sources."""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

SIGNALS = (signal.SIGINT, signal.SIGTERM)
# No signal has this number.
_END = 0
# Names an open pipe: it ends when the process that holds the other side does, however that ends.
LEASH_VARIABLE = "TIDEGATE_LEASH"


class Stop(threading.Event):
    """Once it is set, sources end, and the flow takes its last snapshot.

    Until a source has called `begin` there is nothing to save: `ask` ends the process then, with
    exit code 0, whatever it is waiting for: a broker, a policy that is compiled, the other
    processes of its cluster.
    """

    def __init__(self) -> None:
        super().__init__()
        self._begun = False
        self._lock = threading.Lock()

    def begin(self) -> None:
        """Say that the flow is about to read: from now on its end needs a last snapshot."""
        with self._lock:
            self._begun = True

    def ask(self) -> None:
        """Ask the flow to end."""
        with self._lock:
            self.set()
            if not self._begun:
                sys.stdout.flush()
                sys.stderr.flush()
                os._exit(0)


def begin(stop: threading.Event) -> None:
    """Tell `stop`, if it wants to know, that the flow is about to read."""
    if isinstance(stop, Stop):
        stop.begin()


@contextmanager
def stop_on_signals(stop: threading.Event) -> Iterator[None]:
    """Set `stop` on SIGTERM and SIGINT. Enter it in the main thread; may be nested."""
    end = listen(stop)
    try:
        yield
    finally:
        end()


def listen(stop: threading.Event) -> Callable[[], None]:
    """Set `stop` on SIGTERM and SIGINT from now on; return what ends that. Main thread only.

    A thread hears them: Python's own handlers wait for the main thread, which may stand for minutes
    in foreign code, such as Bytewax waiting for the other processes of a cluster.
    """
    heard, woken = socket.socketpair()
    woken.setblocking(False)

    def hear() -> None:
        # Both ends belong to the thread: nobody else may keep them.
        with heard, woken:
            while _END not in (told := heard.recv(64)):
                if any(number in SIGNALS for number in told):
                    _ask(stop)

    listener = threading.Thread(target=hear, name="signals", daemon=True)
    listener.start()
    # Before the handlers: from the first signal they catch, somebody listens.
    outer = signal.set_wakeup_fd(woken.fileno(), warn_on_full_buffer=False)
    before = {number: signal.signal(number, _wake_only) for number in SIGNALS}

    def end() -> None:
        for number, handler in before.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(outer)
        woken.send(bytes([_END]))
        listener.join()

    return end


def _wake_only(_signal: int, _frame: object) -> None:
    """Without a handler of Python's the wake-up descriptor would be told nothing."""


def _ask(stop: threading.Event) -> None:
    if isinstance(stop, Stop):
        stop.ask()
    else:
        stop.set()


def stop_on_leash(stop: threading.Event, environ: Mapping[str, str]) -> None:
    """Set `stop` when our supervisor is gone, if we have one: nobody else would ever stop us."""
    leash = environ.get(LEASH_VARIABLE)
    if leash is None:
        return

    def wait() -> None:
        # Nothing is ever written: this returns at the end of the pipe.
        os.read(int(leash), 1)
        _ask(stop)

    threading.Thread(target=wait, name="leash", daemon=True).start()
