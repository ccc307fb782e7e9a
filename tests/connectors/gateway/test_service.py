"""The end of a gateway: every part is closed, whatever the others say to it."""

from __future__ import annotations

import asyncio
import threading
import time
from typing import Any

import pytest
from fastapi import FastAPI

from connectors.gateway.admission import Admission
from connectors.gateway.auth.gatekeeper import Gatekeeper
from connectors.gateway.auth.keychain import Keychain
from connectors.gateway.auth.origins import Origins
from connectors.gateway.auth.redemptions import OwnRedemptions
from connectors.gateway.auth.settings import AuthSettings
from connectors.gateway.auth.stream_ids import StreamIds
from connectors.gateway.auth.tickets import Tickets
from connectors.gateway.limits.settings import LimitSettings
from connectors.gateway.memory_bus import MemoryBus
from connectors.gateway.server import HttpServer, bind
from connectors.gateway.service import Service
from connectors.gateway.subscribers.callback import CallbackSubscriber
from connectors.memory import MemoryTopics
from guardrails.errors import ConnectorError


class Bus(MemoryBus):
    """Cannot send what is left."""

    async def close(self) -> None:
        await super().close()
        raise ConnectorError("the broker went away; check it")


def build(closed: list[str], bus: MemoryBus) -> Service:
    class Subscriber(CallbackSubscriber):
        def close(self) -> None:
            closed.append("subscriber")

    class Keeper(Gatekeeper):
        async def close(self) -> None:
            closed.append("gatekeeper")

    keychain = Keychain([b"s" * 32])
    return Service(
        bus=bus,
        gatekeeper=Keeper(AuthSettings.from_env({})),
        ids=StreamIds(keychain),
        tickets=Tickets(keychain, OwnRedemptions(time.time), time.time),
        origins=Origins([]),
        admission=Admission(LimitSettings.from_env({}), idle_s=300),
        subscribers=[Subscriber(lambda *_: None)],
    )


def test_a_log_that_is_away_at_the_end_leaves_nothing_open() -> None:
    closed: list[str] = []

    async def run() -> None:
        service = build(closed, Bus(MemoryTopics(1), "e", kept_s=900))

        async def fail() -> None:
            closed.append("proxy")
            raise LookupError

        service.on_close(fail)
        await service.start()
        with pytest.raises(ConnectorError, match="went away"):
            await service.close()

    asyncio.run(run())
    assert closed == ["proxy", "subscriber", "gatekeeper"]


def test_what_could_not_be_closed_is_told_to_who_closes_the_server() -> None:
    closed: list[str] = []
    service = build(closed, Bus(MemoryTopics(1), "e", kept_s=900))
    server = HttpServer(FastAPI(), service, bind("127.0.0.1", 0))
    server.start()
    with pytest.raises(ConnectorError, match="went away"):
        server.close()
    assert closed == ["subscriber", "gatekeeper"]


def test_a_server_that_ends_by_itself_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    async def end(_: object) -> None:
        await asyncio.sleep(0.1)

    monkeypatch.setattr("uvicorn.Server.main_loop", end)
    closed: list[str] = []
    service = build(closed, MemoryBus(MemoryTopics(1), "e", kept_s=900))
    server = HttpServer(FastAPI(), service, bind("127.0.0.1", 0))
    ended = threading.Event()
    server.start(ended.set)
    assert ended.wait(5)
    assert closed == ["subscriber", "gatekeeper"]
    server.close()


def test_a_look_that_fails_is_logged_and_comes_again(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    looks: list[float] = []

    def forget(*_: Any) -> None:
        looks.append(time.monotonic())
        raise LookupError("hunter2")

    async def run() -> None:
        service = build([], MemoryBus(MemoryTopics(1), "e", kept_s=900))
        monkeypatch.setattr(service.streams, "forget", forget)
        await service.start()
        end = time.monotonic() + 5
        while len(looks) < 2 and time.monotonic() < end:
            await asyncio.sleep(0.01)
        await service.close()

    monkeypatch.setattr("connectors.gateway.service._TICK_S", 0.01)
    asyncio.run(run())
    assert len(looks) >= 2
    assert "a look at what is open failed: LookupError" in caplog.text
    assert "hunter2" not in caplog.text
