"""The one door: a credential in, a principal out."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Self

from connectors.gateway.auth.api_key import PREFIX
from connectors.gateway.auth.issuer import Issuer
from connectors.gateway.auth.key_ring import KeyRing
from connectors.gateway.auth.principal import ALL_SCOPES, Principal, Unauthorized
from connectors.gateway.auth.settings import AuthSettings
from connectors.gateway.auth.tokens import Tokens

# Whom everybody is when neither keys nor tokens are set up.
ANYONE = Principal("default", "anyone", ALL_SCOPES)
_SEND_ONE = "send `Authorization: Bearer <API key or token>` or `X-Api-Key: <API key>`"


class Gatekeeper:
    """Tells who calls. Use it as `async with`, or call `close`."""

    def __init__(
        self,
        settings: AuthSettings,
        *,
        now: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """now: seconds since 1970. monotonic: seconds since anything.

        Raises KeyFileError if the file of keys cannot be used.
        """
        self._is_open = settings.is_open
        self._keys: KeyRing | None = None
        self._issuer: Issuer | None = None
        self._tokens: Tokens | None = None
        if settings.keys_file is not None:
            self._keys = KeyRing(settings.keys_file, now=now, monotonic=monotonic)
        if settings.jwt_issuer is not None:
            self._issuer = Issuer(settings.jwt_issuer, settings.jwt_jwks_url, monotonic)
            self._tokens = Tokens(settings, self._issuer, now)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Let go of connections."""
        if self._issuer is not None:
            await self._issuer.close()

    @property
    def is_open(self) -> bool:
        """Whether everybody is served, whatever they send."""
        return self._is_open

    async def authenticate(self, authorization: str | None, api_key: str | None) -> Principal:
        """Return who calls.

        authorization: the header of that name, a bearer's: an API key (as SDKs send theirs) or a
        token. api_key: the header `X-Api-Key`. Raises Unauthorized, and IssuerAway when tokens
        cannot be checked at the moment. When everybody is served, whatever is sent is not looked
        at: an SDK sends a key of some kind in any case.
        """
        if self._is_open:
            return ANYONE
        if authorization and api_key:
            raise Unauthorized(
                "there are two credentials, Authorization and X-Api-Key", "send one of them"
            )
        if api_key:
            return self._by_key(api_key)
        if not authorization:
            raise Unauthorized("there is no credential", _SEND_ONE)
        scheme, _, credential = authorization.partition(" ")
        credential = credential.strip(" ")
        if scheme.lower() != "bearer" or not credential:
            raise Unauthorized("the header Authorization is not a bearer's", _SEND_ONE)
        if credential.startswith(PREFIX) or self._tokens is None:
            return self._by_key(credential)
        return await self._tokens.authenticate(credential)

    def _by_key(self, text: str) -> Principal:
        if self._keys is None:
            raise Unauthorized("this gateway takes no API keys", "send a token of its issuer")
        return self._keys.authenticate(text)
