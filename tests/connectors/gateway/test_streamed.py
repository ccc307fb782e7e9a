"""Whatever happens while an answer is sent, what stands behind it is let go of."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, MutableMapping
from typing import Any

import pytest

from connectors.gateway.connections import Connections
from connectors.gateway.streamed import Streamed, unless_gone

Message = MutableMapping[str, Any]


async def nothing_comes() -> Message:
    await asyncio.sleep(60)
    raise AssertionError("nothing comes")


async def has_gone() -> Message:
    await asyncio.sleep(0.05)
    return {"type": "http.disconnect"}


def serve(
    send: Callable[[Message], Awaitable[None]],
    receive: Callable[[], Awaitable[Message]] = nothing_comes,
    *,
    closing: Exception | None = None,
    broken: Exception | None = None,
) -> tuple[list[str], Exception | None, Connections]:
    """What was let go of, what came of it, and who is connected still. closing: raised by the
    pieces when they are closed; broken: raised by them in place of the second one.
    """
    ended: list[str] = []
    connections = Connections()

    async def pieces() -> AsyncGenerator[bytes, None]:
        try:
            yield b"a"
            if broken is not None:
                raise broken
            await asyncio.sleep(60)
            yield b"b"
        finally:
            ended.append("pieces")
            if closing is not None:
                raise closing

    async def on_end() -> None:
        ended.append("rest")

    async def run() -> None:
        async with asyncio.timeout(10):
            await Streamed(connections, "test", [], pieces(), on_end)({}, receive, send)

    try:
        asyncio.run(run())
    except Exception as error:  # noqa: BLE001 - what it is, is what is asked
        return ended, error, connections
    return ended, None, connections


async def taken(_message: Message) -> None: ...


async def refused(message: Message) -> None:
    if message["type"] == "http.response.body":
        raise OSError("the client has gone")


def test_a_client_that_goes_ends_the_answer() -> None:
    ended, error, connections = serve(taken, has_gone)
    assert (ended, error, len(connections)) == (["pieces", "rest"], None, 0)


def test_a_sender_that_fails_leaves_nothing_open() -> None:
    ended, error, connections = serve(refused)
    assert ended == ["pieces", "rest"]
    assert isinstance(error, OSError)
    assert len(connections) == 0


@pytest.mark.parametrize("kind", ["closing", "broken"])
def test_pieces_that_fail_leave_nothing_open(kind: str) -> None:
    ended, error, _ = serve(taken, has_gone, **{kind: KeyError("a bug")})
    assert ended == ["pieces", "rest"]
    assert isinstance(error, KeyError)


def test_an_evicted_connection_is_ended_quietly() -> None:
    connections: list[Connections] = []

    async def run() -> list[str]:
        ended: list[str] = []

        async def pieces() -> AsyncGenerator[bytes, None]:
            try:
                while True:
                    yield b"a"
            finally:
                ended.append("pieces")

        async def stuck(message: Message) -> None:
            if message["type"] == "http.response.body":
                await asyncio.sleep(60)

        connections.append(Connections())
        answer = Streamed(connections[0], "test", [], pieces())
        served = asyncio.create_task(answer({}, nothing_comes, stuck))
        await asyncio.sleep(0.05)
        connections[0].end()
        async with asyncio.timeout(10):
            await served
        return ended

    assert asyncio.run(run()) == ["pieces"]
    assert len(connections[0]) == 0


def test_work_is_cancelled_when_the_client_goes() -> None:
    told: list[str] = []

    async def work() -> str:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            told.append("cancelled")
            raise
        return "done"

    async def quick() -> str:
        return "done"

    async def run() -> tuple[str | None, str | None]:
        return await unless_gone(has_gone, work()), await unless_gone(nothing_comes, quick())

    assert asyncio.run(run()) == (None, "done")
    assert told == ["cancelled"]
