"""Checks to be run, and a runner whose results are collected."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from random import Random
from typing import Any

from connectors.checks import Runner
from connectors.checks.figures import Figures
from connectors.checks.settings import ChecksSettings
from guardrails.checked_text import CheckedText
from guardrails.events import CheckRequest, CheckResult, Context
from guardrails.guardrail import Mode
from guardrails.job import Job
from guardrails.policy import Policy
from guardrails.setting import Setting

# Long enough for a busy machine; only a test that fails waits so long.
PATIENCE_S = 60.0


def setting_of(name: str, **options: Any) -> Setting:
    """The setting of a check, as a policy that names only it would have it."""
    (setting,) = Policy(guardrails={name: options}).resolve()
    return setting


def job_of(
    setting: Setting,
    text: str | CheckedText,
    *,
    stream_id: str = "s",
    start: int = 0,
    mode: Mode = Mode.BLOCK,
    deadline_ms: int | None = None,
    requested_at_ms: int | None = None,
    version: str = "v1",
) -> Job:
    """A job about one window. start: where plain text begins in its stream."""
    checked = text if isinstance(text, CheckedText) else CheckedText.original(text, start)
    assert setting.check is not None
    name = setting.guardrail.id
    request = CheckRequest(
        id=f"0:{name}:{checked.start}-{checked.end}",
        stream_id=stream_id,
        guardrail=name,
        checkpoint=setting.check.checkpoint,
        start=checked.start,
        end=checked.end,
        mode=mode,
        deadline_ms=setting.check.deadline_ms if deadline_ms is None else deadline_ms,
        policy="p",
        policy_version=version,
        context=Context(),
    )
    at_ms = int(time.time() * 1000) if requested_at_ms is None else requested_at_ms
    return Job(request, setting, checked, at_ms, 0)


class Running:
    """A runner and what it has answered, in the order of the answers."""

    def __init__(
        self,
        environ: Mapping[str, str] | None = None,
        *,
        results: Callable[[Job, CheckResult], None] | None = None,
        now_ms: Callable[[], int] | None = None,
        **limits: int,
    ) -> None:
        self.answered: list[tuple[Job, CheckResult]] = []
        self._changed = threading.Condition()
        self.runner = Runner(
            results or self._take,
            environ or {},
            ChecksSettings(**limits),
            random=Random(7),
            now_ms=now_ms,
        )

    def __enter__(self) -> Running:
        return self

    def __exit__(self, *_: object) -> None:
        self.runner.close()

    def _take(self, job: Job, result: CheckResult) -> None:
        with self._changed:
            self.answered.append((job, result))
            self._changed.notify_all()

    def submit(self, *jobs: Job) -> None:
        for job in jobs:
            self.runner.submit(job)

    def wait(self, count: int) -> list[CheckResult]:
        """The results, once there are so many."""
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.answered) >= count, PATIENCE_S)
            return [result for _, result in self.answered]

    def run(self, *jobs: Job) -> list[CheckResult]:
        """The results of these jobs, in their order."""
        self.submit(*jobs)
        wanted = {id(job) for job in jobs}
        with self._changed:
            assert self._changed.wait_for(lambda: wanted <= self._done(), PATIENCE_S)
        return self.of(jobs)

    def _done(self) -> set[int]:
        return {id(job) for job, _ in self.answered}

    def figures(self, name: str) -> Figures:
        """What was counted of one guardrail."""
        return self.runner.figures().get(name, Figures(name))

    def of(self, jobs: Iterable[Job]) -> list[CheckResult]:
        results = {id(job): result for job, result in self.answered}
        return [results[id(job)] for job in jobs]


def eventually(holds: Callable[[], bool]) -> None:
    """Wait until something holds."""
    end = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < end, "it never came to hold"
        time.sleep(0.002)
