"""What happens to a stream, as it happens: server-sent events, and polling where those fail."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response

from connectors.gateway.auth.tickets import Purpose
from connectors.gateway.entry import View
from connectors.gateway.position import read
from connectors.gateway.problems import PROBLEMS
from connectors.gateway.service import Service
from connectors.gateway.streamed import Streamed
from connectors.gateway.subscription import Pace, Subscription

MEDIA_TYPE = "text/event-stream"
_HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    # nginx would gather events otherwise.
    (b"x-accel-buffering", b"no"),
]


class Wishes:
    """How a client wants its events."""

    def __init__(self, *, pace: Pace, detailed: bool, metadata: bool, progress: bool) -> None:
        self.pace = pace
        self._shown = (detailed, metadata, progress)

    def view(self, transport: Any) -> View:
        """Return it for a transport."""
        return View(transport, *self._shown)


# FastAPI runs what is no coroutine in a thread, which takes longer than all else about a request.
async def read_wishes(
    detail: Annotated[str, Query(pattern="^(full|concise)$")] = "full",
    *,
    metadata: bool = True,
    progress: bool = False,
    buffer_size: Annotated[int, Query(ge=1, le=1_000)] = 1,
    flush_interval_ms: Annotated[int, Query(ge=0, le=60_000)] = 0,
) -> Wishes:
    """Read them from the query of an address."""
    pace = Pace(flush_interval_ms / 1000, buffer_size)
    return Wishes(pace=pace, detailed=detail == "full", metadata=metadata, progress=progress)


async def _joined(subscription: Subscription) -> AsyncGenerator[bytes, None]:
    async for batch in subscription.batches():
        yield b"".join(batch)


def event_routes(service: Service) -> APIRouter:
    """Return the routes, for this service."""
    router = APIRouter(tags=["Events"], responses=PROBLEMS)

    @router.get(
        "/v1/streams/{stream_id}/events",
        responses={200: {"content": {MEDIA_TYPE: {}}}, 204: {"description": "Nothing follows."}},
        response_class=Response,
    )
    @router.get("/stream/pipeline/{stream_id}", include_in_schema=False)
    async def events(
        request: Request, stream_id: str, wishes: Annotated[Wishes, Depends(read_wishes)]
    ) -> Response:
        """Follow a stream (SSE). A browser's EventSource sends a `ticket`. After a lost connection
        `Last-Event-ID` goes on behind that event; 204 says that nothing follows.
        """
        await service.reader(request, stream_id, Purpose.EVENTS)
        last = request.headers.get("last-event-id") or request.query_params.get("last_event_id")
        resume = None if not last else read(last)
        stream = service.streams.get(stream_id)
        subscription = Subscription(
            stream,
            wishes.view("sse"),
            service.timing,
            epoch=service.streams.epoch,
            resume=resume,
            pace=wishes.pace,
        )
        if stream.is_told and resume == (service.streams.epoch, stream.position):
            return Response(status_code=204)
        return Streamed(service.connections, "sse", _HEADERS, _joined(subscription))

    @router.get("/v1/streams/{stream_id}/poll")
    async def poll(
        request: Request,
        stream_id: str,
        wishes: Annotated[Wishes, Depends(read_wishes)],
        after: Annotated[str | None, Query(max_length=100)] = None,
        wait_ms: Annotated[int, Query(ge=0, le=25_000)] = 0,
    ) -> Response:
        """Return the events behind `after` (the `next` of the call before); wait for the first one
        as long as `wait_ms`. For clients whose network lets neither WebSocket nor SSE through.
        """
        await service.reader(request, stream_id, Purpose.EVENTS)
        resume = None if after is None else read(after)
        subscription = Subscription(
            service.streams.get(stream_id),
            wishes.view("json"),
            service.timing,
            epoch=service.streams.epoch,
            resume=resume,
        )
        await subscription.wait(wait_ms / 1000)
        told = b",".join(subscription.read_now())
        body = b'{"events":[%b],"next":"%b"}' % (told, subscription.position.encode())
        return Response(body, media_type="application/json", headers={"Cache-Control": "no-store"})

    @router.post("/v1/streams/{stream_id}/ticket")
    async def ticket(
        request: Request,
        stream_id: str,
        purpose: Annotated[Purpose, Query()] = Purpose.EVENTS,
    ) -> dict[str, Any]:
        """Return a ticket for one subscription from a browser, whose EventSource and WebSocket
        cannot send a credential: `...?ticket=`. It counts once, for 30 seconds.
        """
        principal = await service.reader(request, stream_id)
        return {"ticket": service.tickets.issue(principal, stream_id, purpose)}

    return router
