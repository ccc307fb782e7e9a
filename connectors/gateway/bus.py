"""What the gateway needs of the topics, and no more: in-process ones and Kafka fit behind it."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Protocol

import msgspec

from guardrails.events import Chunk, encode
from guardrails.records import Record

# What the gateway reads, without prefix.
FOLLOWED = ("verdicts", "events", "audit", "dead-letters")

# Takes records of one topic (its name without prefix), in the order of each partition.
Take = Callable[[str, Sequence[Record]], None]


class Bus(Protocol):
    """Chunks go in, what the guard says of them comes out. Used from one event loop.

    epoch: names the log. Positions in a log of another epoch mean nothing in this one. lag_s: how
    long something that another gateway has heard already may take to come here; 0 where there is
    no other.
    """

    epoch: str
    lag_s: float

    async def start(self, take: Take) -> None:
        """Hand over what the log still holds, then whatever comes, on this loop.

        Returns when the history has been handed over. Raises ConnectorError.
        """

    async def publish(self, stream_id: str, value: bytes) -> None:
        """Append an event to topic `chunks`, under the key of its stream.

        Returns when it was handed to the log. Raises ConnectorError when that is away.
        """

    @property
    def trouble(self) -> str | None:
        """Say why nothing goes through at the moment; None when all is well."""

    async def close(self) -> None:
        """Let go of threads and connections."""


def encode_chunk(chunk: Chunk) -> bytes:
    """Return a chunk as JSON, also where half of a surrogate pair stands in its text: the other
    half may come next, and the guard joins them.
    """
    try:
        return encode(chunk)
    except UnicodeEncodeError:
        return json.dumps(msgspec.to_builtins(chunk)).encode()
