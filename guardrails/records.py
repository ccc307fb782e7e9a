"""What connectors and operators hand each other: bytes with a place, and the passing of time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import msgspec


class Record(msgspec.Struct, frozen=True, gc=False):
    """One record as it was read from a topic, undecoded.

    partition: from 0. offset: position in the partition, from 0. timestamp_ms: the broker's
    timestamp (log time), milliseconds since the epoch.
    """

    topic: str
    partition: int
    offset: int
    timestamp_ms: int
    key: bytes | None
    value: bytes


class Clock(msgspec.Struct, frozen=True, gc=False):
    """Log time of one partition: the largest timestamp read so far; while the partition is at its
    end the wall clock; `END_OF_TIME` when a finite input has been read to its end.
    """

    partition: int
    timestamp_ms: int


# 2**62: later than any timestamp, still exact in every signed 64-bit field.
END_OF_TIME = 2**62


class Output(msgspec.Struct, frozen=True, gc=False):
    """One record to be written. partition None: the sink partitions by key."""

    topic: str
    key: bytes
    value: bytes
    partition: int | None = None


class Answered(NamedTuple):
    """The result of a check as the guard read it. lag_s: log time since it was asked."""

    guardrail: str
    status: str
    lag_s: float


class Batch(NamedTuple):
    """What the guard step did in one call: chunks taken in, seconds, answers of checks."""

    chunks: int
    took_s: float
    answers: Sequence[Answered] = ()
