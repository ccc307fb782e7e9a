"""Follows the places policies come from, beside the flow, and says how fresh that knowledge is."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from typing import Protocol

from connectors.logs import logger
from guardrails.errors import ConnectorError
from guardrails.events import ACTIVATION_LEAD_MS
from guardrails.plans import Plans

log = logger(__name__)

# Seconds between two looks. A question for one end offset, a `stat` per file: it costs nothing.
PERIOD_S = 1.0
# Seconds that the clocks of two brokers may differ: NTP keeps them within milliseconds.
MAX_SKEW_S = 1.0
# A look that began within these seconds saw every activation that can be in force by now.
FRESH_S = ACTIVATION_LEAD_MS / 1000 - MAX_SKEW_S


class Origin(Protocol):
    """A place that policies come from. Used from one thread at a time."""

    def begin(self) -> None:
        """Tell the plans what has been activated up to now. Raises ConnectorError."""

    def look(self) -> None:
        """Tell the plans what has been activated since. Raises ConnectorError to be called again.

        When it returns, everything that was there at the call is in the plans.
        """

    def close(self) -> None:
        """Let go of connections."""


class Follower:
    """One thread that looks at all origins once a second, and compiles what it finds.

    Guarantee: a stream is opened only when a look has been completed that began at most `FRESH_S`
    before. An activation is in force `ACTIVATION_LEAD_MS` after it was written at the earliest, so
    by then it has been seen: by every guard, and in a replay as in the first run. It holds while
    the clocks of the brokers differ by less than `MAX_SKEW_S`; the guard's own does not matter.
    """

    def __init__(self, plans: Plans, origins: Sequence[Origin], *, patience_s: float) -> None:
        """patience_s: seconds a stream may wait for a look before the flow ends with an error."""
        self._plans = plans
        self._origins = list(origins)
        self._patience_s = patience_s
        self._ending = threading.Event()
        self._looked = threading.Condition()
        self._seen_at = 0.0
        self._away: list[Origin] = []
        self._thread = threading.Thread(target=self._run, name="kafka-policies", daemon=True)

    def __enter__(self) -> Follower:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def start(self) -> None:
        """Take in all that has been activated, then follow. Raises ConnectorError."""
        seen_at = time.monotonic()
        for origin in self._origins:
            origin.begin()
        self._seen_at = seen_at
        self._plans.follow(self.catch_up)
        self._thread.start()

    def close(self) -> None:
        """End the thread, unless it hangs in a look; no stream may be opened after it."""
        self._ending.set()
        if self._thread.is_alive():
            self._thread.join(FRESH_S)
        if not self._thread.is_alive():
            for origin in self._origins:
                origin.close()

    def catch_up(self) -> None:
        """Return when the last look is fresh. Raises ConnectorError when that takes too long."""
        if time.monotonic() - self._seen_at > FRESH_S:
            self._wait()

    def _wait(self) -> None:
        deadline = time.monotonic() + self._patience_s
        with self._looked:
            while (now := time.monotonic()) - self._seen_at > FRESH_S:
                if now >= deadline or not self._thread.is_alive():
                    raise ConnectorError(
                        "which policy a new stream begins with is not known: policies could not "
                        f"be followed for {now - self._seen_at:.0f} s; check the brokers and our "
                        "permissions, then restart: the flow resumes from its last snapshot"
                    )
                self._looked.wait(PERIOD_S)

    def _run(self) -> None:
        while not self._ending.wait(PERIOD_S):
            began_at = time.monotonic()
            # All are looked at, even if the first is away.
            looked = [self._look(origin) for origin in self._origins]
            if all(looked):
                with self._looked:
                    self._seen_at = began_at
                    self._looked.notify_all()

    def _look(self, origin: Origin) -> bool:
        """Look at one origin; say once when it is away and once when it is back."""
        try:
            origin.look()
        except ConnectorError as error:
            if origin not in self._away:
                log.warning("policies cannot be followed; trying again", problem=error)
                self._away.append(origin)
            return False
        if origin in self._away:
            log.warning("policies are followed again")
            self._away.remove(origin)
        return True
