"""What the guard step takes in, and the keys it is taken in under."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from zlib import crc32

import msgspec
from bytewax.dataflow import Stream
from bytewax.operators import KeyedStream

from guardrails.events import CheckResult, Chunk, DeadLetter
from guardrails.records import Clock, Record
from guardrails.shard import SHARDS


class Arrival(msgspec.Struct, frozen=True, gc=False):
    """A decoded chunk and the record it came in."""

    chunk: Chunk
    record: Record


class Answer(msgspec.Struct, frozen=True, gc=False):
    """The decoded answer of a check, and the broker's timestamp of its record."""

    result: CheckResult
    timestamp_ms: int


class AnswersClock(msgspec.Struct, frozen=True, gc=False):
    """Log time of one partition of answers: those that come are not older."""

    timestamp_ms: int


Item = Arrival | Clock | Answer | AnswersClock


@dataclass(frozen=True)
class DecodeOut:
    """oks: items by shard key. errs: what could not be decoded."""

    oks: KeyedStream[Item]
    errs: Stream[DeadLetter]


@cache
def shard_keys(partition: int) -> tuple[str, ...]:
    """Return the keys of a partition's shards."""
    return tuple(f"{partition}/{shard}" for shard in range(SHARDS))


def shard_key(partition: int, stream_id: str) -> str:
    """Return the key of a stream's shard: all its streams come from one partition."""
    return shard_keys(partition)[crc32(stream_id.encode()) % SHARDS]


def is_keyed(item: object) -> bool:
    """Tell items under a key from dead letters."""
    return type(item) is tuple
