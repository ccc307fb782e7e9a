"""Several messages, one of which meets a bug: that is told, logged, and disturbs no other."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterator
from socket import SHUT_RDWR
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from connectors.gateway.auth.gatekeeper import ANYONE
from connectors.gateway.bodies import UpdateBody
from connectors.gateway.connections import Connections
from connectors.gateway.exchange import Answer
from connectors.gateway.server import HttpServer, bind
from connectors.gateway.session_routes import session_routes
from connectors.gateway.socket_routes import socket_routes
from connectors.gateway.streams import Streams
from connectors.gateway.timing import Timing
from guardrails import Session, default_plan


class Producing:
    """Judges what comes; some of it breaks it."""

    async def update(self, _who: Any, body: UpdateBody) -> tuple[Answer, dict[str, str]]:
        if body.delta == "bug":
            raise KeyError("hunter2")
        if body.delta == "odd":
            raise RuntimeError("hunter2")
        await asyncio.sleep(0.05)
        return Answer(Session("s", default_plan()).push("hello "), (), ()), {}

    async def finish(self, *_: Any) -> None:
        raise AssertionError


class Talk:
    """Lets everybody talk about every stream. http: where. url: of one stream's WebSocket."""

    http: str
    url: str

    def __init__(self) -> None:
        self.streams = Streams("e", time.monotonic)
        self.timing = Timing()
        self.connections = Connections()
        self.producing = Producing()

    async def reader(self, *_: Any) -> Any:
        return ANYONE

    async def caller(self, *_: Any) -> Any:
        return ANYONE

    async def start(self) -> None: ...

    async def close(self) -> None: ...

    def owns(self, *_: Any) -> bool:
        return True


@pytest.fixture
def talk() -> Iterator[Talk]:
    talk = Talk()
    app = FastAPI()
    app.include_router(socket_routes(talk))  # type: ignore[arg-type]
    app.include_router(session_routes(talk))  # type: ignore[arg-type]
    server = HttpServer(app, talk, bind("127.0.0.1", 0))  # type: ignore[arg-type]
    server.start()
    talk.http = server.url
    talk.url = server.url.replace("http", "ws") + "/v1/streams/s/ws"
    yield talk
    server.close()


def wait_until_all_are_closed(talk: Talk) -> None:
    end = time.monotonic() + 5
    while len(talk.connections):
        assert time.monotonic() < end
        time.sleep(0.01)


def update(delta: str, seq: int) -> str:
    return json.dumps({"type": "update", "delta": delta, "seq": seq})


def answers(socket: ClientConnection, count: int) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    while len(found) < count:
        message = json.loads(socket.recv(5))
        if message["type"] in ("answer", "error"):
            found.append(message)
    return found


@pytest.mark.parametrize(("broken", "kind"), [("bug", "KeyError"), ("odd", "RuntimeError")])
def test_a_bug_in_one_message_is_its_answer_and_the_others_have_theirs(
    talk: Talk, caplog: pytest.LogCaptureFixture, broken: str, kind: str
) -> None:
    with connect(talk.url, proxy=None) as socket:
        for seq, delta in enumerate(("a", broken, "b")):
            socket.send(update(delta, seq))
        told = answers(socket, 3)
        assert sorted(message["type"] for message in told) == ["answer", "answer", "error"]
        error = next(message for message in told if message["type"] == "error")
        assert error["data"]["status"] == 500
        socket.send(update("c", 3))
        assert answers(socket, 1)[0]["type"] == "answer"
    assert kind in caplog.text
    assert "hunter2" not in caplog.text + str(told)


def test_a_bug_among_the_events_is_logged_and_closes_the_socket_with_its_own_code(
    talk: Talk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def broken(_: Any) -> Any:
        raise LookupError("hunter2")
        yield

    monkeypatch.setattr("connectors.gateway.subscription.Subscription.batches", broken)
    with connect(talk.url, proxy=None) as socket, pytest.raises(ConnectionClosed) as closed:
        socket.recv(5)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1011
    assert "a bug ended a WebSocket: LookupError" in caplog.text
    assert "hunter2" not in caplog.text
    wait_until_all_are_closed(talk)


def test_a_client_that_leaves_is_no_bug(talk: Talk, caplog: pytest.LogCaptureFixture) -> None:
    for leaves in ("close", "abort"):
        with connect(talk.url, proxy=None) as socket:
            socket.recv(5)
            for seq in range(3):
                socket.send(update("a", seq))
            if leaves == "abort":
                socket.socket.shutdown(SHUT_RDWR)
        wait_until_all_are_closed(talk)
    assert caplog.text == ""


def test_a_bug_in_one_update_of_several_is_its_result_and_the_others_have_theirs(
    talk: Talk, caplog: pytest.LogCaptureFixture
) -> None:
    deltas = ("a", "bug", "b")
    updates = [{"streamId": "s", "delta": delta, "seq": n} for n, delta in enumerate(deltas)]
    url = f"{talk.http}/v1/stream/update"
    answer = httpx.post(url, json={"updates": updates}, trust_env=False)
    results = answer.json()["results"]
    assert [result.get("problem", {}).get("status") for result in results] == [None, 500, None]
    assert "KeyError" in caplog.text
    assert "hunter2" not in caplog.text + answer.text
