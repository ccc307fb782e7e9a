"""Asks services over HTTP, and says in few words why there was no answer."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import aiohttp
import msgspec
from yarl import URL

from connectors.checks.answer import CallFailed

# A judge's answer has some hundred bytes, a list of findings some ten thousand.
MAX_BODY_BYTES = 1_048_576
# Statuses by which a service says: later. RFC 9110 (408, 5xx), RFC 6585 (429), RFC 8470 (425).
_LATER = {408, 425, 429}
_REFUSED = {
    401: "the service does not accept the API key (401)",
    403: "the service does not allow this key to ask (403)",
    404: "the service has nothing at this address or of this model (404)",
    405: "the service does not take this method (405)",
}


class Client:
    """One service. Connections are kept; redirects are not followed, since they would take text
    and secrets to where the policy did not send them.
    """

    def __init__(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        *,
        max_body_bytes: int = MAX_BODY_BYTES,
    ) -> None:
        """headers: with secrets in them; never logged. max_body_bytes: of a response."""
        self._method = method
        self._url = URL(url)
        self._headers = {"Content-Type": "application/json", **headers}
        self._max_body_bytes = max_body_bytes
        self._session: aiohttp.ClientSession | None = None

    async def ask(self, body: Any, timeout_s: float) -> Any:
        """Send a JSON body and return the JSON of the response. Raises CallFailed."""
        content = msgspec.json.encode(body)
        try:
            async with asyncio.timeout(timeout_s):
                received = await self._send(content)
        except TimeoutError:
            raise CallFailed(
                "the service did not answer in time", retryable=True, unwell=True, timed_out=True
            ) from None
        except (aiohttp.ClientSSLError, ssl.SSLError):
            raise CallFailed("the service's certificate cannot be trusted", unwell=True) from None
        except (aiohttp.ClientError, OSError) as error:
            raise CallFailed(
                f"the connection to the service failed ({type(error).__name__})",
                retryable=True,
                unwell=True,
            ) from None
        return _decode(received)

    async def _send(self, content: bytes) -> bytes:
        if self._session is None:
            # Concurrency is bounded by whoever asks; time by each call.
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=0),
                timeout=aiohttp.ClientTimeout(total=None),
                cookie_jar=aiohttp.DummyCookieJar(),
            )
        async with self._session.request(
            self._method, self._url, data=content, headers=self._headers, allow_redirects=False
        ) as response:
            _require_success(response)
            return await _read(response, self._max_body_bytes)

    async def close(self) -> None:
        """Close all connections."""
        if self._session is not None:
            await self._session.close()


async def _read(response: aiohttp.ClientResponse, max_bytes: int) -> bytes:
    received = bytearray()
    async for piece in response.content.iter_any():
        received += piece
        if len(received) > max_bytes:
            response.close()
            raise CallFailed(f"the response has more than {max_bytes:,} bytes", unwell=True)
    return bytes(received)


def _require_success(response: aiohttp.ClientResponse) -> None:
    status = response.status
    if 200 <= status < 300:
        return
    if status in _LATER or status >= 500:
        raise CallFailed(
            f"the service answered with status {status}",
            retryable=True,
            unwell=True,
            retry_after_s=read_retry_after(response.headers.get("Retry-After", "")),
        )
    if status in _REFUSED:
        raise CallFailed(_REFUSED[status], unwell=True)
    if 300 <= status < 400:
        text = f"the service redirects ({status}); put the address it names into the policy"
        raise CallFailed(text, unwell=True)
    # What is wrong with this request need not be wrong with the next.
    raise CallFailed(f"the service refuses the request with status {status}")


def read_retry_after(value: str, now: datetime | None = None) -> float:
    """Return the seconds of a Retry-After header (RFC 9110, 10.2.3); 0 for what is none. A date
    without a zone is UTC, as all of HTTP's are.

    >>> read_retry_after("2"), read_retry_after("soon")
    (2.0, 0.0)
    """
    if value.isascii() and value.isdigit():
        return float(value)
    try:
        at = parsedate_to_datetime(value)
    except (ValueError, OverflowError):
        return 0.0
    if at.tzinfo is None:
        at = at.replace(tzinfo=UTC)
    return max(0.0, (at - (now or datetime.now(UTC))).total_seconds())


def _decode(received: bytes) -> Any:
    try:
        return msgspec.json.decode(received)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise CallFailed("the response is not JSON", unwell=True) from None


def join_url(base: str, path: str) -> str:
    """Return an address below a base; the base's query stays.

    >>> join_url("https://api.example.org/v1/?version=2", "chat/completions")
    'https://api.example.org/v1/chat/completions?version=2'
    """
    url = URL(base)
    return str(url.with_path(f"{url.path.rstrip('/')}/{path}", keep_query=True))
