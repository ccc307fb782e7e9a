"""The HTTP server on a thread of its own, beside a flow that owns the main one."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable

import uvicorn
from starlette.types import ASGIApp

from connectors.gateway.service import Service
from connectors.gateway.wire import HttpWire, SocketWire, room, watch
from guardrails.errors import ConnectorError

# Seconds for requests that are being answered; event streams are ended before.
_GRACE_S = 5
# Seconds an idle connection is kept: longer than the clients of a page pause between updates.
_KEEP_ALIVE_S = 30
# A WebSocket message carries one update: a million code points and what JSON adds.
_MAX_MESSAGE_BYTES = 8_388_608
# 256 KiB wait in the system for a client that takes nothing; by default it would be megabytes each.
_SEND_BUFFER = 262_144
# Connections waiting to be accepted: bursts of thousands of opens are answered, not refused.
_BACKLOG = 4096


class HttpServer:
    """Serves an application until it is closed."""

    def __init__(self, app: ASGIApp, service: Service, listener: socket.socket) -> None:
        """listener: from `bind`; closed with the server."""
        self._service = service
        self._socket = listener
        self._loop: asyncio.AbstractEventLoop | None = None
        self._began = threading.Event()
        self._problem: BaseException | None = None
        self._ended: Callable[[], object] = lambda: None
        self._server = uvicorn.Server(configure(app))
        self._thread = threading.Thread(target=self._run, name="gateway", daemon=True)

    @property
    def url(self) -> str:
        """Return where it listens."""
        host, port = self._socket.getsockname()[:2]
        return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"

    def start(self, ended: Callable[[], object] = lambda: None) -> None:
        """Serve; returns when requests are answered. Raises what the start-up raised.

        ended: called on another thread when nothing is served any more, whatever the reason.
        """
        self._ended = ended
        self._thread.start()
        self._began.wait()
        if self._problem is not None:
            raise self._problem

    def close(self) -> None:
        """End event streams, answer what is open, and stop. Raises what was raised meanwhile."""
        if self._loop is not None and self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._service.connections.end)
        self._server.should_exit = True
        self._thread.join()
        if self._problem is not None:
            raise self._problem

    def _run(self) -> None:
        try:
            with asyncio.Runner(loop_factory=self._server.config.get_loop_factory()) as runner:
                runner.run(self._serve())
        except BaseException as error:  # noqa: BLE001 - handed to the thread that started us
            self._problem = self._problem or error
        finally:
            self._began.set()
            self._ended()

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        try:
            await self._service.start()
            beside = (
                asyncio.create_task(self._tell_ready()),
                asyncio.create_task(
                    watch(self._server.server_state.connections, self._service.timing)
                ),
            )
            await self._server.serve([self._socket])
            for task in beside:
                task.cancel()
        finally:
            self._socket.close()
            await self._service.close()

    async def _tell_ready(self) -> None:
        while not self._server.started:
            await asyncio.sleep(0.01)
        self._began.set()


def configure(app: ASGIApp) -> uvicorn.Config:
    """Return how every application of ours is served."""
    return uvicorn.Config(
        app,
        # Our own log says what is worth saying; an access log would hold ids and addresses.
        log_config=None,
        log_level="critical",
        access_log=False,
        # The service begins before anything is accepted, and its errors come out as they are.
        lifespan="off",
        loop="uvloop",
        http=HttpWire,
        ws=SocketWire,
        ws_max_size=_MAX_MESSAGE_BYTES,
        ws_ping_interval=20.0,
        ws_ping_timeout=20.0,
        timeout_keep_alive=_KEEP_ALIVE_S,
        limit_concurrency=room(),
        timeout_graceful_shutdown=_GRACE_S,
        server_header=False,
        date_header=False,
    )


def bind(host: str, port: int) -> socket.socket:
    """Return a socket that listens. port: 0 for one that is free.

    Raises ConnectorError when that cannot be.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    # Connections inherit it.
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise ConnectorError(
            f"{host}:{port}: cannot listen there ({error.strerror}); choose another port with "
            "--port, or end what uses it"
        ) from error
    listener.listen(_BACKLOG)
    return listener
