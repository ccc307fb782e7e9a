"""A job on its way through the runner."""

from __future__ import annotations

import asyncio

from guardrails.guardrail import Mode
from guardrails.job import Job


class Ticket:
    """One job that has no result yet.

    number: in the order of arrival. expires_at_s: its deadline by the loop's clock. timer: fires
    then. done: it has its result.
    """

    __slots__ = ("done", "expires_at_s", "job", "number", "timer")

    def __init__(self, number: int, job: Job, expires_at_s: float) -> None:
        self.number = number
        self.job = job
        self.expires_at_s = expires_at_s
        self.timer: asyncio.TimerHandle | None = None
        self.done = False

    @property
    def blocking(self) -> bool:
        """Whether text may wait for it."""
        return self.job.request.mode is Mode.BLOCK

    @property
    def chars(self) -> int:
        """Return how long the text is, in code points as the check sees them."""
        return len(self.job.text.text)
