"""The application: every route of the gateway, behind the door."""

from __future__ import annotations

from importlib.metadata import version

from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware

from connectors.gateway import problems
from connectors.gateway.auth.door import Door
from connectors.gateway.auth.headers import SecurityHeaders
from connectors.gateway.body_limit import BodyLimit
from connectors.gateway.event_routes import event_routes
from connectors.gateway.health_routes import health_routes
from connectors.gateway.operation_routes import operation_routes
from connectors.gateway.packing import Packing
from connectors.gateway.page_routes import page_routes
from connectors.gateway.proxy.routes import proxy_routes
from connectors.gateway.proxy.settings import ProxySettings
from connectors.gateway.rule_routes import rule_routes
from connectors.gateway.service import Service
from connectors.gateway.session_routes import session_routes
from connectors.gateway.socket_routes import socket_routes

_ABOUT = """Guards the answers of language models while they stream: text goes in piece by piece,
what is safe to show comes out, and one audit record for each stream. All offsets are Unicode code
points from the start of the stream, half-open."""


def create_app(service: Service, proxy: ProxySettings, *, only_loopback_names: bool) -> FastAPI:
    """Return the ASGI application; whoever serves it starts and closes the service.

    proxy: the providers behind it. only_loopback_names: see `Door`.
    """
    app = FastAPI(
        title="Tidegate",
        version=version("tidegate"),
        description=_ABOUT,
        redoc_url=None,
        docs_url=None,
    )
    problems.install(app)
    app.include_router(session_routes(service))
    app.include_router(event_routes(service))
    app.include_router(socket_routes(service))
    app.include_router(rule_routes(service))
    app.include_router(health_routes(service))
    app.include_router(proxy_routes(service, proxy))
    app.include_router(operation_routes(service))
    app.include_router(page_routes(service, proxy))
    # The last one added is the outermost.
    app.add_middleware(BodyLimit, max_s=service.timing.request_s)
    app.add_middleware(Packing)
    app.add_middleware(Door, origins=service.origins, only_loopback_names=only_loopback_names)
    app.add_middleware(CORSMiddleware, **service.origins.cors())
    app.add_middleware(SecurityHeaders)
    return app
