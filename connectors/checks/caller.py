"""Makes the calls of one guardrail: through the breaker, in time, again while that may help."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from random import Random

from tenacity import AsyncRetrying, RetryCallState, retry_if_exception

from connectors.checks.answer import Answer, CallFailed, Checker
from connectors.checks.call import Call
from connectors.checks.figures import Attempt, Report
from connectors.checks.gate import Gate
from guardrails.guardrail import MAX_LATENCY_MS, Guardrail

# Exponential backoff with full jitter, as in "Exponential Backoff and Jitter" (AWS Architecture
# Blog, 2015): it spreads the retries of many clients best. The first at most after 0.2 s, which a
# dropped connection needs; none after more than 5 s.
BACKOFF_S = 0.2
MAX_BACKOFF_S = 5.0


class Caller:
    """Asks a checker and tells breaker and figures how it went."""

    def __init__(
        self,
        guardrail: Guardrail,
        checker: Checker,
        *,
        timeout_s: float,
        gate: Gate,
        random: Random,
        now_s: Callable[[], float],
        report: Report,
    ) -> None:
        """timeout_s: of one attempt. now_s: the loop's clock. report: takes the figures."""
        self._guardrail = guardrail
        self._checker = checker
        self._timeout_s = timeout_s
        self._gate = gate
        self._random = random
        self._now_s = now_s
        self._report = report
        expected_s = guardrail.performance.expected_latency_ms / 1000
        # So long a healthy service is waited for before it is called unwell.
        self._patience_s = min(expected_s, timeout_s / 2)
        self._max_latency_ms = MAX_LATENCY_MS[guardrail.performance.performance_class]

    async def ask(self, call: Call) -> Sequence[Answer]:
        """Return an answer for each question of a call. Raises CallFailed, the last one."""
        async for attempt in self._attempts(call):
            with attempt:
                await self._gate.enter(lambda: call.expires_at_s)
                return await self._try(call)
        raise AssertionError("the loop ends by an answer or by the last failure")

    def _attempts(self, call: Call) -> AsyncRetrying:
        """Return the loop over attempts. It ends when one succeeds, when another cannot help, after
        the most there may be, or when the next would begin after everyone has stopped waiting.
        """

        def is_over(state: RetryCallState) -> bool:
            too_late = self._now_s() + state.upcoming_sleep >= call.expires_at_s
            return too_late or state.attempt_number >= self._checker.max_attempts

        return AsyncRetrying(
            wait=self._wait_s,
            stop=is_over,
            retry=retry_if_exception(_may_pass),
            reraise=True,
            sleep=asyncio.sleep,
        )

    def _wait_s(self, state: RetryCallState) -> float:
        ceiling = min(MAX_BACKOFF_S, BACKOFF_S * 2 ** (state.attempt_number - 1))
        failure = state.outcome.exception() if state.outcome is not None else None
        asked_for = failure.retry_after_s if isinstance(failure, CallFailed) else 0.0
        return asked_for + self._random.uniform(0, ceiling)

    async def _try(self, call: Call) -> Sequence[Answer]:
        """Make one attempt that the breaker has admitted."""
        began_s, again = self._now_s(), call.attempts > 0
        answers: Sequence[Answer] = ()
        try:
            answers = await call.ask(self._checker, self._timeout_s)
        except CallFailed as failure:
            self._gate.leave(failure)
            raise
        except asyncio.CancelledError:
            self._gate.abandon(unwell=self._now_s() - began_s >= self._patience_s)
            raise
        else:
            self._gate.leave(None)
            return answers
        finally:
            took_ms = (self._now_s() - began_s) * 1000
            self._report(
                Attempt(
                    *(self._guardrail.id, took_ms),
                    failed=not answers,
                    again=again,
                    too_slow=took_ms > self._max_latency_ms,
                    prompt_tokens=sum(answer.prompt_tokens for answer in answers),
                    completion_tokens=sum(answer.completion_tokens for answer in answers),
                )
            )


def _may_pass(error: BaseException) -> bool:
    return isinstance(error, CallFailed) and error.retryable
