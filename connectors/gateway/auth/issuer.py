"""The keys of an issuer over the network: fetched, kept, fetched again when it rotates them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from types import MappingProxyType
from typing import Self

import aiohttp

from connectors.gateway.auth.key_set import KeySet, KeySetError, PublicKey, parse_key_set
from connectors.gateway.auth.principal import AccessError
from connectors.gateway.auth.settings import require_https
from connectors.logs import logger

log = logger(__name__)

# A name of a key that nobody knows may be an attacker's: it makes us ask once in half a minute.
ASK_EVERY_S = 30.0
# A key that the issuer took away is refused after ten minutes at most, while it answers.
REFRESH_S = 600.0
# While it does not answer, for a day: longer than any outage that nobody notices.
KEEP_S = 86_400.0
TIMEOUT_S = 5.0
# Key sets have 1 to 20 kB.
MAX_BYTES = 262_144


class IssuerAway(AccessError):
    """Keys cannot be had, so nobody can tell whether a token holds. Next: answer 503; try again."""

    status = 503
    kind = "issuer-away"
    headers = MappingProxyType({"Retry-After": str(int(ASK_EVERY_S))})

    def __init__(self) -> None:
        super().__init__(
            "the issuer of tokens does not answer with its keys", "try again in half a minute"
        )


class Issuer:
    """Finds the key of a signature.

    One fetch at a time, at most every 30 s, whatever is asked for. When one fails the keys before
    it stay, for a day.
    """

    def __init__(
        self,
        issuer: str,
        jwks_url: str | None,
        monotonic: Callable[[], float],
        timeout_s: float = TIMEOUT_S,
    ) -> None:
        """issuer: its name, which is an address. jwks_url: where its keys are; None to discover
        it. monotonic: seconds since anything.
        """
        self._issuer = issuer
        self._jwks_url = jwks_url
        self._monotonic = monotonic
        self._timeout = aiohttp.ClientTimeout(total=timeout_s)
        self._session: aiohttp.ClientSession | None = None
        self._keys = KeySet(())
        self._fetched_at: float | None = None
        self._asked_at: float | None = None
        self._fetching: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """End what is under way."""
        if self._fetching is not None:
            self._fetching.cancel()
            await asyncio.gather(self._fetching, return_exceptions=True)
        if self._session is not None:
            await self._session.close()

    async def find(self, kid: str | None, algorithm: str) -> PublicKey | None:
        """Return the key of that name for such signatures; None if the issuer has none.

        Raises IssuerAway when there are no keys that could be believed.
        """
        key = self._keys.find(kid, algorithm) if self._age() < KEEP_S else None
        if key is not None:
            # What is known is answered at once, and looked after beside.
            if self._age() >= REFRESH_S:
                self._ask()
            return key
        task = self._ask()
        if task is not None:
            # Goes on when this caller hangs up: others wait for it, and it counts as asked.
            await asyncio.shield(task)
        if self._age() >= KEEP_S:
            raise IssuerAway
        return self._keys.find(kid, algorithm)

    def _age(self) -> float:
        """Seconds since the keys were fetched."""
        return float("inf") if self._fetched_at is None else self._monotonic() - self._fetched_at

    def _ask(self) -> asyncio.Task[None] | None:
        """Return the fetch under way, or begin one; None if the last began a moment ago."""
        if self._fetching is not None and not self._fetching.done():
            return self._fetching
        now = self._monotonic()
        if self._asked_at is not None and now - self._asked_at < ASK_EVERY_S:
            return None
        self._asked_at = now
        self._fetching = asyncio.create_task(self._refresh())
        return self._fetching

    async def _refresh(self) -> None:
        try:
            keys = await self._fetch()
        except (aiohttp.ClientError, TimeoutError, OSError, KeySetError, ValueError) as error:
            log.error(
                "keys of the issuer of tokens cannot be fetched; those before them stay",
                endpoint=self._jwks_url or self._issuer,
                error=type(error).__name__,
                problem=error if isinstance(error, KeySetError) else "it cannot be reached",
            )
            return
        self._keys = keys
        self._fetched_at = self._monotonic()
        log.info("keys of the issuer of tokens taken in", size=len(keys))

    async def _fetch(self) -> KeySet:
        url = self._jwks_url or await self._discover()
        return parse_key_set(await self._get(url))

    async def _discover(self) -> str:
        """Return where the issuer says its keys are (OpenID Connect Discovery 1.0, section 4)."""
        content = await self._get(f"{self._issuer.rstrip('/')}/.well-known/openid-configuration")
        try:
            found = json.loads(content)
            issuer, url = found["issuer"], found["jwks_uri"]
        except (ValueError, LookupError, TypeError, RecursionError):
            raise KeySetError("discovery: expected JSON with 'issuer' and 'jwks_uri'") from None
        if issuer != self._issuer or not isinstance(url, str):
            raise KeySetError(
                "discovery: expected the issuer of TIDEGATE_GATEWAY_JWT_ISSUER, character by "
                "character, and the address of its keys"
            )
        return require_https(url)

    async def _get(self, url: str) -> bytes:
        """Return a body. Redirects are not followed: they could lead anywhere."""
        if self._session is None:
            self._session = aiohttp.ClientSession(timeout=self._timeout)
        headers = {"Accept": "application/json"}
        async with self._session.get(url, allow_redirects=False, headers=headers) as response:
            if response.status != 200:
                raise KeySetError(f"expected status 200, got {response.status}")
            content = bytearray()
            async for piece in response.content.iter_any():
                content += piece
                if len(content) > MAX_BYTES:
                    raise KeySetError(f"expected at most {MAX_BYTES:,} bytes, got more")
            return bytes(content)
