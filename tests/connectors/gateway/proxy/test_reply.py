"""One reply, its provider and its guard played by the test: what happens when either fails."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from typing import Any

import msgspec
import pytest

from connectors.gateway.live_stream import LiveStream
from connectors.gateway.proxy import reply as replying
from connectors.gateway.proxy.channel_stream import ChannelStream
from connectors.gateway.proxy.reply import Reply
from connectors.gateway.proxy.upstream import UpstreamAway
from connectors.providers.events import Channel
from connectors.providers.rewriting import Rewriter
from guardrails import Session, default_plan
from guardrails.errors import ConnectorError
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
    lag_s = 0.0

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


class Broken(Guard):
    """Its log is away, or has a bug, at these publications; the first one is 0."""

    def __init__(self, error: Exception, *numbers: int) -> None:
        super().__init__()
        self._error = error
        self._numbers = numbers
        self._asked = 0

    async def publish(self, stream_id: str, value: bytes) -> None:
        self._asked += 1
        if self._asked - 1 in self._numbers:
            raise self._error
        await super().publish(stream_id, value)


def told(
    guard: Guard,
    upstream: AsyncIterator[bytes],
    open_stream: Callable[[Channel], ChannelStream] | None = None,
) -> tuple[list[dict[str, Any]], str]:
    """What the caller of a chat gets, which must be well-formed, and the outcome."""
    context = Context(tenant="acme", user_id="u")
    reply = Reply(
        "openai.chat",
        Rewriter("openai.chat", "sse"),
        open_stream or (lambda _: ChannelStream(guard.stream, guard, "strict", context)),
        0.5,
    )

    async def read() -> bytes:
        frames = reply.frames(upstream)
        async with asyncio.timeout(10):
            return b"".join([frame async for frame in frames])

    *events, done, rest = asyncio.run(read()).split(b"\n\n")
    assert (done, rest) == (b"data: [DONE]", b"")
    return [json.loads(event.removeprefix(b"data: ")) for event in events], reply.outcome


def codes(events: Sequence[dict[str, Any]]) -> list[str]:
    return [event["error"]["code"] for event in events if "error" in event]


async def slowly(frames: Sequence[bytes], begun: int, pause_s: float) -> AsyncIterator[bytes]:
    for frame in frames[:begun]:
        yield frame
    await asyncio.sleep(pause_s)
    for frame in frames[begun:]:
        yield frame


async def cut_off(frames: Sequence[bytes], error: Exception) -> AsyncIterator[bytes]:
    for frame in frames:
        yield frame
    raise error


@pytest.mark.parametrize("number", [0, 1, 2])
@pytest.mark.parametrize(
    ("error", "code"),
    [(KeyError("4111"), "broken"), (ConnectorError("the log is away"), "unavailable")],
)
def test_whatever_goes_wrong_between_provider_and_guard_is_told_in_the_words_of_the_api(
    caplog: pytest.LogCaptureFixture, number: int, error: Exception, code: str
) -> None:
    with caplog.at_level(logging.WARNING):
        events, outcome = told(Broken(error, number), pieces(replies.chat(TEXT)))
    assert (codes(events), outcome) == ([code], "failed")
    assert type(error).__name__ in caplog.text or str(error) in caplog.text
    assert "4111" not in caplog.text


def test_a_log_that_is_away_while_the_provider_thinks_is_told_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(replying, "_KEEP_S", 0.5)
    frames = replies.chat(TEXT)
    # The third publication is the sign of life between two pieces.
    guard = Broken(ConnectorError("the log is away"), 2)
    events, outcome = told(guard, slowly(frames, 3, 2.5))
    assert (codes(events), outcome) == (["unavailable"], "failed")


def test_a_bug_while_decisions_are_taken_ends_the_reply_with_an_error() -> None:
    class Deaf(ChannelStream):
        def take(self) -> Sequence[Any]:
            raise KeyError("4111")

    guard = Guard()
    events, outcome = told(
        guard,
        slowly(replies.chat(TEXT), 3, 5.0),
        lambda _: Deaf(guard.stream, guard, None, Context()),
    )
    assert (codes(events), outcome) == (["broken"], "failed")


@pytest.mark.parametrize(
    ("error", "code"),
    [(UpstreamAway("cut off"), "upstream"), (RuntimeError("4111"), "broken")],
)
def test_a_provider_that_is_cut_off_is_told(error: Exception, code: str) -> None:
    events, outcome = told(Guard(), cut_off(replies.chat(TEXT)[:2], error))
    assert (codes(events), outcome) == ([code], "failed")


@pytest.mark.parametrize(
    ("odd", "code"),
    [(b'data: {"object": "tool.output"}\n\n', "unscanned"), (b"data: {\n\n", "malformed")],
)
def test_a_frame_that_cannot_be_guarded_counts_as_a_failure(odd: bytes, code: str) -> None:
    frames = replies.chat(TEXT)
    events, outcome = told(Guard(), pieces([*frames[:2], odd, *frames[2:]]))
    assert (codes(events), outcome) == ([code], "failed")


def test_whose_a_stream_is_is_told_again_when_the_log_did_not_take_its_beginning() -> None:
    guard = Broken(ConnectorError("the log is away"), 0)
    told(guard, pieces(replies.chat(TEXT)))
    (last,) = guard.chunks
    assert last.aborted
    assert last.policy == "strict"
    assert isinstance(last.context, Context)
    assert last.context.tenant == "acme"


def test_whose_a_stream_is_is_told_once() -> None:
    guard = Guard()
    told(guard, pieces(replies.chat(TEXT)))
    assert [chunk.policy for chunk in guard.chunks] == ["strict", *[None] * 3]


def test_a_stream_whose_end_the_log_did_not_take_is_ended_once_more() -> None:
    # The publication of the last words.
    guard = Broken(ConnectorError("the log is away"), 3)
    assert told(guard, pieces(replies.chat(TEXT)))[1] == "failed"
    assert guard.chunks[-1].aborted


def test_streams_of_a_reply_are_ended_each_by_itself() -> None:
    guards = [Broken(KeyError("a bug"), 1), Guard()]
    streams = iter(guards)

    def open_stream(_channel: Channel) -> ChannelStream:
        guard = next(streams)
        return ChannelStream(guard.stream, guard, None, Context())

    frames = replies.chat(["Hello there. "], choices=2)
    # One choice each was opened by its first words; then the provider is gone.
    told(guards[0], cut_off(frames[:4], UpstreamAway("cut off")), open_stream)
    assert [chunk.aborted for chunk in guards[1].chunks][-1]


def test_a_caller_who_leaves_at_the_last_word_keeps_no_stream_from_its_end() -> None:
    class Slow(Guard):
        async def publish(self, stream_id: str, value: bytes) -> None:
            await super().publish(stream_id, value)
            if self.chunks[-1].aborted:
                await asyncio.sleep(0.2)

    guards: list[Slow] = []

    def open_stream(_channel: Channel) -> ChannelStream:
        guards.append(Slow())
        return ChannelStream(guards[-1].stream, guards[-1], None, Context())

    async def run() -> None:
        frames = replies.chat(["Hello there. "], choices=3)
        upstream = cut_off(frames[:6], UpstreamAway("cut off"))
        reply = Reply("openai.chat", Rewriter("openai.chat", "sse"), open_stream, 2)

        async def read() -> None:
            async for _ in reply.frames(upstream):
                pass

        reader = asyncio.create_task(read())
        async with asyncio.timeout(10):
            while not any(guard.chunks and guard.chunks[-1].aborted for guard in guards):
                await asyncio.sleep(0.01)
            reader.cancel()
            await asyncio.gather(reader, return_exceptions=True)
            await asyncio.sleep(1)

    asyncio.run(run())
    assert [guard.chunks[-1].aborted for guard in guards] == [True] * 3
