"""A provider that cannot be reached is asked again, and one that may be at work is not."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from connectors.gateway.proxy import call as calling
from connectors.gateway.proxy import upstream as asking
from connectors.gateway.proxy.api import MESSAGES
from connectors.gateway.proxy.call import Call
from connectors.gateway.proxy.settings import ProxySettings
from connectors.gateway.proxy.upstream import Upstream, UpstreamAway
from tests.connectors.gateway.proxy.provider import Provider

ANSWER = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}"


@contextmanager
def full() -> Iterator[tuple[socket.socket, str]]:
    """A listener that takes no connection any more, and its address."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        waiting = []
        for _ in range(4):
            one = socket.socket()
            one.setblocking(False)
            one.connect_ex(listener.getsockname())
            waiting.append(one)
        try:
            yield listener, f"http://127.0.0.1:{listener.getsockname()[1]}/"
        finally:
            for one in waiting:
                one.close()


def ask(url: str, first_byte_s: float = 30.0) -> int:
    async def run() -> int:
        upstream = Upstream(ProxySettings({}, first_byte_s=first_byte_s))
        try:
            response = await upstream.ask("POST", url, {}, b"{}")
            response.close()
            return response.status
        finally:
            await upstream.close()

    return asyncio.run(run())


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "_CONNECT_S", 0.3)


@pytest.mark.usefixtures("quick")
def test_a_connection_that_takes_too_long_is_tried_again_and_told_as_what_it_is() -> None:
    began = time.monotonic()
    with full() as (_, url), pytest.raises(UpstreamAway, match="cannot be reached"):
        ask(url)
    # Three times, with two pauses.
    assert time.monotonic() - began > 3 * 0.3 + 0.25 + 0.5


@pytest.mark.usefixtures("quick")
def test_a_second_connection_may_be_the_one_that_is_answered() -> None:
    with full() as (listener, url):

        def serve() -> None:
            time.sleep(0.4)
            listener.settimeout(10)
            while True:
                connection, _ = listener.accept()
                with connection:
                    connection.settimeout(0.2)
                    try:
                        asked = connection.recv(65_536)
                    except OSError:
                        continue
                    if asked:
                        connection.sendall(ANSWER)
                        return

        server = threading.Thread(target=serve)
        server.start()
        try:
            assert ask(url) == 200
        finally:
            server.join(15)


def test_a_provider_that_thinks_for_too_long_is_not_asked_again() -> None:
    with Provider().running() as provider:
        provider.plays(b"{}", content_type="application/json", thinks_s=5.0)
        with pytest.raises(UpstreamAway, match=r"did not begin to answer within 0\.5 s"):
            ask(provider.url, first_byte_s=0.5)
        assert provider.left.wait(5)
        assert len(provider.seen) == 1


def test_an_error_that_takes_too_long_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calling, "_ERROR_S", 0.5)
    service: Any = None

    async def run(url: str) -> tuple[int, bytes]:
        settings = ProxySettings.from_env({"TIDEGATE_PROXY_ANTHROPIC_URL": url})
        upstream = Upstream(settings)
        try:
            response = await upstream.ask("POST", url, {}, b"{}")
            refusal = await Call(service, settings, upstream, MESSAGES)._refusal(response, {})
            response.close()
            return refusal.status_code, bytes(refusal.body)
        finally:
            await upstream.close()

    with Provider().running() as provider:
        # Never so slow that it would count as silent.
        provider.plays(
            b"{", *[b" "] * 100, content_type="application/json", status=529, pause_s=0.1
        )
        status, body = asyncio.run(run(provider.url))
        assert provider.left.wait(5)
    assert status == 529
    error = json.loads(body)["error"]
    assert error["type"] == "api_error"
    assert "529" in error["message"]
