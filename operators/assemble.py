"""What the guard has published for the checks, back together as jobs to be run."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import bytewax.operators as op
import msgspec
from bytewax.dataflow import Stream, operator
from bytewax.operators import KeyedStream, StatefulBatchLogic

from guardrails.assembly import Assembly
from guardrails.codec import decode_check
from guardrails.events import CheckEvent, CheckResult, DeadLetter, encode
from guardrails.job import Job
from guardrails.plans import Plans
from guardrails.records import Clock, Output, Record
from operators.items import is_keyed
from operators.keyed import by_shard, itself


class _Published(msgspec.Struct, frozen=True, gc=False):
    """A decoded event of topic `checks`, and where and when it was read."""

    event: CheckEvent
    partition: int
    timestamp_ms: int


@dataclass(frozen=True)
class AssembleOut:
    """jobs: (shard key, Job). answers: (shard key, Output) to what cannot be run, and dead letters
    for what cannot be read.
    """

    jobs: KeyedStream[Job]
    answers: KeyedStream[Output]


class _AssembleLogic(StatefulBatchLogic[_Published | Clock, Job | Output, Any]):
    """The streams of a shard in Bytewax's dress."""

    def __init__(self, assembly: Assembly, topic: str) -> None:
        self._assembly = assembly
        self._topic = topic

    def on_batch(self, values: list[_Published | Clock]) -> tuple[Iterable[Job | Output], bool]:
        out: list[Job | Output] = []
        for item in values:
            if isinstance(item, Clock):
                self._assembly.tick(item.timestamp_ms)
                continue
            made = self._assembly.take(item.event, item.timestamp_ms, item.partition)
            if isinstance(made, Job):
                out.append(made)
            elif made is not None:
                out.append(self._answer(made, item.partition))
        return out, self._assembly.empty

    def _answer(self, result: CheckResult, partition: int) -> Output:
        return Output(self._topic, result.stream_id.encode(), encode(result), partition)

    def on_eof(self) -> tuple[Iterable[Job | Output], bool]:
        return (), False

    def snapshot(self) -> Any:
        return self._assembly.snapshot()


@operator
def assemble(
    step_id: str,  # noqa: ARG001 - Bytewax names the steps inside by it
    up: Stream[Record | Clock],
    plans: Plans,
    topic: Callable[[str], str],
) -> AssembleOut:
    """Decode what was published, and make a job of each question and the text it is about.

    In: `Record` and `Clock` of topic `checks`. topic: full name of a topic. State: the text that
    may still be asked about.
    """

    def build(saved: Any | None) -> _AssembleLogic:
        return _AssembleLogic(Assembly.restore(saved, plans), topic("results"))

    def encode_letter(letter: DeadLetter) -> tuple[str, Output]:
        value = encode(letter)
        return str(letter.partition), Output(topic("dead-letters"), letter.key or b"", value)

    read = op.flat_map_batch("decode", up, by_shard(decode_check, _publish, itself))
    decoded = op.branch("valid", read, is_keyed)
    made = op.stateful_batch("assemble", decoded.trues, build)  # type: ignore[arg-type]
    split = op.branch("runnable", made, lambda item: isinstance(item[1], Job))
    letters = op.map("letters", decoded.falses, encode_letter)  # type: ignore[arg-type]
    answers = op.merge("answers", split.falses, letters)
    return AssembleOut(split.trues, answers)  # type: ignore[arg-type]


def _publish(event: CheckEvent, record: Record) -> _Published | Clock:
    return _Published(event, record.partition, record.timestamp_ms)
