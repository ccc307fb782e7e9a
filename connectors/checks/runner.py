"""Runs checks beside the flow: takes jobs, hands out results."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterable, Mapping
from random import Random
from typing import Any

from connectors.checks.figures import Figures
from connectors.checks.floor import Floor
from connectors.checks.settings import ChecksSettings
from connectors.clock import steady_ms
from connectors.logs import logger
from guardrails.errors import ConnectorError
from guardrails.events import CheckResult
from guardrails.job import Job
from guardrails.setting import Setting

log = logger(__name__)
# Calls are cancelled and processes killed at once; beyond this the thread is left behind.
_CLOSE_TIMEOUT_S = 10.0


class Runner:
    """Runs jobs on a thread of its own. Its methods may be called from any thread.

    Every job gets exactly one result, unless the runner is closed before: done, failed, timed_out
    (at its deadline, or tried in time and never answered) or skipped (too many waited). A job stays
    in `pending` until `results` has returned; what is pending when the process dies is to be
    submitted again.
    """

    def __init__(
        self,
        results: Callable[[Job, CheckResult], None],
        environ: Mapping[str, str],
        limits: ChecksSettings | None = None,
        *,
        random: Random | None = None,
        now_ms: Callable[[], int] | None = None,
    ) -> None:
        """results: called with each job and its result, one call at a time, on the runner's thread;
        it must not wait. environ: holds the secrets policies name, and the limits unless they are
        given. random: jitter of retries. now_ms: the clock brokers stamp records by.

        Raises SettingError when a limit in `environ` is wrong.
        """
        self._results = results
        self._pending: dict[int, Job] = {}
        self._count = 0
        self._lock = threading.Lock()
        self._closed = False
        self._broken: Exception | None = None
        self._floor = Floor(
            *(environ, limits or ChecksSettings.from_env(environ), random or Random()),  # noqa: S311 - jitter
            *(now_ms or steady_ms, self._deliver),
        )
        self._loop = asyncio.new_event_loop()
        self._loop.set_exception_handler(_tell_of)
        self._thread = threading.Thread(target=self._serve, name="tidegate-checks", daemon=True)
        self._thread.start()

    def submit(self, job: Job) -> None:
        """Take a job; never waits. Raises ConnectorError once `results` has failed, or closed."""
        with self._lock:
            self._require_working()
            self._count += 1
            number = self._count
            self._pending[number] = job
            self._loop.call_soon_threadsafe(self._floor.accept, number, job)

    def prepare(self, settings: Iterable[Setting]) -> None:
        """Start the processes of local models, so that the first text does not wait for them."""
        checks = [setting for setting in settings if setting.check is not None]
        with self._lock:
            self._require_working()
            self._loop.call_soon_threadsafe(self._floor.prepare, checks)

    def pending(self) -> list[Job]:
        """Return the jobs without a result, in the order they came. Raises as `submit`."""
        with self._lock:
            if self._broken is not None:
                self._require_working()
            return list(self._pending.values())

    def has_room(self, job: Job) -> bool:
        """Tell whether a job that text waits for can be submitted without one of its kind, or
        itself, being skipped: who can wait should. Watchers make room for it.
        """
        return self._floor.has_room(job, self._count)

    @property
    def settled(self) -> bool:
        """Whether every job has its result."""
        return not self._pending

    def figures(self) -> dict[str, Figures]:
        """Return what has been done so far, and how things stand, by guardrail."""
        return self._floor.figures()

    def close(self) -> None:
        """Stop at once; jobs without a result stay in `pending`. May be called again."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(_CLOSE_TIMEOUT_S)

    def _serve(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()
        self._loop.run_until_complete(self._floor.close())
        self._loop.run_until_complete(self._loop.shutdown_asyncgens())
        self._loop.close()

    def _deliver(self, number: int, job: Job, result: CheckResult) -> None:
        if self._broken is not None or self._closed:
            return
        try:
            self._results(job, result)
        except Exception as error:  # noqa: BLE001 - it stops whoever submits next
            self._broken = error
            return
        with self._lock:
            del self._pending[number]

    def _require_working(self) -> None:
        if self._broken is not None:
            raise ConnectorError(
                f"a result could not be handed on ({type(self._broken).__name__}); restart: what "
                "has no result is run again"
            ) from self._broken
        if self._closed:
            raise ConnectorError("the checks were closed; make a new runner")


def _tell_of(_loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    # asyncio would print the arguments of what failed, text among them.
    log.error("unexpected on the runner's loop", error=type(context.get("exception")).__name__)
