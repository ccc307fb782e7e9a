"""One call: what is asked together, who waits for it, and what it has cost."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from connectors.checks.answer import Answer, CallFailed, Checker, require_spans
from connectors.checks.question import Question


class Call:
    """Questions that are asked together.

    attempts: made so far. task: what runs it.
    """

    def __init__(self, questions: Sequence[Question]) -> None:
        self.questions = tuple(questions)
        self.attempts = 0
        self.task: asyncio.Task[None] | None = None
        self._charged = 0

    @property
    def waited_for(self) -> bool:
        """Whether anyone still waits."""
        return any(any(question.tickets) for question in self.questions)

    @property
    def expires_at_s(self) -> float:
        """Return when nobody waits any more, by the loop's clock."""
        waiting = (ticket for question in self.questions for ticket in question.tickets)
        return max((ticket.expires_at_s for ticket in waiting), default=0.0)

    def charge(self) -> int:
        """Return the attempts that no result carries yet: each is counted once."""
        attempts = self.attempts - self._charged
        self._charged = self.attempts
        return attempts

    async def ask(self, checker: Checker, timeout_s: float) -> list[Answer]:
        """Make one attempt. Raises CallFailed."""
        self.attempts += 1
        texts = [question.text for question in self.questions]
        try:
            answers = list(await checker.ask(texts, timeout_s))
            for text, answer in zip(texts, answers, strict=True):
                require_spans(answer, text)
        except CallFailed:
            raise
        except Exception as error:
            # Its message may hold text.
            raise CallFailed(f"the check raised {type(error).__name__}") from error
        return answers
