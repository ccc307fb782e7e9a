"""One guardrail's place in the runner: who waits, which calls are open, and how they end."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from connectors.checks.answer import Answer, CallFailed, Checker
from connectors.checks.backlog import Backlog
from connectors.checks.cache import AnswerCache, Key, digest
from connectors.checks.call import Call
from connectors.checks.caller import Caller
from connectors.checks.gate import Gate, circuit_open
from connectors.checks.outcome import Outcome
from connectors.checks.question import Group, Question
from connectors.checks.ticket import Ticket
from guardrails.check import CheckSetting
from guardrails.events import CheckStatus
from guardrails.guardrail import Guardrail

Finish = Callable[[Ticket, Outcome], None]

_TOO_MANY = "more checks of this guardrail wait than may"


class Station:
    """Runs the tickets of one guardrail as one policy sets it. Used on the runner's loop only.

    A ticket is answered from the cache, or joins a call that asks the same, or waits. Whenever a
    call may be opened, those who wait get one together: as a list where what is asked takes lists,
    otherwise consecutive texts of one stream joined to one.
    """

    def __init__(
        self,
        guardrail: Guardrail,
        options: bytes,
        setting: CheckSetting,
        *,
        checker: Checker,
        caller: Caller,
        gate: Gate,
        backlog: Backlog,
        cache: AnswerCache,
        finish: Finish,
    ) -> None:
        """options: stands for the guardrail's options in keys. finish: called once a ticket."""
        self._guardrail = guardrail
        self._options = options
        self._type = setting.type
        self._cache_s = setting.cache_ms / 1000
        self._checker = checker
        self._caller = caller
        self.gate = gate
        self.backlog = backlog
        self._cache = cache
        self._finish = finish
        self._calls: set[Call] = set()
        # Questions that have no answer yet: who asks the same joins them.
        self._open: dict[Key, Question] = {}
        self._closing = False

    @property
    def running(self) -> int:
        """Return how many calls are open."""
        return len(self._calls)

    @property
    def idle(self) -> bool:
        """Whether nothing waits and nothing runs."""
        return not self.backlog and not self._calls

    def submit(self, ticket: Ticket) -> None:
        """Take a ticket whose deadline has not passed."""
        group = Group.join([ticket])
        if not ticket.job.text.text.strip():
            # There is nothing to look at.
            self._finish(ticket, Outcome("done"))
        elif ticket.chars > self._checker.max_chars:
            reason = f"the text has more than {self._checker.max_chars:,} characters"
            self._finish(ticket, Outcome("failed", reason=reason))
        elif self._is_crowded(group):
            self._finish(ticket, Outcome("skipped", reason=_TOO_MANY))
        elif self._answer_at_once(group):
            return
        elif self.gate.is_hopeless(ticket.expires_at_s):
            self._finish(ticket, Outcome("failed", reason=circuit_open().reason))
        else:
            for dropped in self.backlog.push(ticket):
                self._finish(dropped, Outcome("skipped", reason=_TOO_MANY))
            self._dispatch()

    def expire(self, ticket: Ticket) -> None:
        """End a ticket whose deadline has passed, wherever it is."""
        if self.backlog.remove(ticket):
            reason = "its deadline passed while it waited for its turn"
            self._finish(ticket, Outcome("timed_out", reason=reason))
            return
        reason = "there was no answer before its deadline"
        for call in self._calls:
            if any(ticket in question.tickets for question in call.questions):
                outcome = Outcome("timed_out", reason=reason, attempts=call.charge())
                self._finish(ticket, outcome)
                if not call.waited_for and call.task is not None:
                    self._forget(call)
                    call.task.cancel()
                return
        # An error of ours has lost it; its result is due all the same.
        self._finish(ticket, Outcome("timed_out", reason=reason))

    async def close(self) -> None:
        """Stop all calls; their tickets stay without a result."""
        self._closing = True
        tasks = [call.task for call in self._calls if call.task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._checker.close()

    def _key(self, group: Group) -> Key:
        version = group.tickets[0].job.request.policy_version
        return Key(self._guardrail.id, self._options, version, digest(group.text.text))

    def _is_crowded(self, group: Group) -> bool:
        """Tell whether as many wait for an equal text as may wait for a call."""
        question = self._open.get(self._key(group))
        return question is not None and len(question.groups) >= self.backlog.max_tickets

    def _answer_at_once(self, group: Group) -> bool:
        """Answer from the cache, or wait for a call that asks the same."""
        key = self._key(group)
        answer = self._cache.get(key)
        if answer is not None:
            for ticket, findings in group.share(answer, self._type):
                self._finish(ticket, Outcome("done", findings, cached=True))
            return True
        if key in self._open:
            self._open[key].groups.append(group)
            return True
        return False

    def _give_up_hopeless(self) -> None:
        """Fail those who wait and cannot be asked before their deadline: the breaker has opened."""
        if self.gate.breaker.retry_at_s is None:
            return
        for ticket in [one for one in self.backlog if self.gate.is_hopeless(one.expires_at_s)]:
            self.backlog.remove(ticket)
            self._finish(ticket, Outcome("failed", reason=circuit_open().reason))

    def _dispatch(self) -> None:
        """Open calls while there are tickets for them and calls to be opened."""
        while self.backlog and len(self._calls) < self._checker.concurrency:
            questions = self._take()
            if questions:
                self._open_call(Call(questions))

    def _take(self) -> list[Question]:
        """Return the next questions; what has been answered or asked meanwhile is none."""
        checker = self._checker
        if checker.max_batch == 1:
            groups = [Group.join(self.backlog.take_consecutive(checker.max_chars))]
        else:
            tickets = self.backlog.take(checker.max_batch, checker.max_chars)
            groups = [Group.join([ticket]) for ticket in tickets]
        questions: dict[Key, Question] = {}
        for group in groups:
            if self._answer_at_once(group):
                continue
            key = self._key(group)
            if key in questions:
                questions[key].groups.append(group)
            else:
                questions[key] = Question(key, group)
        return list(questions.values())

    def _open_call(self, call: Call) -> None:
        self._calls.add(call)
        for question in call.questions:
            self._open[question.key] = question
        call.task = asyncio.create_task(self._run(call))

    async def _run(self, call: Call) -> None:
        try:
            self._succeed(call, await self._caller.ask(call))
        except CallFailed as failure:
            self._fail(call, failure)
        except Exception as error:  # noqa: BLE001 - whoever waits is told
            # Its message may hold text.
            self._fail(call, CallFailed(f"the check raised {type(error).__name__}"))
        finally:
            self._calls.discard(call)
            self._forget(call)
            if not self._closing:
                self._give_up_hopeless()
                self._dispatch()

    def _forget(self, call: Call) -> None:
        """Nobody joins this call any more."""
        for question in call.questions:
            if self._open.get(question.key) is question:
                del self._open[question.key]

    def _fail(self, call: Call, failure: CallFailed) -> None:
        status: CheckStatus = "timed_out" if failure.timed_out else "failed"
        for question in call.questions:
            for ticket in list(question.tickets):
                outcome = Outcome(status, reason=failure.reason, attempts=call.charge())
                self._finish(ticket, outcome)

    def _succeed(self, call: Call, answers: Sequence[Answer]) -> None:
        for question, answer in zip(call.questions, answers, strict=True):
            self._cache.keep(question.key, answer, self._cache_s)
            tokens = answer.prompt_tokens, answer.completion_tokens
            for joined_later, group in enumerate(question.groups):
                for ticket, findings in group.share(answer, self._type):
                    if ticket.done:
                        continue
                    outcome = Outcome(
                        *("done", findings),
                        # What was paid once is charged once: to the first who still waits.
                        attempts=call.charge(),
                        cached=joined_later > 0,
                        prompt_tokens=tokens[0],
                        completion_tokens=tokens[1],
                    )
                    tokens = 0, 0
                    self._finish(ticket, outcome)
