"""Answers as gzip, for callers that take it; what streams is left alone."""

from __future__ import annotations

from starlette.middleware.gzip import GZipMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

# Below a network packet there is nothing to win.
_MIN_BYTES = 1_400
# 5 of 9: half the time of the highest level, and two in a hundred more bytes.
_LEVEL = 5
# Replies of providers come piece by piece, whatever they call themselves; packed, the pieces would
# wait for each other. Rules for clients are packed already.
_LEFT_ALONE = (
    *("/v1/chat/", "/v1/responses", "/v1/messages", "/v1/models/", "/v1beta/"),
    "/v1/rules",
)


class Packing:
    """Packs answers of more than a packet. Server-sent events are never packed."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._packing = GZipMiddleware(app, minimum_size=_MIN_BYTES, compresslevel=_LEVEL)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        is_left = scope["type"] != "http" or scope["path"].startswith(_LEFT_ALONE)
        await (self._app if is_left else self._packing)(scope, receive, send)
