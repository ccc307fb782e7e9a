"""How the gateway is doing, for the page's second view and for scripts."""

from __future__ import annotations

import time
from importlib.metadata import version
from itertools import islice

import msgspec
from fastapi import APIRouter, Request, Response
from prometheus_client import REGISTRY

from connectors.gateway.auth.principal import Scope
from connectors.gateway.auth.stream_ids import Access
from connectors.gateway.operations import describe_process, describe_streams
from connectors.gateway.problems import PROBLEMS
from connectors.gateway.service import Service

# Streams that are looked at for one answer, those that changed last: whose a stream is takes four
# digests, 2,000 of them some 20 ms.
_MAX_LOOKED_AT = 2_000


def operation_routes(service: Service) -> APIRouter:
    """Return the routes, for this service."""
    router = APIRouter(tags=["Operations"], responses=PROBLEMS)

    @router.get("/v1/operations", response_class=Response)
    async def operations(request: Request) -> Response:
        """Return the live streams of the caller's tenant, and the figures of this process: rates,
        times, checks and their breakers, connections, memory. No text, and no whole id.
        """
        principal = await service.caller(request, Scope.ADMINISTER)
        own = (
            stream
            for stream in islice(reversed(list(service.streams)), _MAX_LOOKED_AT)
            if service.ids.access(stream.stream_id, principal) is not Access.NONE
        )
        told = describe_streams(own, now_ms=time.time_ns() // 1_000_000, now_s=time.monotonic())
        process = describe_process(REGISTRY)
        body = {
            "version": version("tidegate"),
            "ready": service.is_ready,
            "trouble": service.bus.trouble,
            "streams": {"known": len(service.streams), **told},
            "connections": service.connections.counts,
            "memory": {
                "residentBytes": process.pop("residentBytes"),
                "eventBytes": service.streams.size,
            },
            **process,
        }
        return Response(
            msgspec.json.encode(body),
            media_type="application/json",
            headers={"Cache-Control": "no-store"},
        )

    return router
