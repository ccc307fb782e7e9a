"""What a gateway asks the guard while another one has heard more than it."""

from __future__ import annotations

import asyncio
import time

import pytest

from connectors.gateway.bus import Take
from connectors.gateway.exchange import Exchange, UnknownStream
from connectors.gateway.streams import Streams
from guardrails import Session, default_plan
from guardrails.events import Chunk, encode
from guardrails.records import Record


class Bus:
    """Nobody answers."""

    epoch = "e"
    trouble = None

    def __init__(self, lag_s: float) -> None:
        self.lag_s = lag_s

    async def start(self, take: Take) -> None: ...

    async def publish(self, stream_id: str, value: bytes) -> None: ...

    async def close(self) -> None: ...


def verdict() -> Record:
    (said,) = Session("s", default_plan()).receive(Chunk(stream_id="s", seq=0, text="hello "), 0)
    return Record("verdicts", 0, 0, 1, b"s", encode(said))


def test_a_stream_that_another_gateway_began_is_waited_for() -> None:
    async def look() -> int:
        streams = Streams("e", time.monotonic)
        asyncio.get_running_loop().call_later(0.05, streams.take, "verdicts", [verdict()])
        ended = await Exchange(Bus(5.0), streams).look("s")
        return ended.answer.verdict.frontier

    begun = time.monotonic()
    assert asyncio.run(look()) == 6
    assert time.monotonic() - begun < 4


@pytest.mark.parametrize("lag_s", [0.0, 0.1])
def test_a_stream_nobody_began_is_unknown(lag_s: float) -> None:
    async def look() -> None:
        await Exchange(Bus(lag_s), Streams("e", time.monotonic)).look("s")

    with pytest.raises(UnknownStream, match="start one"):
        asyncio.run(look())
