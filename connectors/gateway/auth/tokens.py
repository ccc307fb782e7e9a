"""JSON Web Tokens of an issuer (RFC 7519), checked as RFC 8725 advises."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

import jwt
from jwt.exceptions import (
    ExpiredSignatureError,
    ImmatureSignatureError,
    InvalidAudienceError,
    InvalidIssuerError,
    InvalidSignatureError,
    MissingRequiredClaimError,
    PyJWTError,
)

from connectors.gateway.auth.issuer import Issuer
from connectors.gateway.auth.key_file import NAME
from connectors.gateway.auth.key_set import MAX_KID_CHARS
from connectors.gateway.auth.principal import Principal, Scope, Unauthorized
from connectors.gateway.auth.settings import AuthSettings
from connectors.gateway.auth.verified import Verified, VerifiedTokens

# Tokens have 1 to 2 kB, with many groups up to 8; servers refuse headers that are longer.
MAX_TOKEN_CHARS = 16_384
# OpenID Connect allows a subject 255 characters.
MAX_SUBJECT_CHARS = 255
# Seconds since 1970, the year 5138.
_FAR_OFF = 100_000_000_000
_AGAIN = "ask the issuer for another token"
_TENANT = re.compile(NAME, re.ASCII)


class Tokens:
    """Tells whom a token speaks for."""

    def __init__(self, settings: AuthSettings, issuer: Issuer, now: Callable[[], float]) -> None:
        """now: seconds since 1970."""
        self._settings = settings
        self._issuer = issuer
        self._verified = VerifiedTokens(now)

    async def authenticate(self, token: str) -> Principal:
        """Return whom a token speaks for.

        Raises Unauthorized, whose message quotes nothing of the token, and IssuerAway.
        """
        known = self._verified.find(token)
        # A key that the issuer took away, or fetched anew, is not the one it was checked with.
        if (
            known is not None
            and await self._issuer.find(known.key.kid, known.algorithm) is known.key
        ):
            return known.principal
        kid, algorithm = self._read_header(token)
        key = await self._issuer.find(kid, algorithm)
        if key is None:
            raise Unauthorized("the token is signed by a key that its issuer does not have", _AGAIN)
        claims = self._verify(token, key.key, algorithm)
        principal = Principal(
            self._tenant(claims), f"sub:{_subject(claims)}", _scopes(claims, self._settings)
        )
        # Some issuers write what no clock reaches.
        until = min(int(claims["exp"]), _FAR_OFF) + self._settings.jwt_leeway_s
        self._verified.keep(token, Verified(principal, key, algorithm, until))
        return principal

    def _read_header(self, token: str) -> tuple[str | None, str]:
        """Return the name of the key and the algorithm, of which nothing is believed yet.

        Addresses of keys and keys in the header (`jku`, `x5u`, `jwk`) are never looked at.
        """
        if len(token) > MAX_TOKEN_CHARS:
            raise Unauthorized("the token is too long", f"send {MAX_TOKEN_CHARS:,} at most")
        try:
            header = jwt.get_unverified_header(token)
        except (PyJWTError, ValueError):
            raise Unauthorized("this is no token", "send a JSON Web Token or an API key") from None
        kid, algorithm = header.get("kid"), header.get("alg")
        if not isinstance(algorithm, str) or algorithm not in self._settings.jwt_algorithms:
            accepted = ", ".join(self._settings.jwt_algorithms)
            raise Unauthorized(
                "the token is signed in a way that is not accepted", f"sign it with {accepted}"
            )
        if "crit" in header:
            raise Unauthorized("the token demands extensions (crit) that we do not know", _AGAIN)
        if kid is not None and not (isinstance(kid, str) and len(kid) <= MAX_KID_CHARS):
            raise Unauthorized("the token names a key (kid) that no issuer has", _AGAIN)
        return kid, algorithm

    def _verify(self, token: str, key: Any, algorithm: str) -> Mapping[str, Any]:
        settings = self._settings
        try:
            return jwt.decode(
                token,
                key,
                algorithms=[algorithm],
                audience=settings.jwt_audience,
                issuer=settings.jwt_issuer,
                leeway=settings.jwt_leeway_s,
                options={"require": ["exp", "iss", "aud", "sub"]},
            )
        except ExpiredSignatureError:
            raise Unauthorized("the token has expired", _AGAIN) from None
        except ImmatureSignatureError:
            raise Unauthorized(
                "the token does not hold yet", "compare the clocks of issuer and gateway"
            ) from None
        except InvalidAudienceError:
            raise Unauthorized(
                "the token is for another service", "ask for one whose aud is this gateway"
            ) from None
        except InvalidIssuerError:
            raise Unauthorized("the token is of another issuer", _AGAIN) from None
        except MissingRequiredClaimError as error:
            raise Unauthorized(f"the token lacks the claim {error.claim}", _AGAIN) from None
        except InvalidSignatureError:
            raise Unauthorized("the token is not signed as it should be", _AGAIN) from None
        except (PyJWTError, ValueError, TypeError):
            raise Unauthorized("the token is not formed as it should be", _AGAIN) from None

    def _tenant(self, claims: Mapping[str, Any]) -> str:
        settings = self._settings
        tenant = settings.jwt_tenant or _claim(claims, settings.jwt_tenant_claim)
        if not isinstance(tenant, str) or _TENANT.fullmatch(tenant) is None:
            raise Unauthorized(
                f"the token names no tenant in the claim {settings.jwt_tenant_claim}: expected up "
                "to 64 letters, digits and ._@-",
                "have the issuer add it",
            )
        return tenant


def _subject(claims: Mapping[str, Any]) -> str:
    subject = claims["sub"]
    if (
        isinstance(subject, str)
        and 1 <= len(subject) <= MAX_SUBJECT_CHARS
        and subject.isprintable()
    ):
        return subject
    raise Unauthorized(
        f"the claim sub is unfit: expected up to {MAX_SUBJECT_CHARS} visible characters", _AGAIN
    )


def _scopes(claims: Mapping[str, Any], settings: AuthSettings) -> frozenset[Scope]:
    """Return the scopes we know: a token may carry those of other services as well."""
    named = _claim(claims, settings.jwt_scopes_claim)
    words = named.split() if isinstance(named, str) else named
    if not isinstance(words, list):
        return frozenset()
    return frozenset(scope for scope in Scope if str(scope) in words)


def _claim(claims: Mapping[str, Any], name: str) -> Any:
    """Return a claim: one of that name, or what the dots in it lead to.

    >>> _claim({"realm": {"tenant": "acme"}}, "realm.tenant")
    'acme'
    >>> _claim({"https://acme.example/tenant": "acme"}, "https://acme.example/tenant")
    'acme'
    """
    if name in claims:
        return claims[name]
    found: Any = claims
    for step in name.split("."):
        found = found.get(step) if isinstance(found, Mapping) else None
    return found
