"""The routes of the proxy: the paths SDKs ask for, guarded."""

from __future__ import annotations

from urllib.parse import quote, urlencode

from fastapi import APIRouter, Request, Response

from connectors.gateway.problems import as_problem
from connectors.gateway.proxy.api import CHAT, GEMINI, MESSAGES, RESPONSES, Api
from connectors.gateway.proxy.call import Call
from connectors.gateway.proxy.settings import ProxySettings
from connectors.gateway.proxy.upstream import Upstream
from connectors.gateway.service import Service

_METHODS = ("generateContent", "streamGenerateContent")


def proxy_routes(service: Service, settings: ProxySettings) -> APIRouter:
    """Return the routes, for this service. They are the providers' own, described by them."""
    upstream = Upstream(settings)
    service.on_close(upstream.close)
    router = APIRouter(include_in_schema=False)

    async def guard(request: Request, api: Api, path: str) -> Response:
        try:
            return await Call(service, settings, upstream, api).answer(request, path)
        except Exception as error:  # noqa: BLE001 - an SDK reads errors of its API alone
            problem = as_problem(error)
            body = api.describe(problem.status, str(problem))
            return Response(body, problem.status, problem.headers, "application/json")

    @router.post("/v1/chat/completions")
    async def chat(request: Request) -> Response:
        return await guard(request, CHAT, "/chat/completions")

    @router.post("/v1/responses")
    async def responses(request: Request) -> Response:
        return await guard(request, RESPONSES, "/responses")

    @router.post("/v1/messages")
    async def messages(request: Request) -> Response:
        return await guard(request, MESSAGES, "/v1/messages")

    @router.post("/v1beta/models/{call}")
    @router.post("/v1/models/{call}")
    async def generate(request: Request, call: str) -> Response:
        model, _, method = call.rpartition(":")
        if not model or method not in _METHODS:
            detail = f"expected models/<model>:<method>, a method of {', '.join(_METHODS)}"
            body = GEMINI.describe(404, f"{detail}; what is not guarded is not passed on")
            return Response(body, 404, media_type="application/json")
        # The key may stand in the address; it travels in a header from here on.
        query = urlencode([(k, v) for k, v in request.query_params.multi_items() if k != "key"])
        version = request.url.path.split("/")[1]
        path = f"/{version}/models/{quote(call, safe=':-._~')}"
        return await guard(request, GEMINI, f"{path}?{query}" if query else path)

    return router
