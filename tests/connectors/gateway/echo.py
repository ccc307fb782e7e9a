"""A WebSocket endpoint that sends back what it gets, served as the gateway is.

python -m tests.connectors.gateway.echo [PORT]     for conformance suites that want an echo
"""

from __future__ import annotations

import asyncio
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn

from connectors.gateway.server import bind, configure


async def echo(scope: Any, receive: Any, send: Any) -> None:
    assert scope["type"] == "websocket"
    await receive()
    await send({"type": "websocket.accept"})
    while (message := await receive())["type"] == "websocket.receive":
        kept = {key: message[key] for key in ("text", "bytes") if message.get(key) is not None}
        await send({"type": "websocket.send", **kept})


def serve(listener: socket.socket, server: uvicorn.Server) -> None:
    with asyncio.Runner(loop_factory=server.config.get_loop_factory()) as runner:
        runner.run(server.serve([listener]))


@contextmanager
def serving() -> Iterator[int]:
    """Serve it on a thread; yield its port."""
    server = uvicorn.Server(configure(echo))
    listener = bind("127.0.0.1", 0)
    thread = threading.Thread(target=serve, args=(listener, server))
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        server.should_exit = True
        thread.join(20)
        listener.close()


if __name__ == "__main__":
    serve(bind("127.0.0.1", int(sys.argv[1])), uvicorn.Server(configure(echo)))
