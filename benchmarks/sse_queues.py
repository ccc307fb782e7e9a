"""Events over sse-starlette, with a queue for each client as its documentation shows.

python -m benchmarks.sse_queues     prints its address and a path; `POST /go` makes events
"""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from typing import Any

import uvicorn
from sse_starlette import EventSourceResponse
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

# What waits for one client, at most; beyond it the source waits.
QUEUE = 256
_queues: list[asyncio.Queue[dict[str, str] | None]] = []


async def events(request: Request) -> EventSourceResponse:
    queue: asyncio.Queue[dict[str, str] | None] = asyncio.Queue(QUEUE)
    _queues.append(queue)

    async def told() -> AsyncIterator[dict[str, str]]:
        while (event := await queue.get()) is not None:
            yield event

    return EventSourceResponse(told())


async def go(request: Request) -> Response:
    count = int(await request.body())
    task = asyncio.create_task(_tell(count))
    request.app.state.task = task
    return Response(b"{}")


async def _tell(count: int) -> None:
    for number in range(count):
        event = {"event": "partial_result", "id": f"1-{number}", "data": _data(number)}
        for queue in _queues:
            await queue.put(event)
    for queue in _queues:
        await queue.put(None)


def _data(number: int) -> str:
    """An event of the size of ours."""
    at = 9 * number
    members: dict[str, Any] = {
        "type": "partial_result",
        "execution": "x" * 60,
        "timestamp": "2026-01-01T00:00:00.000Z",
        "data": {
            "chunk": "One two. ",
            "index": number,
            "complete": False,
            "segments": [{"start": at, "end": at + 9, "text": "One two. "}],
            "action": "allow",
            "frontier": at + 9,
            "held": 0,
            "state": "active",
        },
        "step": "release",
        "metadata": {"seq": number, "checkpoint": "chunk", "policy_version": "x" * 16},
        "id": f"3f9a01c2-{number}-{number}-0",
    }
    return json.dumps(members, separators=(",", ":"))


def main() -> None:
    """Serve until ended."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=4096)
    print(f"http://127.0.0.1:{listener.getsockname()[1]}", "/events", flush=True)
    app = Starlette(routes=[Route("/events", events), Route("/go", go, methods=["POST"])])
    config = uvicorn.Config(app, log_level="critical", loop="uvloop", http="httptools")
    uvicorn.Server(config).run([listener])


if __name__ == "__main__":
    main()
