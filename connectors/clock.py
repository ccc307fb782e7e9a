"""The wall clock and its jumps: what compares with the brokers' timestamps must not follow them."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from connectors.logs import logger

log = logger(__name__)

# Seconds between two clocks of a partition: deadlines are seconds, and a clock wakes every shard.
CLOCK_PERIOD_S = 1.0

_BEGAN_NS = time.time_ns() - time.monotonic_ns()

# Seconds between two looks.
_PERIOD_S = 1.0
# Bytewax's sources sleep by the wall clock: set back, it makes them sleep for as long. 2 s: less is
# a pause nobody has to be told of.
MAX_STEP_BACK_S = 2.0
# As for everything else that is wrong around us, see `docs/cli.md`.
_EXIT_CODE = 3


def steady_ms() -> int:
    """Return milliseconds since the epoch, as this process began with and time has passed since.

    A clock that is set while streams are open must not end them as idle, nor give up what waits.
    """
    return (_BEGAN_NS + time.monotonic_ns()) // 1_000_000


def _offset_s() -> float:
    return (time.time_ns() - time.monotonic_ns()) / 1e9


@contextmanager
def end_when_set_back(
    offset_s: Callable[[], float] = _offset_s,
    end: Callable[[int], None] = os._exit,
    period_s: float = _PERIOD_S,
) -> Iterator[None]:
    """End the process when the wall clock is set back: it would stand still for as long.

    What it did since the last snapshot is done again by the next start. offset_s: wall clock less
    a clock that is never set. end: takes the exit code.
    """
    over = threading.Event()

    def watch() -> None:
        highest_s = offset_s()
        while not over.wait(period_s):
            now_s = offset_s()
            if now_s < highest_s - MAX_STEP_BACK_S:
                log.error(
                    "the clock of this machine was set back, and the flow would stand still for as "
                    "long; start again: it goes on from the last snapshot",
                    back_s=round(highest_s - now_s),
                )
                end(_EXIT_CODE)
                return
            highest_s = max(highest_s, now_s)

    thread = threading.Thread(target=watch, name="clock-watch", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
