"""One request to a receiver, and how it went."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import NamedTuple

import aiohttp

from connectors.webhooks.connection import RefusedAddress

# Of a reply; more of it is not read, and none of it is kept.
READ_REPLY_BYTES = 65_536
# No text of a receiver's is parsed at more length; the header is a number or a date.
_MAX_RETRY_AFTER_CHARS = 64


class Answer(NamedTuple):
    """How a request went. status: 0 without one. reason: bounded, for counters: a status class,
    connection, address, timeout, protocol; detail: for people; neither is the receiver's text.
    asked_pause_s: as `Retry-After` says it.
    """

    status: int = 0
    reason: str = ""
    detail: str = ""
    asked_pause_s: float = 0.0

    @property
    def taken(self) -> bool:
        """Whether the receiver has what was sent."""
        return 200 <= self.status < 300


async def post(
    session: aiohttp.ClientSession,
    url: str,
    body: bytes,
    headers: Mapping[str, str] | None = None,
) -> Answer:
    """Post a body once; the session's timeout holds. Redirects are answers like others."""
    # As a file: aiohttp would warn of bytes beyond a mebibyte, which blocked the loop.
    data = io.BytesIO(body)
    try:
        async with session.post(url, data=data, headers=headers, allow_redirects=False) as response:
            status, asked = response.status, response.headers.get("Retry-After", "")
            # The status has said it all; but a reply nobody reads looks to the receiver as if we
            # had gone.
            with contextlib.suppress(aiohttp.ClientError, OSError):
                await response.content.read(READ_REPLY_BYTES)
    except TimeoutError:
        return Answer(reason="timeout", detail=f"no answer in {session.timeout.total:g} s")
    except (aiohttp.ClientConnectionError, OSError) as error:
        refused = _refusal(error)
        if refused is not None:
            return Answer(reason="address", detail=str(refused))
        return Answer(reason="connection", detail=_explain(error))
    except Exception as error:  # noqa: BLE001 - see below
        # Whatever else a receiver makes the library stumble over is this receiver's failure, and
        # must end nothing for the others.
        return Answer(reason="protocol", detail=type(error).__name__)
    return Answer(status, f"{status // 100}xx", f"status {status}", asked_pause_s(asked))


def _explain(error: Exception) -> str:
    """Return what became of the connection, in words."""
    if isinstance(error, aiohttp.ServerDisconnectedError):
        return "the receiver closed the connection without an answer"
    if isinstance(error, aiohttp.ClientConnectorCertificateError | aiohttp.ClientConnectorSSLError):
        return f"TLS with the receiver fails ({type(error).__name__})"
    if isinstance(error, aiohttp.ClientConnectorError):
        return f"nobody listens there ({type(error).__name__})"
    return f"the connection broke ({type(error).__name__})"


def _refusal(error: BaseException) -> RefusedAddress | None:
    """Return the refusal an error of aiohttp's stands for."""
    cause = getattr(error, "os_error", error)
    return cause if isinstance(cause, RefusedAddress) else None


def asked_pause_s(retry_after: str, now: datetime | None = None) -> float:
    """Return the seconds a `Retry-After` asks for, a number or a date; 0 for what is neither.

    >>> asked_pause_s("120"), asked_pause_s("soon")
    (120.0, 0.0)
    """
    if len(retry_after) > _MAX_RETRY_AFTER_CHARS:
        return 0.0
    if retry_after.isascii() and retry_after.isdecimal():
        return float(retry_after)
    try:
        until = parsedate_to_datetime(retry_after)
        if until.tzinfo is None:
            until = until.replace(tzinfo=UTC)
        return max(0.0, (until - (now or datetime.now(UTC))).total_seconds())
    # A zone may be of any size, and lead out of the calendar.
    except (ValueError, OverflowError):
        return 0.0
