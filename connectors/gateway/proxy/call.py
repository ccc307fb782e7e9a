"""One request to a provider, and its answer, guarded as it comes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import AsyncExitStack, aclosing
from functools import partial
from typing import NamedTuple

import msgspec
from aiohttp import ClientResponse
from fastapi import Request, Response

from connectors.gateway.auth.principal import Principal, Scope
from connectors.gateway.problems import Problem
from connectors.gateway.proxy.api import Api, as_bytes_came, passed, returned, without_texts
from connectors.gateway.proxy.channel_stream import ChannelStream
from connectors.gateway.proxy.reply import Reply
from connectors.gateway.proxy.settings import ProxySettings
from connectors.gateway.proxy.upstream import Upstream, UpstreamAway
from connectors.gateway.service import Service
from connectors.gateway.streamed import Streamed, unless_gone
from connectors.providers.events import Channel
from connectors.providers.rewriting import Rewriter
from guardrails.events import MAX_ID_CHARS, Context

# A provider's error is a few lines; none of it is a model's text.
_MAX_ERROR_BYTES = 65_536
# Seconds for all of it.
_ERROR_S = 10.0
# Our own headers of a request, and of the answer.
OWN_KEY, POLICY, STREAM = "x-tidegate-key", "x-tidegate-policy", "x-tidegate-stream"
_CONTEXT = {
    "user_id": "x-tidegate-user-id",
    "bot_id": "x-tidegate-bot-id",
    "session_id": "x-tidegate-session-id",
}


class _Asked(NamedTuple):
    """Who asked for what. stream_id: of what the reply says; its other texts refer to it."""

    principal: Principal
    stream_id: str
    policy: str | None
    context: Context


class Call:
    """Carries out one request."""

    def __init__(
        self, service: Service, settings: ProxySettings, upstream: Upstream, api: Api
    ) -> None:
        self._service = service
        self._key = settings.providers[api.provider].key
        self._url = settings.providers[api.provider].url
        self._upstream = upstream
        self._api = api

    async def answer(self, request: Request, path: str) -> Response:
        """Ask the provider; return what the caller gets.

        Raises AccessError, TooMany, Overloaded, UpstreamAway, Problem.
        """
        principal, key = await self._enter(request)
        asked = self._asked(request, principal)
        headers = {**passed(request.headers), **self._api.authorize(key)}
        body = await request.body()
        _require_object(body)
        admission = self._service.admission
        # What is held ends with this, or with the answer that is sent: whatever happens.
        async with AsyncExitStack() as held:
            limits = await held.enter_async_context(
                admission.admit_reply(principal, asked.stream_id, user_id=asked.context.user_id)
            )
            asking = self._upstream.ask("POST", self._url + path, headers, body)
            response = await unless_gone(request.receive, asking)
            if response is None:
                return _nobody()
            held.callback(response.close)
            told = {**limits, **returned(response.headers), STREAM: asked.stream_id}
            if response.status != 200:
                refusal = self._refusal(response, told)
                return await unless_gone(request.receive, refusal) or _nobody()
            media_type = response.headers.get("content-type", "application/json")
            told["content-type"] = as_bytes_came(media_type)
            framing = _framing(response, path)
            reply = Reply(self._api.name, Rewriter(self._api.name, framing), self._opener(asked))
            frames = reply.frames(self._upstream.read(response))
            if framing == "json":
                async with aclosing(frames):
                    whole = self._whole(reply, frames, told)
                    return await unless_gone(request.receive, whole) or _nobody()
            head = [(name.encode(), value.encode("latin-1")) for name, value in told.items()]
            ends = held.pop_all()
        return Streamed(self._service.connections, "proxy", head, frames, ends.aclose)

    async def _whole(
        self, reply: Reply, frames: AsyncGenerator[bytes, None], headers: Mapping[str, str]
    ) -> Response:
        """Return an answer that is not streamed. SDKs look for an error in the status alone."""
        body = b"".join([frame async for frame in frames])
        if reply.outcome in ("complete", "blocked"):
            return Response(body, 200, dict(headers))
        if not body:
            body = self._api.describe(502, "the reply could not be guarded; try again")
        told = {**headers, "content-type": "application/json"}
        if reply.is_unreadable:
            # SDKs ask again after 502, and each answer is paid for.
            told["x-should-retry"] = "false"
        return Response(body, 502, told)

    async def _enter(self, request: Request) -> tuple[Principal, str]:
        """Return who calls, and the key the provider gets. Raises AccessError, Problem."""
        sent = _bearer(request.headers.get(self._api.credential)) or _bearer(
            request.headers.get("authorization")
        )
        sent = sent or request.query_params.get("key", "")
        own = request.headers.get(OWN_KEY)
        gatekeeper = self._service.gatekeeper
        if own or not gatekeeper.is_open:
            credential = own or sent
            bearer = f"Bearer {credential}" if credential else None
            principal = await gatekeeper.authenticate(bearer, None)
            given = sent if own else ""
        else:
            principal, given = await gatekeeper.authenticate(None, None), sent
        principal.require(Scope.PRODUCE)
        key = self._key or given
        if not key:
            raise Problem(
                401,
                "no-provider-key",
                f"there is no key for the provider {self._api.provider}; send yours as the SDK does"
                f" (and the gateway's in {OWN_KEY}), or set"
                f" TIDEGATE_PROXY_{self._api.provider.upper()}_KEY_FILE at the gateway",
            )
        return principal, key

    def _asked(self, request: Request, principal: Principal) -> _Asked:
        named = {field: request.headers.get(header) for field, header in _CONTEXT.items()}
        policy = request.headers.get(POLICY) or None
        for name in (policy, *named.values()):
            if name is not None and len(name) > MAX_ID_CHARS:
                raise Problem(400, "bad-header", f"a name of X-Tidegate-* exceeds {MAX_ID_CHARS}")
        self._service.require_policy(policy)
        stream_id = self._service.ids.new(principal)
        context = Context(tenant=principal.tenant, correlation_id=stream_id, **named)
        return _Asked(principal, stream_id, policy, context)

    def _opener(self, asked: _Asked) -> Callable[[Channel], ChannelStream]:
        service = self._service
        told = [asked.stream_id]
        charge = partial(service.admission.charge, asked.principal, asked.context.user_id)

        def open_stream(channel: Channel) -> ChannelStream:
            # Thoughts and tool calls may come first; the caller wants to follow what is said.
            is_told = channel.kind == "text" and told
            stream_id = told.pop() if is_told else service.ids.new(asked.principal)
            stream = service.streams.get(stream_id)
            return ChannelStream(stream, service.bus, asked.policy, asked.context, charge)

        return open_stream

    async def _refusal(self, response: ClientResponse, headers: Mapping[str, str]) -> Response:
        """Return a provider's error as it is, without what may be a model's text."""
        if response.content_type != "application/json" or response.status < 400:
            detail = f"the provider answered {response.status} {response.content_type}; try again"
            body = self._api.describe(502, detail)
            return Response(body, 502, dict(headers), "application/json")
        said = without_texts(await self._read_error(response))
        if said is None:
            detail = f"the provider answered {response.status}, and its error cannot be read"
            said = self._api.describe(response.status, f"{detail}; try again")
        return Response(said, response.status, dict(headers), "application/json")

    async def _read_error(self, response: ClientResponse) -> bytes | None:
        """Return what a provider says of an error; None if it is cut off, too long or too slow."""
        said = bytearray()
        try:
            async with asyncio.timeout(_ERROR_S):
                async for data in self._upstream.read(response):
                    said += data
                    if len(said) > _MAX_ERROR_BYTES:
                        return None
        except (TimeoutError, UpstreamAway):
            return None
        return bytes(said)


def _require_object(body: bytes) -> None:
    """Raise Problem for a request no API takes: the provider would say less."""
    try:
        msgspec.json.decode(body, type=dict[str, msgspec.Raw])
    except msgspec.DecodeError:
        raise Problem(
            400, "not-json", "the body is not a JSON object; send the request as its API has it"
        ) from None


def _nobody() -> Response:
    """Return what a caller is answered who has gone."""
    return Response(status_code=499)


def _bearer(value: str | None) -> str:
    """Return the key of a header: as it is, or a bearer's."""
    scheme, _, key = (value or "").partition(" ")
    return key.strip() if scheme.lower() == "bearer" else (value or "").strip()


def _framing(response: ClientResponse, path: str) -> str:
    """Return how an answer is framed, by what it says it is."""
    match response.content_type:
        case "text/event-stream":
            return "sse"
        case "application/x-ndjson" | "application/jsonl":
            return "ndjson"
    return "json-array" if ":streamGenerateContent" in path else "json"
