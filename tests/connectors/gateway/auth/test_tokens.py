"""Tokens of an issuer that really serves its keys: every refusal, and every way around them."""

from __future__ import annotations

import base64
import hmac
import json
import time
from collections.abc import Callable
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from connectors.gateway.auth.gatekeeper import Gatekeeper
from connectors.gateway.auth.principal import Principal, Scope, Unauthorized
from connectors.gateway.auth.settings import AuthSettings
from tests.connectors.gateway.auth.issuers import (
    AUDIENCE,
    EC_KEY,
    ED_KEY,
    RSA_KEY,
    IssuerServer,
    jwk,
    pem,
    run,
)

ATTACKER = rsa.generate_private_key(65537, 2048)
NOW = int(time.time())


def settings(server: IssuerServer, **more: str) -> AuthSettings:
    values = {"JWT_ISSUER": server.url, "JWT_AUDIENCE": AUDIENCE, **more}
    return AuthSettings.from_env({f"TIDEGATE_GATEWAY_{name}": one for name, one in values.items()})


def b64(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


def forge(header: dict[str, Any], claims: dict[str, Any], sign: Callable[[bytes], bytes]) -> str:
    body = f"{b64(json.dumps(header).encode())}.{b64(json.dumps(claims).encode())}"
    return f"{body}.{b64(sign(body.encode()))}"


def accepted(make: Callable[[IssuerServer], str], **more: str) -> Principal:
    found: list[Principal] = []

    async def test(server: IssuerServer) -> None:
        async with Gatekeeper(settings(server, **more)) as keeper:
            found.append(await keeper.authenticate(f"Bearer {make(server)}", None))

    run(test)
    return found[0]


def refused(make: Callable[[IssuerServer], str], **more: str) -> str:
    told: list[str] = []

    async def test(server: IssuerServer) -> None:
        token = make(server)
        async with Gatekeeper(settings(server, **more)) as keeper:
            with pytest.raises(Unauthorized) as caught:
                await keeper.authenticate(f"Bearer {token}", None)
        told.append(str(caught.value))
        assert len(token) < 20 or token[-20:] not in told[0]

    run(test)
    return told[0]


def claims_of(server: IssuerServer) -> dict[str, Any]:
    return dict(jwt.decode(server.token(), options={"verify_signature": False}))


def test_a_token_speaks_for_its_subject_in_its_tenant_with_the_scopes_we_know() -> None:
    principal = accepted(lambda server: server.token())
    assert principal == Principal("acme", "sub:ada", frozenset({Scope.PRODUCE, Scope.READ}))


@pytest.mark.parametrize(
    ("key", "algorithm", "kid"), [(EC_KEY, "ES256", "e1"), (ED_KEY, "EdDSA", "d1")]
)
def test_other_signatures_by_public_keys_are_accepted(key: Any, algorithm: str, kid: str) -> None:
    assert accepted(lambda server: server.token(key, algorithm, {"kid": kid})).tenant == "acme"


def test_claims_may_have_other_names_and_lie_deeper() -> None:
    principal = accepted(
        lambda server: server.token(
            realm={"org": "deep"}, tenant=None, scope=None, roles=["admin", "cook"]
        ),
        JWT_TENANT_CLAIM="realm.org",
        JWT_SCOPES_CLAIM="roles",
    )
    assert principal == Principal("deep", "sub:ada", frozenset({Scope.ADMINISTER}))


def test_an_issuer_without_tenants_may_stand_for_one() -> None:
    made = accepted(lambda server: server.token(tenant="other"), JWT_TENANT="acme")
    assert made.tenant == "acme"


@pytest.mark.parametrize("scopes", [None, 7, {"admin": True}, "ADMIN adminx", ["streams:*"]])
def test_scopes_that_are_not_ours_give_nothing(scopes: Any) -> None:
    assert accepted(lambda server: server.token(scope=scopes)).scopes == frozenset()


@pytest.mark.parametrize(
    ("claims", "words"),
    [
        ({"exp": NOW - 60}, "has expired"),
        ({"exp": None}, "lacks the claim exp"),
        ({"exp": "soon"}, "not formed as it should"),
        ({"nbf": NOW + 86_400}, "does not hold yet"),
        ({"iat": NOW + 86_400}, "does not hold yet"),
        ({"aud": "other"}, "for another service"),
        ({"aud": None}, "lacks the claim aud"),
        ({"aud": []}, "lacks the claim aud"),
        ({"iss": "https://other.example"}, "of another issuer"),
        ({"iss": None}, "lacks the claim iss"),
        ({"sub": None}, "lacks the claim sub"),
        ({"sub": ""}, "claim sub is unfit"),
        ({"sub": "a\nb"}, "claim sub is unfit"),
        ({"sub": "x" * 256}, "claim sub is unfit"),
        ({"tenant": None}, "names no tenant"),
        ({"tenant": "a/b"}, "names no tenant"),
        ({"tenant": "acme\n"}, "names no tenant"),
        ({"tenant": ["acme"]}, "names no tenant"),
        ({"tenant": "x" * 65}, "names no tenant"),
    ],
)
def test_a_claim_that_does_not_fit_is_told(claims: dict[str, Any], words: str) -> None:
    assert words in refused(lambda server: server.token(**claims))


def test_clocks_may_differ_by_the_leeway_and_not_more() -> None:
    accepted(lambda server: server.token(exp=int(time.time()) - 10), JWT_LEEWAY_S="100")
    told = refused(lambda server: server.token(exp=int(time.time()) - 200), JWT_LEEWAY_S="100")
    assert "has expired" in told


@pytest.mark.parametrize("exp", [10**400, 2**62, "9999999999", 9999999999.5])
def test_a_token_may_end_in_whatever_future_its_issuer_writes(exp: Any) -> None:
    assert accepted(lambda server: server.token(exp=exp)).tenant == "acme"


def test_a_token_signed_with_the_public_key_as_a_shared_secret_is_refused() -> None:
    def confuse(server: IssuerServer) -> str:
        header = {"alg": "HS256", "typ": "JWT", "kid": "r1"}
        return forge(
            header, claims_of(server), lambda body: hmac.digest(pem(RSA_KEY), body, "sha256")
        )

    assert "in a way that is not accepted" in refused(confuse)


@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", "", None, 7, ["RS256"], "RS256 "])
def test_a_token_without_a_signature_is_refused(algorithm: Any) -> None:
    def strip(server: IssuerServer) -> str:
        return forge({"alg": algorithm, "kid": "r1"}, claims_of(server), lambda _: b"")

    told = refused(strip)
    assert "not accepted" in told or "no token" in told


def test_a_token_that_claims_another_kind_of_key_is_refused() -> None:
    """The name of an RSA key on a signature of another kind, and the other way around."""
    for key, algorithm, kid in ((EC_KEY, "ES256", "r1"), (RSA_KEY, "RS256", "e1")):
        told = refused(lambda server, k=key, a=algorithm, i=kid: server.token(k, a, {"kid": i}))
        assert "key that its issuer does not have" in told


def test_only_the_signatures_that_are_set_up_are_accepted() -> None:
    assert "sign it with ES256" in refused(lambda server: server.token(), JWT_ALGORITHMS="ES256")
    assert "not accepted" in refused(lambda server: server.token(RSA_KEY, "PS256"))


@pytest.mark.parametrize(
    "kid",
    ["../../dev/null", "r1' OR '1'='1", "r1\0", "http://127.0.0.1/keys", "R1", "", "x" * 257],
)
def test_the_name_of_a_key_leads_nowhere_but_into_the_set(kid: str) -> None:
    async def test(server: IssuerServer) -> None:
        async with Gatekeeper(settings(server)) as keeper:
            with pytest.raises(Unauthorized):
                await keeper.authenticate(
                    f"Bearer {server.token(ATTACKER, headers={'kid': kid})}", None
                )
            assert set(server.asked) <= {"/.well-known/openid-configuration", "/keys"}

    run(test)


@pytest.mark.parametrize("kid", [7, ["r1"], {"r1": 1}])
def test_a_name_of_a_key_that_is_no_text_is_refused(kid: Any) -> None:
    def make(server: IssuerServer) -> str:
        return forge({"alg": "RS256", "kid": kid}, claims_of(server), lambda _: b"x")

    refused(make)


def test_keys_that_a_token_brings_or_points_to_are_not_looked_at() -> None:
    async def test(server: IssuerServer) -> None:
        async with Gatekeeper(settings(server)) as keeper:
            for extra in (
                {"jwk": jwk(ATTACKER, "r1")},
                {"jku": f"{server.url}/attacker"},
                {"x5u": f"{server.url}/attacker"},
            ):
                token = server.token(ATTACKER, headers={"kid": "r1", **extra})
                with pytest.raises(Unauthorized, match="not signed as it should be"):
                    await keeper.authenticate(f"Bearer {token}", None)
            assert "/attacker" not in server.asked

    run(test)


def test_extensions_that_must_be_known_are_refused() -> None:
    def make(server: IssuerServer) -> str:
        return server.token(headers={"kid": "r1", "crit": ["exp"]})

    assert "token" in refused(make)


def test_a_changed_token_is_refused() -> None:
    def make(server: IssuerServer) -> str:
        head, _, signature = server.token().split(".")
        claims = {**claims_of(server), "tenant": "rival"}
        return f"{head}.{b64(json.dumps(claims).encode())}.{signature}"

    assert "not signed as it should be" in refused(make)


@pytest.mark.parametrize("token", ["x", "a.b.c", "....", "x" * 20_000, "é.é.é", "e30.e30."])
def test_what_is_no_token_is_refused(token: str) -> None:
    refused(lambda _: token)


def test_without_a_name_a_key_is_found_only_if_a_single_one_fits() -> None:
    async def test(server: IssuerServer) -> None:
        server.keys = [jwk(RSA_KEY, "r1"), jwk(EC_KEY, "e1")]
        token = server.token(headers={})
        async with Gatekeeper(settings(server)) as keeper:
            await keeper.authenticate(f"Bearer {token}", None)
        server.keys.append(jwk(ATTACKER, "r2"))
        async with Gatekeeper(settings(server)) as keeper:
            with pytest.raises(Unauthorized):
                await keeper.authenticate(f"Bearer {token}", None)

    run(test)


def test_weak_foreign_and_secret_keys_of_the_set_are_passed_over() -> None:
    # 1,024 bits: weak on purpose.
    short = rsa.generate_private_key(65537, 1024)
    other_curve = ec.generate_private_key(ec.SECP256K1())

    async def test(server: IssuerServer) -> None:
        secret = {"kty": "oct", "k": b64(b"s" * 32), "kid": "o1", "alg": "HS256"}
        server.keys = [
            *(7, None, {}, {"kty": "RSA", "kid": "broken", "n": "!", "e": "AQAB"}, secret),
            jwk(short, "short"),
            jwk(other_curve, "k1"),
            jwk(RSA_KEY, "enc", use="enc"),
            jwk(RSA_KEY, "ops", key_ops=["encrypt"]),
            jwk(RSA_KEY, "ps", alg="PS256"),
            jwk(RSA_KEY, "r1", use="sig", alg="RS256"),
        ]
        async with Gatekeeper(settings(server)) as keeper:
            await keeper.authenticate(f"Bearer {server.token()}", None)
            for key, kid in ((short, "short"), (RSA_KEY, "enc"), (RSA_KEY, "ops"), (RSA_KEY, "ps")):
                token = forge(
                    {"alg": "RS256", "kid": kid},
                    claims_of(server),
                    lambda body, k=key: jwt.get_algorithm_by_name("RS256").sign(body, k),
                )
                with pytest.raises(Unauthorized, match="does not have"):
                    await keeper.authenticate(f"Bearer {token}", None)

    run(test)
