"""Streams over a network that resets, cuts, stalls and delays: clients retry, nothing is lost."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from random import Random
from typing import Any, NamedTuple

import pytest

from flows.embedded import guard_chunks
from guardrails.events import Chunk
from guardrails.policy_text import parse_policy
from tests.connectors.gateway.conftest import POLICY
from tests.connectors.gateway.lossy import Lossy
from tests.gateway import Gateway, text_of

# Seconds after which a client takes an answer for lost.
PATIENCE_S = 1.5
AT_ONCE = 100
MAX_TRIES = 60
WORDS = (
    *("and", "then", "the", "model", "wrote", "a", "sentence.", "Nothing", "here", "is", "secret."),
    *("ada@example.com", "4111 1111 1111 1111", "émigré", "👩🏽‍🚀", "再见。", "+49 30 901820"),
)
LOST = (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, TimeoutError, EOFError)


class Outcome(NamedTuple):
    """What a client has. shown: from the answers to its updates. told: from its events."""

    shown: str
    told: str
    audits: int
    tries: int


def pieces_of(number: int) -> list[str]:
    dice = Random(number)
    text = " ".join(dice.choices(WORDS, k=dice.randrange(5, 60)))
    if number % 10 == 0:
        text += " Project Nightjar and what comes after it"
    cuts = sorted(dice.sample(range(1, len(text)), dice.randrange(1, min(8, len(text)))))
    return [text[start:end] for start, end in zip([0, *cuts], [*cuts, len(text)], strict=True)]


def expected(count: int) -> list[str]:
    """What the guard shows of each stream when it is asked without any network."""
    chunks = [
        Chunk(f"s{number}", seq, piece, final=seq == len(pieces) - 1)
        for number in range(count)
        for pieces in [pieces_of(number)]
        for seq, piece in enumerate(pieces)
    ]
    guarded = guard_chunks(parse_policy(POLICY, "gateway.yaml"), chunks)
    return [guarded.released(f"s{number}") for number in range(count)]


async def ask(port: int, path: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    """One request on a connection of its own. Raises one of LOST."""
    async with asyncio.timeout(PATIENCE_S):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            content = json.dumps(body).encode()
            writer.write(
                f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
                f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n".encode()
                + content
            )
            status, headers = await _head(reader)
            answer = json.loads(await reader.readexactly(int(headers["content-length"])))
            return status, answer
        finally:
            writer.close()


async def _head(reader: asyncio.StreamReader) -> tuple[int, dict[str, str]]:
    lines = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
    headers = dict(line.split(": ", 1) for line in lines[1:] if line)
    return int(lines[0].split()[1]), headers


async def insist(port: int, path: str, body: dict[str, Any]) -> tuple[dict[str, Any], int]:
    """Ask until there is an answer, as docs/gateway.md says; return it and how often was asked."""
    for tries in range(1, MAX_TRIES):
        try:
            status, answer = await ask(port, path, body)
        except LOST:
            await asyncio.sleep(0.02)
            continue
        if status == 200:
            return answer, tries
        # Too much, or no verdict yet: the same again is harmless.
        assert status in (429, 503, 504), answer
        await asyncio.sleep(0.3)
    raise AssertionError(f"{path}: no answer after {MAX_TRIES} tries")


async def follow(port: int, stream: str) -> list[dict[str, Any]]:
    """All events of a stream, over as many connections as it takes."""
    told: list[dict[str, Any]] = []
    last_id = ""
    for _ in range(MAX_TRIES):
        try:
            async for event in listen(port, stream, last_id):
                told.append(event)
                last_id = event.get("id", last_id)
                if event["type"] == "end":
                    return told
        except LOST:
            await asyncio.sleep(0.02)
    raise AssertionError(f"the events do not end after {MAX_TRIES} connections")


async def listen(port: int, stream: str, last_id: str) -> AsyncIterator[dict[str, Any]]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    resume = f"Last-Event-ID: {last_id}\r\n" if last_id else ""
    try:
        writer.write(
            f"GET /v1/streams/{stream}/events?detail=concise HTTP/1.1\r\nHost: 127.0.0.1\r\n"
            f"{resume}\r\n".encode()
        )
        async with asyncio.timeout(PATIENCE_S):
            status, _ = await _head(reader)
        if status == 204:
            # Nothing follows: the end itself was told, or what came before it was all.
            yield {"type": "end"}
            return
        assert status == 200, status
        text = b""
        while True:
            # Heartbeats come twice a second.
            async with asyncio.timeout(PATIENCE_S):
                size = int(await reader.readuntil(b"\r\n"), 16)
                text += (await reader.readexactly(size + 2))[:-2]
            *whole, text = text.split(b"\n\n")
            for event in whole:
                yield json.loads(event.split(b"data: ", 1)[1])
            if not size:
                raise EOFError
    finally:
        writer.close()


async def play(port: int, number: int) -> Outcome:
    answer, tries = await insist(port, "/v1/stream/start", {"context": {"userId": f"u{number}"}})
    stream = answer["streamId"]
    reading = asyncio.create_task(follow(port, stream))
    answers: list[dict[str, Any]] = []
    frontier = 0
    pieces = pieces_of(number)
    for seq, piece in enumerate(pieces):
        body = {"streamId": stream, "delta": piece, "seq": seq, "position": frontier}
        answer, more = await insist(port, "/v1/stream/update", body)
        answers.append(answer)
        frontier, tries = answer["frontier"], tries + more
    body = {"streamId": stream, "seq": len(pieces), "position": frontier}
    answer, more = await insist(port, "/v1/stream/finish", body)
    told = await reading
    return Outcome(
        shown=text_of(*answers, answer),
        told=text_of(*(event for event in told if event["type"] == "partial_result")),
        audits=len({event["id"] for event in told if event["type"] == "audit"}),
        tries=tries + more,
    )


async def play_all(port: int, count: int, seed: int) -> tuple[list[Outcome | str], Lossy]:
    room = asyncio.Semaphore(AT_ONCE)

    async def one(number: int, through: int) -> Outcome | str:
        async with room:
            try:
                return await play(through, number)
            except AssertionError as error:
                return f"{error}"

    async with Lossy(port, seed) as lossy:
        through = lossy.port
        return list(await asyncio.gather(*(one(n, through) for n in range(count)))), lossy


@pytest.mark.parametrize("count", [150, pytest.param(5_000, marks=pytest.mark.long)])
def test_streams_end_right_whatever_the_network_does(gateway: Gateway, count: int) -> None:
    right = expected(count)
    port = int(gateway.url.rpartition(":")[2])
    outcomes, lossy = asyncio.run(play_all(port, count, seed=1))
    wrong = {
        number: outcome
        for number, (outcome, text) in enumerate(zip(outcomes, right, strict=True))
        if isinstance(outcome, str)
        or (outcome.shown, outcome.told, outcome.audits) != (text, text, 1)
    }
    assert len(wrong) <= count // 1_000, wrong
    # Otherwise nothing was tried.
    assert set(lossy.fates) == {"reset", "cut", "stall", "delay", "pass"}
    asked = sum(outcome.tries for outcome in outcomes if isinstance(outcome, Outcome))
    sent = sum(len(pieces_of(number)) + 2 for number in range(count))
    assert asked > 1.05 * sent
