"""Where the checks flow ends: jobs are run beside it, their results published.

Delivery: at least once. What is in flight is the snapshot, and is run again on resume.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from zlib import crc32

import msgspec
from bytewax.outputs import FixedPartitionedSink, StatefulSinkPartition

from connectors.checks.runner import Runner
from connectors.outbox import Outbox, Publisher
from guardrails.checked_text import CheckedText
from guardrails.events import CheckRequest, CheckResult, Segment, encode
from guardrails.guardrail import Mode
from guardrails.job import Job
from guardrails.plans import Plans
from guardrails.records import Output

# Pause while there is no room; a run lasts much longer.
_FULL_WAIT_S = 0.005

Launch = Callable[[Callable[[Job, CheckResult], None]], Runner]


class _Flight(msgspec.Struct, frozen=True):
    """A job in flight as it is saved."""

    request: CheckRequest
    segments: tuple[Segment, ...]
    requested_at_ms: int
    partition: int


class CheckSink(FixedPartitionedSink[Job | Output, bytes]):
    """Takes (shard key, Job), and (shard key, Output) for answers that need no run.

    Its Bytewax partitions are `runner-0000`, ...: one runner each, spread over the workers.
    """

    def __init__(
        self,
        topic: str,
        plans: Plans,
        launch: Launch,
        publish: Callable[[], Publisher],
        runners: int = 1,
        *,
        waits: bool = True,
    ) -> None:
        """topic: full name of `results`. launch: starts a runner that hands its results to what it
        is given. publish: opens a publisher. runners: a count that never changes: Bytewax
        refuses to resume where one that had a snapshot is missing.

        waits: when as much as may waits for a check and text for all of it, the flow waits with
        the next such question, and it stays in its topic; every run has a deadline, so it goes on.
        Where the flow does other things as well it may not: then what is too much is answered
        `skipped`. Nothing ever waits for watching checks; their surplus always is.
        """
        self._topic = topic
        self._plans = plans
        self._launch = launch
        self._publish = publish
        self._runners = runners
        self._waits = waits

    def list_parts(self) -> list[str]:
        """Return the runners; any worker can be any of them."""
        return [f"runner-{index:04d}" for index in range(self._runners)]

    def part_fn(self, item_key: str) -> int:
        """Return the runner of a key, the same in every process."""
        return crc32(item_key.encode())

    def build_part(self, step_id: str, for_part: str, resume_state: bytes | None) -> _Running:
        """Start a runner, with what was in flight."""
        del step_id, for_part
        running = _Running(self._topic, self._launch, self._publish(), waits=self._waits)
        running.prepare(self._plans)
        running.resume(resume_state, self._plans)
        return running


class _Running(StatefulSinkPartition[Job | Output, bytes]):
    def __init__(self, topic: str, launch: Launch, publisher: Publisher, *, waits: bool) -> None:
        self._topic = topic
        self._waits = waits
        self._outbox = Outbox(publisher)
        self._runner = launch(self._answer)

    def prepare(self, plans: Plans) -> None:
        """Start what takes long to start."""
        self._runner.prepare(plans.check_settings)

    def resume(self, saved: bytes | None, plans: Plans) -> None:
        """Run again what was in flight. A policy that is gone fails the run."""
        flights = msgspec.msgpack.decode(saved, type=list[_Flight]) if saved else []
        for flight in flights:
            request = flight.request
            plan = plans.loaded(request.policy_version)
            setting = None if plan is None else plan.setting(request.guardrail)
            if setting is None:
                self._send(_gone(flight), flight.partition)
                continue
            text = CheckedText(flight.segments)
            self._runner.submit(
                Job(request, setting, text, flight.requested_at_ms, flight.partition)
            )

    def write_batch(self, values: Sequence[Job | Output]) -> None:
        for value in values:
            if isinstance(value, Output):
                self._outbox.put(value)
                continue
            if self._waits and value.request.mode is Mode.BLOCK:
                while not self._runner.has_room(value):
                    time.sleep(_FULL_WAIT_S)
            self._runner.submit(value)

    def _answer(self, job: Job, result: CheckResult) -> None:
        """Publish a result; until this returns, its job counts as in flight. Never waits: the
        runner's loop would stand still, and services that are well would seem to time out.
        """
        self._send(result, job.partition)

    def _send(self, result: CheckResult, partition: int) -> None:
        output = Output(self._topic, result.stream_id.encode(), encode(result), partition)
        self._outbox.put(output)

    def snapshot(self) -> bytes:
        # In this order: what is answered in between is stored and run once more, never lost.
        pending = self._runner.pending()
        self._outbox.flush()
        flights = [
            _Flight(job.request, job.text.segments, job.requested_at_ms, job.partition)
            for job in pending
        ]
        return msgspec.msgpack.encode(flights)

    def close(self) -> None:
        self._runner.close()
        self._outbox.close()


def _gone(flight: _Flight) -> CheckResult:
    request = flight.request
    return CheckResult(
        request.id,
        request.stream_id,
        request.guardrail,
        "failed",
        flight.requested_at_ms,
        request.deadline_ms,
        reason=f"policy {request.policy!r} version {request.policy_version} is gone",
    )
