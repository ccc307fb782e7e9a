"""Tokens that were found good: still refused when they end, or their key does."""

from __future__ import annotations

import asyncio
import time

import jwt
import pytest

from connectors.gateway.auth import tokens
from connectors.gateway.auth.gatekeeper import Gatekeeper
from connectors.gateway.auth.key_set import PublicKey
from connectors.gateway.auth.principal import ALL_SCOPES, Principal, Unauthorized
from connectors.gateway.auth.settings import AuthSettings
from connectors.gateway.auth.verified import Verified, VerifiedTokens
from tests.connectors.gateway.auth.issuers import AUDIENCE, EC_KEY, IssuerServer, jwk, run

KEY = PublicKey("k", frozenset({"RS256"}), None)


class Clock:
    def __init__(self, at: float) -> None:
        self.at = at

    def __call__(self) -> float:
        return self.at


def verified(until: float) -> Verified:
    return Verified(Principal("acme", "sub:ada", ALL_SCOPES), KEY, "RS256", until)


def settings(server: IssuerServer) -> AuthSettings:
    return AuthSettings(
        jwt_issuer=server.url,
        jwt_audience=(AUDIENCE,),
        jwt_leeway_s=0,  # type: ignore[call-arg]
    )


def test_a_token_is_forgotten_when_it_ends() -> None:
    clock = Clock(100.0)
    found = VerifiedTokens(clock)
    found.keep("token", verified(200.0))
    clock.at = 199.9
    assert found.find("token") == verified(200.0)
    clock.at = 200.0
    assert found.find("token") is None
    assert len(found) == 0


def test_another_token_is_not_found_and_the_longest_unused_goes_first() -> None:
    found = VerifiedTokens(Clock(0.0), max_tokens=2)
    for name in ("a", "b"):
        found.keep(name, verified(9.0))
    assert found.find("a") is not None
    found.keep("c", verified(9.0))
    assert [found.find(name) is not None for name in ("a", "b", "c", "d")] == [
        *(True, False, True, False)
    ]


def test_the_signature_of_a_token_is_checked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    checked = 0
    real = jwt.decode

    def count(*arguments: object, **options: object) -> object:
        nonlocal checked
        checked += 1
        return real(*arguments, **options)  # type: ignore[arg-type]

    async def test(server: IssuerServer) -> None:
        monkeypatch.setattr(tokens.jwt, "decode", count)
        async with Gatekeeper(settings(server)) as keeper:
            token = server.token()
            for _ in range(5):
                await keeper.authenticate(f"Bearer {token}", None)
            assert checked == 1
            # Whatever else is in it, it is another token.
            with pytest.raises(Unauthorized):
                await keeper.authenticate(f"Bearer {token[:-8]}AAAAAAAA", None)
            assert checked == 2

    run(test)


def test_a_token_that_was_good_is_refused_when_it_expires() -> None:
    async def test(server: IssuerServer) -> None:
        async with Gatekeeper(settings(server)) as keeper:
            ends = int(time.time()) + 2
            token = server.token(exp=ends)
            await keeper.authenticate(f"Bearer {token}", None)
            while time.time() <= ends:
                await asyncio.sleep(0.05)
            with pytest.raises(Unauthorized, match="expired"):
                await keeper.authenticate(f"Bearer {token}", None)

    run(test)


def test_a_token_that_was_good_is_refused_when_its_key_is_taken_away() -> None:
    async def test(server: IssuerServer) -> None:
        clock = Clock(0.0)
        async with Gatekeeper(settings(server), monotonic=clock) as keeper:
            token = f"Bearer {server.token()}"
            await keeper.authenticate(token, None)
            server.keys = [jwk(EC_KEY, "e1")]
            clock.at = 600
            # This one begins the fetch, the next waits for it: its key is not known.
            await keeper.authenticate(token, None)
            other = server.token(EC_KEY, "ES256", {"kid": "e2"})
            with pytest.raises(Unauthorized):
                await keeper.authenticate(f"Bearer {other}", None)
            with pytest.raises(Unauthorized, match="does not have"):
                await keeper.authenticate(token, None)

    run(test)


def test_a_token_that_was_good_is_not_believed_when_its_issuer_is_away_for_a_day() -> None:
    from connectors.gateway.auth.issuer import IssuerAway

    async def test(server: IssuerServer) -> None:
        clock = Clock(0.0)
        async with Gatekeeper(settings(server), monotonic=clock) as keeper:
            token = f"Bearer {server.token(exp=int(time.time()) + 200_000)}"
            await keeper.authenticate(token, None)
            server.keys = []
            clock.at = 86_400
            with pytest.raises(IssuerAway):
                await keeper.authenticate(token, None)

    run(test)
