"""What a model thinks comes before what it says, also where its thoughts are judged later."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Sequence

import msgspec
import pytest

from connectors.gateway.live_stream import LiveStream
from connectors.gateway.proxy.channel_stream import ChannelStream
from connectors.gateway.proxy.reply import Reply
from connectors.providers.events import Channel
from connectors.providers.rewriting import Rewriter
from guardrails import Session, default_plan
from guardrails.events import Chunk, Context
from guardrails.records import Record

THOUGHTS, TEXT = ["I think ", "about it. "], ["The ", "answer ", "is 7."]


class Guard:
    """The real engine for one stream, which answers after a while, or to the first chunk alone."""

    epoch = "e"
    trouble = None

    def __init__(self, delay_s: float, *, leaves: bool) -> None:
        self.stream = LiveStream("s", "e", 1 << 20)
        self._session = Session("s", default_plan())
        self._delay_s = delay_s
        self._leaves = leaves
        self._offset = 0
        self._answers: list[asyncio.Task[None]] = []

    async def start(self, take: object) -> None: ...

    async def close(self) -> None: ...

    async def publish(self, stream_id: str, value: bytes) -> None:
        chunk = msgspec.json.decode(value, type=Chunk)
        if not (self._leaves and chunk.seq):
            self._answers.append(asyncio.create_task(self._answer(chunk)))

    async def _answer(self, chunk: Chunk) -> None:
        await asyncio.sleep(self._delay_s)
        for verdict in self._session.receive(chunk, chunk.seq):
            self.stream.take_verdict(Record("verdicts", 0, self._offset, 1, b"s", b""), verdict)
            self._offset += 1


def frame(delta: dict[str, str], finish: str | None = None) -> bytes:
    head = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m"}
    choices = [{"index": 0, "delta": delta, "finish_reason": finish}]
    return b"data: " + json.dumps({**head, "choices": choices}).encode() + b"\n\n"


def reply(
    thoughts: Sequence[str], text: Sequence[str], late_s: float = 0.0, *, leaves: bool = False
) -> list[tuple[str, str]]:
    """What a caller reads, piece by piece. late_s: so much later the thoughts are judged."""

    async def upstream() -> AsyncIterator[bytes]:
        for piece in thoughts:
            yield frame({"reasoning_content": piece})
        for piece in text:
            yield frame({"content": piece})
            await asyncio.sleep(0.002)
        yield frame({}, "stop")
        yield b"data: [DONE]\n\n"

    def open_stream(channel: Channel) -> ChannelStream:
        is_thought = channel.kind == "reasoning"
        guard = Guard(late_s if is_thought else 0.0, leaves=leaves and is_thought)
        return ChannelStream(guard.stream, guard, None, Context())

    async def read() -> bytes:
        rewriter = Rewriter("openai.chat", "sse")
        told = Reply("openai.chat", rewriter, open_stream, 0.3).frames(upstream())
        async with asyncio.timeout(10):
            return b"".join([data async for data in told])

    found = []
    for line in asyncio.run(read()).split(b"\n\n"):
        body = line.removeprefix(b"data: ")
        event = json.loads(body) if body.startswith(b"{") else {}
        found += [("error", "")] if "error" in event else []
        for choice in event.get("choices", ()):
            found += [(name, said) for name, said in choice["delta"].items() if said]
    return found


def said(pieces: Sequence[tuple[str, str]], name: str) -> str:
    return "".join(text for kind, text in pieces if kind == name)


@pytest.mark.parametrize("late_s", [0.0, 0.02, 0.1])
def test_thoughts_come_before_the_text_however_late_they_are_judged(late_s: float) -> None:
    found = reply(THOUGHTS, TEXT, late_s)
    kinds = [kind for kind, _ in found]
    assert kinds == sorted(kinds, key=["reasoning_content", "content"].index)
    assert said(found, "reasoning_content") == "".join(THOUGHTS)
    assert said(found, "content") == "".join(TEXT)


def test_text_does_not_wait_for_thoughts_that_the_guard_holds() -> None:
    found = reply(["Card 4111 ", "1111 1111"], TEXT, 0.02)
    assert found[0] == ("reasoning_content", "Card ")
    kinds = [kind for kind, _ in found]
    assert kinds.index("content") < len(kinds) - 1 - kinds[::-1].index("reasoning_content")
    assert said(found, "reasoning_content") == "Card 4111 1111 1111"
    assert said(found, "content") == "".join(TEXT)


def test_a_guard_that_judges_no_thoughts_any_more_ends_the_reply() -> None:
    found = reply(THOUGHTS, TEXT, leaves=True)
    assert found[-1][0] == "error"
    assert said(found, "content") == ""
