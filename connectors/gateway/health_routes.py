"""Whether the gateway is there, whether it can serve, and its figures."""

from __future__ import annotations

from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from connectors.gateway.problems import Problem
from connectors.gateway.service import Service


def health_routes(service: Service) -> APIRouter:
    """Return the routes, for this service. They ask for no credential and tell nothing of users."""
    router = APIRouter(tags=["Operations"])

    @router.get("/healthz")
    async def healthz() -> dict[str, str]:
        """Tell that the process runs and its loop turns."""
        return {"status": "ok"}

    @router.get("/readyz", responses={503: {"description": "Not now; the detail says why."}})
    async def readyz() -> dict[str, str]:
        """Tell whether requests can be served: the log has been read, and the guard answers."""
        if not service.is_ready:
            raise Problem(503, "starting", "the gateway is reading the log; ask again")
        if trouble := service.bus.trouble:
            raise Problem(503, "unavailable", f"{trouble}; ask again")
        return {"status": "ready"}

    @router.get("/metrics", response_class=Response)
    async def metrics() -> Response:
        """Return the figures of this process, for Prometheus."""
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    return router
