"""Keys of an issuer over a real network: rotated, away, hostile."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

import pytest
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import rsa

from connectors.gateway.auth.issuer import MAX_BYTES, Issuer, IssuerAway
from tests.connectors.gateway.auth.issuers import RSA_KEY, IssuerServer, jwk, run

NEW_KEY = rsa.generate_private_key(65537, 2048)


class Clock:
    def __init__(self) -> None:
        self.at = 1000.0

    def __call__(self) -> float:
        return self.at


async def fail(_: web.Request) -> web.StreamResponse:
    return web.Response(status=500, text="{}")


def fetches(server: IssuerServer) -> int:
    return server.asked.count("/keys")


def test_a_rotated_key_is_fetched_when_a_token_names_it() -> None:
    async def test(server: IssuerServer) -> None:
        clock = Clock()
        async with Issuer(server.url, None, clock) as issuer:
            assert await issuer.find("r1", "RS256") is not None
            server.keys = [jwk(NEW_KEY, "r2")]
            clock.at += 30
            assert await issuer.find("r2", "RS256") is not None
            assert await issuer.find("r1", "RS256") is None
            assert fetches(server) == 2

    run(test)


def test_names_that_nobody_knows_make_us_ask_once_in_half_a_minute() -> None:
    async def test(server: IssuerServer) -> None:
        clock = Clock()
        async with Issuer(server.url, f"{server.url}/keys", clock) as issuer:
            for number in range(100):
                clock.at += 1
                assert await issuer.find(f"invented-{number}", "RS256") is None
            assert fetches(server) == 4

    run(test)


def test_many_at_once_wait_for_one_fetch() -> None:
    async def test(server: IssuerServer) -> None:
        async with Issuer(server.url, None, Clock()) as issuer:
            found = await asyncio.gather(*(issuer.find("r1", "RS256") for _ in range(50)))
            assert all(found)
            assert fetches(server) == 1

    run(test)


def test_a_caller_that_hangs_up_does_not_end_the_fetch_of_the_others() -> None:
    async def test(server: IssuerServer) -> None:
        go_on = asyncio.Event()

        async def slow(_: web.Request) -> web.StreamResponse:
            await go_on.wait()
            return web.json_response({"keys": server.keys})

        server.answer = slow
        async with Issuer(server.url, f"{server.url}/keys", Clock()) as issuer:
            first = asyncio.create_task(issuer.find("r1", "RS256"))
            second = asyncio.create_task(issuer.find("r1", "RS256"))
            while not server.asked:
                await asyncio.sleep(0)
                await asyncio.sleep(0.001)
            first.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await first
            go_on.set()
            assert await second is not None

    run(test)


def test_old_keys_are_looked_after_beside_the_answer_and_a_removed_one_is_soon_refused() -> None:
    async def test(server: IssuerServer) -> None:
        clock = Clock()
        async with Issuer(server.url, None, clock) as issuer:
            await issuer.find("r1", "RS256")
            server.keys = [jwk(NEW_KEY, "r2")]
            clock.at += 599
            assert await issuer.find("r1", "RS256") is not None
            assert fetches(server) == 1
            clock.at += 1
            assert await issuer.find("r1", "RS256") is not None
            # Any other name waits for the fetch under way.
            assert await issuer.find("r2", "RS256") is not None
            assert await issuer.find("r1", "RS256") is None

    run(test)


def test_the_keys_stay_while_the_issuer_is_away_but_not_longer_than_a_day() -> None:
    async def test(server: IssuerServer) -> None:
        clock = Clock()
        async with Issuer(server.url, None, clock) as issuer:
            await issuer.find("r1", "RS256")
            server.answer = fail
            for _ in range(23):
                clock.at += 3600
                assert await issuer.find("r1", "RS256") is not None
                # The fetch under way fails.
                assert await issuer.find("other", "RS256") is None
            clock.at += 3600
            with pytest.raises(IssuerAway):
                await issuer.find("r1", "RS256")
            server.answer = None
            clock.at += 30
            assert await issuer.find("r1", "RS256") is not None

    run(test)


def test_without_keys_to_begin_with_nobody_can_tell_and_it_is_tried_again() -> None:
    async def test(server: IssuerServer) -> None:
        clock = Clock()
        server.answer = fail
        async with Issuer(server.url, None, clock) as issuer:
            for _ in range(3):
                with pytest.raises(IssuerAway):
                    await issuer.find("r1", "RS256")
            assert len(server.asked) == 1
            server.answer = None
            clock.at += 30
            assert await issuer.find("r1", "RS256") is not None

    run(test)


async def flood(request: web.Request) -> web.StreamResponse:
    answer = web.StreamResponse()
    await answer.prepare(request)
    with contextlib.suppress(ConnectionError):
        while True:
            await answer.write(b" " * 65_536)
    return answer


async def redirect(_: web.Request) -> web.StreamResponse:
    raise web.HTTPFound("/keys-of-somebody-else")


async def hang(_: web.Request) -> web.StreamResponse:
    await asyncio.sleep(3600)
    return web.Response()


def text(content: str) -> Any:
    async def answer(_: web.Request) -> web.StreamResponse:
        return web.Response(text=content, content_type="application/json")

    return answer


@pytest.mark.parametrize(
    "answer",
    [
        *(flood, redirect, hang, fail),
        *map(text, ("", "no JSON", "[]", "{}", '{"keys": 7}', '{"keys": []}', "[" * 100_000)),
        text('{"keys": [' + ",".join(["{}"] * 101) + "]}"),
    ],
)
def test_an_answer_that_is_no_set_of_keys_changes_nothing(answer: Any) -> None:
    async def test(server: IssuerServer) -> None:
        clock = Clock()
        async with Issuer(server.url, f"{server.url}/keys", clock, timeout_s=0.5) as issuer:
            await issuer.find("r1", "RS256")
            server.answer = answer
            clock.at += 600
            assert await issuer.find("unknown", "RS256") is None
            assert await issuer.find("r1", "RS256") is not None
            assert set(server.asked) == {"/keys"}

    run(test)


def test_a_set_as_large_as_allowed_is_read() -> None:
    async def test(server: IssuerServer) -> None:
        server.keys = [jwk(RSA_KEY, "r1", x="y" * (MAX_BYTES - 2000))]
        async with Issuer(server.url, f"{server.url}/keys", Clock()) as issuer:
            assert await issuer.find("r1", "RS256") is not None

    run(test)


@pytest.mark.parametrize(
    "discovered",
    [
        {"issuer": "https://other.example"},
        {"jwks_uri": "http://keys.example/keys"},
        {"jwks_uri": "file:///etc/passwd"},
        {"jwks_uri": 7},
        {"jwks_uri": None},
    ],
)
def test_discovery_is_believed_only_from_the_issuer_itself_and_only_to_safe_places(
    discovered: dict[str, Any],
) -> None:
    async def test(server: IssuerServer) -> None:
        server.discovered = discovered
        async with Issuer(server.url, None, Clock()) as issuer:
            with pytest.raises(IssuerAway):
                await issuer.find("r1", "RS256")
            assert fetches(server) == 0

    run(test)


def test_the_private_half_of_a_key_that_was_published_is_passed_over() -> None:
    from jwt.algorithms import RSAAlgorithm

    async def test(server: IssuerServer) -> None:
        server.keys = [
            {**RSAAlgorithm.to_jwk(RSA_KEY, as_dict=True), "kid": "private", "key_ops": ["verify"]},
            jwk(NEW_KEY, "r1"),
        ]
        async with Issuer(server.url, None, Clock()) as issuer:
            assert await issuer.find("private", "RS256") is None
            assert await issuer.find("r1", "RS256") is not None

    run(test)
