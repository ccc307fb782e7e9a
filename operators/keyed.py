"""Records to items under the key of their stream's shard: what decoding steps have in common."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Protocol, TypeVar

from guardrails.errors import MalformedEvent
from guardrails.events import DeadLetter
from guardrails.records import Clock, Record
from guardrails.shard import dead_letter
from operators.items import shard_key, shard_keys


class _Event(Protocol):
    @property
    def stream_id(self) -> str:
        """Which stream it is about."""


_E = TypeVar("_E", bound=_Event)
_T = TypeVar("_T")


def by_shard(
    decode: Callable[[bytes], _E], item: Callable[[_E, Record], _T], clock: Callable[[Clock], _T]
) -> Callable[[list[Record | Clock]], Iterable[tuple[str, _T] | DeadLetter]]:
    """Return the step's function over a batch.

    decode: raises MalformedEvent, and the record becomes a dead letter. item: of an event and the
    record it came in. clock: of a clock, which goes to every shard of its partition.
    """

    def decode_batch(batch: list[Record | Clock]) -> Iterable[tuple[str, _T] | DeadLetter]:
        out: list[tuple[str, _T] | DeadLetter] = []
        for record in batch:
            if isinstance(record, Clock):
                out.extend((key, clock(record)) for key in shard_keys(record.partition))
                continue
            try:
                event = decode(record.value)
            except MalformedEvent as error:
                out.append(dead_letter(record, error.reason, error.detail))
                continue
            out.append((shard_key(record.partition, event.stream_id), item(event, record)))
        return out

    return decode_batch


def itself(clock: Clock) -> Clock:
    """Return the clock, for steps that take it in as it is."""
    return clock
