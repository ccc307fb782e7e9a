"""The page: files that stand beside this module, and the texts it offers to try."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import msgspec
from fastapi import APIRouter, Request, Response

from connectors.gateway.auth.principal import Scope
from connectors.gateway.problems import PROBLEMS, Problem
from connectors.gateway.proxy.settings import ProxySettings
from connectors.gateway.samples import OfferedProvider
from connectors.gateway.service import Service

PAGE = Path(__file__).parent / "page"
_MEDIA_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
# A browser asks each time whether a file is still the same: after an update no page is made of
# files of two versions.
_CACHE_CONTROL = "no-cache"


class _File(NamedTuple):
    content: bytes
    media_type: str
    etag: str


def page_routes(service: Service, proxy: ProxySettings) -> APIRouter:
    """Return the routes, for this service. The page itself asks for no credential: it holds
    nothing, and has to be there to ask people for theirs.
    """
    router = APIRouter()
    providers = tuple(
        OfferedProvider(name, urlsplit(provider.url).hostname or "", provider.model)
        for name, provider in proxy.providers.items()
        if provider.key is not None
    )
    files = {path.name: _read(path) for path in PAGE.iterdir() if path.suffix in _MEDIA_TYPES}
    # The page comes from us, so it may learn from us whom to believe; others bring the keys.
    keys = [] if service.rules is None else [service.rules.public_key]
    files["rule-keys.json"] = _file(msgspec.json.encode({"keys": keys}), "application/json")

    @router.api_route("/", methods=["GET", "HEAD"], include_in_schema=False)
    @router.api_route("/operations", methods=["GET", "HEAD"], include_in_schema=False)
    async def page(request: Request) -> Response:
        """Return the page: it shows the view its address names."""
        return _answer(request, files["index.html"])

    @router.api_route("/page/{name}", methods=["GET", "HEAD"], include_in_schema=False)
    async def file(request: Request, name: str) -> Response:
        """Return a part of the page."""
        found = files.get(name)
        if found is None:
            raise Problem(404, "unknown-file", "the page has no such file; reload it")
        return _answer(request, found)

    @router.get("/v1/samples", tags=["Streams"], responses=PROBLEMS, response_class=Response)
    async def samples(request: Request) -> Response:
        """Return answers to try, cut as a model writes them; the providers that can be asked for
        one; and the names of loaded policies.
        """
        await service.caller(request, Scope.PRODUCE)
        offered = msgspec.structs.replace(service.samples(), providers=providers)
        return Response(msgspec.json.encode(offered), media_type="application/json")

    return router


def _read(path: Path) -> _File:
    return _file(path.read_bytes(), _MEDIA_TYPES[path.suffix])


def _file(content: bytes, media_type: str) -> _File:
    return _File(content, media_type, f'"{sha256(content).hexdigest()[:32]}"')


def _answer(request: Request, file: _File) -> Response:
    headers = {"ETag": file.etag, "Cache-Control": _CACHE_CONTROL}
    known = request.headers.get("if-none-match", "")
    if file.etag in (part.strip().removeprefix("W/") for part in known.split(",")):
        return Response(status_code=304, headers=headers)
    return Response(file.content, headers=headers, media_type=file.media_type)
