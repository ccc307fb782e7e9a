"""The sessions API: start a stream, send its text, finish it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from fastapi import APIRouter, Depends, Query, Request, Response

from connectors.gateway.answers import conclude, describe, encode
from connectors.gateway.auth.principal import Principal, Scope
from connectors.gateway.bodies import (
    MAX_COUNT,
    CheckAnswer,
    CheckBody,
    FinishAnswer,
    FinishBody,
    OneOrMoreUpdates,
    StartAnswer,
    StartBody,
    Streaming,
    UpdateAnswer,
    UpdateBody,
    UpdatesAnswer,
)
from connectors.gateway.problems import PROBLEMS, as_problem
from connectors.gateway.service import Service


def session_routes(service: Service) -> APIRouter:
    """Return the routes, for this service."""
    router = APIRouter(prefix="/v1", tags=["Streams"], responses=PROBLEMS)
    producing = service.producing

    async def enter(request: Request) -> None:
        """Ask who calls before anything of the body is looked at."""
        request.state.principal = await service.caller(request, Scope.PRODUCE)

    caller = [Depends(enter)]

    @router.post("/stream/start", response_model=StartAnswer, dependencies=caller)
    async def start(request: Request, body: StartBody) -> Response:
        """Begin a stream. Its id names it in all other calls; it is of no use to anyone else."""
        principal: Principal = request.state.principal
        stream_id, headers = await producing.start(principal, body)
        expires_at = datetime.now(UTC) + timedelta(seconds=service.idle_s(body.policy))
        query = _query(body.streaming)
        urls = [f"/v1/streams/{stream_id}/{kind}{query}" for kind in ("events", "ws")]
        return _json(
            {
                "streamId": stream_id,
                "clientRules": service.rules and service.rules.describe(body.policy),
                "expiresAt": f"{expires_at:%Y-%m-%dT%H:%M:%SZ}",
                "eventsUrl": urls[0] if body.streaming.enabled else None,
                "socketUrl": urls[1] if body.streaming.enabled else None,
            },
            headers,
        )

    @router.post("/stream/update", response_model=UpdateAnswer | UpdatesAnswer, dependencies=caller)
    async def update(request: Request, body: OneOrMoreUpdates) -> Response:
        """Send more text: what is new (`delta`, `seq`) or all so far (`content`), or several of
        these at once (`updates`). Whatever is sent twice counts once, so any call may be retried.
        """
        principal: Principal = request.state.principal
        if isinstance(body, UpdateBody):
            answer, headers = await producing.update(principal, body)
            return _json(describe(answer), headers)
        results = await asyncio.gather(*(_try(principal, one) for one in body.updates))
        return _json({"results": results})

    async def _try(principal: Principal, body: UpdateBody) -> dict[str, Any]:
        try:
            answer, _ = await producing.update(principal, body)
            return describe(answer)
        except Exception as error:  # noqa: BLE001 - the other updates have answers of their own
            return {"streamId": body.stream_id, "problem": as_problem(error).body}

    @router.post("/stream/finish", response_model=FinishAnswer, dependencies=caller)
    async def finish(request: Request, body: FinishBody) -> Response:
        """End a stream: everything held is decided. The audit record is written when the slower
        checks have answered; `summary` is null until then.
        """
        principal: Principal = request.state.principal
        return _json(conclude(*await producing.finish(principal, body)))

    @router.get("/stream/status", response_model=FinishAnswer)
    async def status(
        request: Request,
        stream_id: str = Query(alias="streamId", max_length=256),
        position: int | None = Query(None, ge=0, le=MAX_COUNT),
    ) -> Response:
        """Tell where a stream stands; with `position`, also what was released from there on."""
        await service.reader(request, stream_id)
        return _json(conclude(*await service.exchange.look(stream_id, position)))

    @router.post("/check", response_model=CheckAnswer, dependencies=caller)
    async def check(request: Request, body: CheckBody) -> Response:
        """Judge a whole text in one call, for clients that do not stream."""
        principal: Principal = request.state.principal
        ended, headers = await producing.check(principal, body)
        text = "".join(segment.text for segment in ended.answer.segments)
        return _json({**conclude(*ended), "text": text}, headers)

    return router


def _query(streaming: Streaming) -> str:
    """Return the settings of a stream as they travel: in the address of its events."""
    given = {
        "progress": "true" if streaming.emit_progress else None,
        "buffer_size": streaming.buffer_size if streaming.buffer_size > 1 else None,
        "flush_interval_ms": streaming.flush_interval_ms or None,
    }
    parts = [f"{name}={value}" for name, value in given.items() if value is not None]
    return "?" + "&".join(parts) if parts else ""


def _json(members: dict[str, Any], headers: Mapping[str, str] | None = None) -> Response:
    return Response(encode(members), headers=headers, media_type="application/json")
