"""What a gateway asks the guard while another one has heard more than it."""

from __future__ import annotations

import asyncio
import time

import pytest

from connectors.gateway.auth.stream_ids import UnknownStream
from connectors.gateway.bus import Take
from connectors.gateway.exchange import Exchange, Refused
from connectors.gateway.streams import Streams
from guardrails import Session, default_plan
from guardrails.events import MAX_LETTER_BYTES, Chunk, encode
from guardrails.records import Record
from guardrails.shard import dead_letter


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


class Refusing(Bus):
    """A guard that cannot judge any chunk, and says so of each before it is asked about another."""

    def __init__(self, streams: Streams) -> None:
        super().__init__(0.0)
        self._streams = streams
        self._letters: list[Record] = []

    async def publish(self, stream_id: str, value: bytes) -> None:
        chunk = Record("chunks", 0, len(self._letters), 1, stream_id.encode(), value)
        letter = encode(dead_letter(chunk, "mixed-kinds", "the stream has deltas; send those"))
        self._letters.append(Record("dead-letters", 0, len(self._letters), 1, b"s", letter))

    def answer(self) -> None:
        """Hand over all that was said."""
        self._streams.take("dead-letters", self._letters)


async def refused(texts: list[str], at_once: int) -> list[BaseException | object]:
    streams = Streams("e", time.monotonic)
    streams.take("verdicts", [verdict()])
    bus = Refusing(streams)
    seq = iter(range(10**12 + 1, 10**13))
    exchange = Exchange(bus, streams, wait_s=1.0, now_us=lambda: next(seq))
    told: list[BaseException | object] = []
    for first in range(0, len(texts), at_once):
        asked = [exchange.replace("s", text) for text in texts[first : first + at_once]]
        asyncio.get_running_loop().call_later(0.01, bus.answer)
        told += await asyncio.gather(*asked, return_exceptions=True)
    return told


@pytest.mark.parametrize("at_once", [1, 100])
def test_every_refused_chunk_is_answered_at_once_however_many_were_before(at_once: int) -> None:
    begun = time.monotonic()
    told = asyncio.run(refused(["a"] * 200, at_once))
    assert {type(one) for one in told} == {Refused}
    # The first that nobody answers would take a second.
    assert time.monotonic() - begun < 200 * 0.01 + 5


def test_a_refused_chunk_whose_letter_was_cut_is_answered_at_once() -> None:
    (told,) = asyncio.run(refused(["é" * MAX_LETTER_BYTES], 1))
    assert isinstance(told, Refused)
    assert (told.reason, str(told)) == ("mixed-kinds", "the stream has deltas; send those")


def test_of_what_could_not_be_judged_nothing_is_kept() -> None:
    streams = Streams("e", time.monotonic)
    stream = streams.get("s")
    text = Chunk(stream_id="s", seq=7, text="x" * MAX_LETTER_BYTES)
    letter = dead_letter(Record("chunks", 0, 0, 1, b"s", encode(text)), "odd", "it is odd")
    stream.take_letter(letter)
    with stream.asking.wait_for(7) as asked, stream.asking.wait_for(8) as other:
        assert asked.refusal is None
        stream.take_letter(letter)
        assert asked.refusal == ("odd", "it is odd")
        assert other.refusal is None
    with stream.asking.wait_for(7) as again:
        assert again.refusal is None
