"""Pages that may not are turned away before anything is read, on HTTP and WebSocket alike."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from connectors.gateway.auth.origins import Origins, is_loopback

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send


class Door:
    """Refuses requests of foreign pages: 403.

    CORS alone does not: it keeps the page from reading the answer, after the request was carried
    out, and it does not hold for WebSocket. A caller that is no browser sends no `Origin` and
    passes. Put it around everything but `SecurityHeaders` and CORS.

    only_loopback_names: refuse requests that do not name this machine (421): a page can have its
    own name lead to 127.0.0.1 (DNS rebinding), and then it is no foreign page to its browser. For
    a gateway that listens on loopback.
    """

    def __init__(self, app: ASGIApp, origins: Origins, *, only_loopback_names: bool) -> None:
        self._app = app
        self._origins = origins
        self._only_loopback_names = only_loopback_names

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or refuse it."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        named = [value.decode("latin-1") for name, value in scope["headers"] if name == b"host"]
        sent = [value.decode("latin-1") for name, value in scope["headers"] if name == b"origin"]
        names_us = [is_loopback(_name(host)) for host in named] == [True]
        if self._only_loopback_names and not names_us:
            what = "this name does not lead to a gateway; use http://127.0.0.1 or http://localhost"
            await _refuse(scope, send, 421, "Misdirected Request", what)
        elif len(sent) > 1 or not all(self._origins.allows(origin) for origin in sent):
            what = (
                "this page may not use the gateway; add its origin to TIDEGATE_GATEWAY_ORIGINS, "
                "exactly as browsers send it"
            )
            await _refuse(scope, send, 403, "Forbidden", what)
        else:
            await self._app(scope, receive, send)


def _name(host: str) -> str:
    """Return a `Host` without its port.

    >>> _name("[::1]:8080"), _name("LOCALHOST")
    ('[::1]', 'localhost')
    """
    name, colon, port = host.rpartition(":")
    return (name if colon and port.isdigit() else host).lower()


async def _refuse(scope: Scope, send: Send, status: int, title: str, detail: str) -> None:
    body = json.dumps(
        {"type": "about:blank", "title": title, "status": status, "detail": detail}
    ).encode()
    headers = [
        (b"content-type", b"application/problem+json"),
        (b"content-length", str(len(body)).encode()),
    ]
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})
    elif "websocket.http.response" in scope.get("extensions", {}):
        await send({"type": "websocket.http.response.start", "status": status, "headers": headers})
        await send({"type": "websocket.http.response.body", "body": body})
    else:
        # Before it is accepted: servers answer 403.
        await send({"type": "websocket.close", "code": 1008})
