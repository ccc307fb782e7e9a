"""Asks a provider: kept connections, no redirects, and a second try only before the first byte."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Mapping

import aiohttp
from yarl import URL

from connectors.gateway.proxy.settings import ProxySettings
from guardrails.errors import ConnectorError

# Tries of one request: the first, and two more where no answer had begun.
_TRIES = 3
# Seconds before the second try; twice that before the third, each with as much at random.
_PAUSE_S = 0.25
# Answers by which a provider, or what stands before it, says: not now.
_LATER = frozenset({502, 503, 504})
# Errors after which nothing of a request can have arrived.
_NOT_REACHED = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError)
_CONNECT_S = 10.0
# Of one read: a token is some hundred bytes.
_READ_BYTES = 65_536
# Connections to all providers: as many answers at once.
_CONNECTIONS = 1_000


class UpstreamAway(ConnectorError):
    """The provider cannot be reached or did not answer in time. Next: the caller tries again."""


class Upstream:
    """The providers behind the proxy. Used from one event loop; `close` it there."""

    def __init__(self, settings: ProxySettings) -> None:
        self._settings = settings
        self._session: aiohttp.ClientSession | None = None

    async def ask(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes
    ) -> aiohttp.ClientResponse:
        """Send a request; return the answer when its head has come. `close` it.

        Raises UpstreamAway.
        """
        target = URL(url, encoded=True)
        pause_s = _PAUSE_S
        for left in reversed(range(_TRIES)):
            try:
                async with asyncio.timeout(self._settings.first_byte_s):
                    response = await self._open().request(
                        method, target, headers=headers, data=body or None, allow_redirects=False
                    )
            except aiohttp.ClientError as error:
                # Before the others: a connection that took too long is a TimeoutError as well.
                if left and isinstance(error, _NOT_REACHED):
                    await asyncio.sleep(pause_s + random.uniform(0, pause_s))  # noqa: S311
                    pause_s *= 2
                    continue
                raise UpstreamAway(
                    f"the provider cannot be reached ({type(error).__name__}); try again, or "
                    "correct its address in the gateway's settings"
                ) from None
            except TimeoutError:
                # It may be at work; asking again would pay for it twice.
                raise UpstreamAway(
                    f"the provider did not begin to answer within {self._settings.first_byte_s:g} s"
                ) from None
            if response.status in _LATER and left:
                response.release()
                await asyncio.sleep(pause_s + random.uniform(0, pause_s))  # noqa: S311
                pause_s *= 2
                continue
            return response
        raise UpstreamAway("the provider did not answer; try again")

    async def read(self, response: aiohttp.ClientResponse) -> AsyncIterator[bytes]:
        """Yield an answer's bytes as they come. Raises UpstreamAway when they stop coming."""
        while True:
            try:
                async with asyncio.timeout(self._settings.idle_s):
                    data = await response.content.read(_READ_BYTES)
            except TimeoutError:
                raise UpstreamAway(
                    f"the provider sent nothing for {self._settings.idle_s:g} s; try again"
                ) from None
            except aiohttp.ClientError as error:
                raise UpstreamAway(
                    f"the provider ended within its answer ({type(error).__name__}); try again"
                ) from None
            if not data:
                return
            yield data

    async def close(self) -> None:
        """Let go of connections."""
        if self._session is not None:
            await self._session.close()

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=_CONNECTIONS, keepalive_timeout=60),
                timeout=aiohttp.ClientTimeout(total=None, sock_connect=_CONNECT_S),
                # Proxies of the environment would see every answer.
                trust_env=False,
                cookie_jar=aiohttp.DummyCookieJar(),
                read_bufsize=_READ_BYTES,
            )
        return self._session
