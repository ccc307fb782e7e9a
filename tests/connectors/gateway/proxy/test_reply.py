"""One reply, its provider and its guard played by the test: what happens when either fails."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from typing import Any

import msgspec
import pytest

from connectors.gateway.live_stream import LiveStream
from connectors.gateway.proxy.channel_stream import ChannelStream
from connectors.gateway.proxy.reply import Reply
from connectors.providers.events import Channel
from connectors.providers.rewriting import Rewriter
from guardrails import Session, default_plan
from guardrails.events import Chunk, Context, Verdict
from guardrails.records import Record
from tests.connectors.gateway.proxy import replies

TEXT = ["Pay with 4111 1111 ", "1111 1111 today. ", "Thank you."]


class Guard:
    """The real engine behind a bus without a log. quiet: it answers nothing any more. leaves: it
    ends streams as idle at this chunk.
    """

    epoch = "e"
    trouble = None

    def __init__(self, *, quiet: bool = False, leaves: int | None = None) -> None:
        self.stream = LiveStream("s", "e", 1 << 20)
        self.chunks: list[Chunk] = []
        self._session = Session("s", default_plan())
        self._quiet = quiet
        self._leaves = leaves
        self._offset = 0

    async def start(self, take: Any) -> None: ...

    async def close(self) -> None: ...

    async def publish(self, stream_id: str, value: bytes) -> None:
        chunk = msgspec.json.decode(value, type=Chunk)
        self.chunks.append(chunk)
        if self._quiet:
            return
        if chunk.seq == self._leaves:
            self._told(self._session.tick(10**9))
            return
        self._told(self._session.receive(chunk, chunk.seq))

    def _told(self, verdicts: Sequence[Verdict]) -> None:
        for verdict in verdicts:
            record = Record("verdicts", 0, self._offset, 1, b"s", b"")
            self._offset += 1
            self.stream.take_verdict(record, verdict)


async def pieces(frames: Sequence[bytes]) -> AsyncIterator[bytes]:
    for frame in frames:
        yield frame
        await asyncio.sleep(0)


def run(guard: Guard, frames: Sequence[bytes], guard_s: float = 0.3) -> tuple[str, list[str]]:
    """The text a caller reads, and how its reply ends."""

    def open_stream(_channel: Channel) -> ChannelStream:
        return ChannelStream(guard.stream, guard, None, Context())

    async def read() -> bytes:
        reply = Reply("openai.chat", Rewriter("openai.chat", "sse"), open_stream, guard_s)
        told: AsyncGenerator[bytes, None] = reply.frames(pieces(frames))
        async with asyncio.timeout(10):
            return b"".join([frame async for frame in told])

    text, ends = "", []
    for line in asyncio.run(read()).split(b"\n\n"):
        body = line.removeprefix(b"data: ")
        if body.startswith(b"{"):
            event = json.loads(body)
            for choice in event.get("choices", ()):
                text += choice["delta"].get("content") or ""
                ends += [choice["finish_reason"]] if choice["finish_reason"] else []
            ends += ["error"] if "error" in event else []
    return text, ends


def test_a_reply_is_guarded_to_its_end() -> None:
    guard = Guard()
    assert run(guard, replies.chat(TEXT)) == (
        "Pay with [CREDIT_CARD] today. Thank you.",
        ["stop"],
    )
    assert guard.chunks[-1].final


def test_a_guard_that_answers_nothing_ends_the_reply_and_nothing_passes() -> None:
    assert run(Guard(quiet=True), replies.chat(TEXT)) == ("", ["error"])


@pytest.mark.parametrize("leaves", [1, 2])
def test_a_stream_the_guard_gave_up_ends_the_reply(leaves: int) -> None:
    text, ends = run(Guard(leaves=leaves), replies.chat(TEXT))
    assert ends == ["error"]
    assert "1111 1111 1111" not in text


def test_a_provider_that_says_nothing_more_has_ended_its_text() -> None:
    assert run(Guard(), replies.chat(TEXT)[:2])[0] == "Pay with 4111 1111 "
    assert run(Guard(), replies.chat(TEXT)[:3])[0] == "Pay with [CREDIT_CARD] today. "
