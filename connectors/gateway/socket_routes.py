"""A stream over one WebSocket: events out, and updates in for its producer.

in   {"type": "update", "delta": "...", "seq": 0}      or "content"; "position" as over HTTP
     {"type": "finish", "finalContent": "..."}         or "aborted": true
     {"type": "ping"}
out  the stream's events, and to each message
     {"type": "answer", "to": "update", "data": {...}} or {"type": "error", "data": problem}
"""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Depends, WebSocket
from pydantic import ValidationError
from starlette.websockets import WebSocketDisconnect, WebSocketState

from connectors.gateway.answers import conclude, describe
from connectors.gateway.auth.principal import AccessError, Principal, Scope
from connectors.gateway.auth.tickets import Purpose
from connectors.gateway.bodies import FinishBody, UpdateBody
from connectors.gateway.connections import Connection
from connectors.gateway.event_routes import Wishes, read_wishes
from connectors.gateway.position import BadPosition, read
from connectors.gateway.problems import Problem, as_problem, field_of
from connectors.gateway.service import Service
from connectors.gateway.subscription import Subscription
from connectors.logs import logger

log = logger(__name__)

# Close codes of our own begin at 4000 (RFC 6455, 7.4.2); the last three digits are HTTP's.
_CODES = {401: 4401, 403: 4403, 404: 4404, 400: 4400}
_NORMAL, _NO_TEXT, _TOO_MUCH, _BUG = 1000, 1003, 1008, 1011
# Messages that are being judged; a client that sends more before it has their answers waits.
_MAX_OPEN = 16


def socket_routes(service: Service) -> APIRouter:
    """Return the routes, for this service."""
    router = APIRouter()

    @router.websocket("/v1/streams/{stream_id}/ws")
    @router.websocket("/ws/pipeline/{stream_id}")
    async def follow(
        socket: WebSocket, stream_id: str, wishes: Annotated[Wishes, Depends(read_wishes)]
    ) -> None:
        """Follow a stream, and send it."""
        try:
            sender = await _enter(service, socket, stream_id)
            last = socket.query_params.get("last_event_id")
            subscription = Subscription(
                service.streams.get(stream_id),
                wishes.view("json"),
                service.timing,
                epoch=service.streams.epoch,
                resume=None if not last else read(last),
                pace=wishes.pace,
            )
        except (AccessError, BadPosition) as error:
            # Accepted first: a browser is told the code then.
            await socket.accept()
            status = as_problem(error).status
            await socket.close(_CODES.get(status, _TOO_MUCH), type(error).__name__)
            return
        await socket.accept()
        await _Talk(service, socket, stream_id, sender).run(subscription)

    return router


async def _enter(service: Service, socket: WebSocket, stream_id: str) -> Principal | None:
    """Let a reader in; return who it is if it may send as well. Raises AccessError."""
    principal = await service.reader(socket, stream_id, Purpose.SOCKET)
    may_send = principal.allows(Scope.PRODUCE) and service.owns(principal, stream_id)
    return principal if may_send else None


class _Talk:
    """Both directions of one WebSocket."""

    def __init__(
        self, service: Service, socket: WebSocket, stream_id: str, sender: Principal | None
    ) -> None:
        """sender: who may send; None for one who only reads."""
        self._service = service
        self._socket = socket
        self._stream_id = stream_id
        self._sender = sender
        self._room = asyncio.Semaphore(_MAX_OPEN)
        # One message at a time: events and answers share the connection.
        self._turn = asyncio.Lock()
        self._code = _NORMAL

    async def run(self, subscription: Subscription) -> None:
        """Talk until either side ends it."""
        connections = self._service.connections
        connection = connections.add("websocket")
        teller = asyncio.create_task(self._tell(subscription, connection))
        listener = asyncio.create_task(self._listen(connection))
        try:
            await asyncio.wait((teller, listener), return_when=asyncio.FIRST_COMPLETED)
            await self._answer_rest()
        finally:
            for task in (teller, listener):
                task.cancel()
            ends = await asyncio.gather(teller, listener, return_exceptions=True)
            connections.remove(connection)
            for error in ends:
                if isinstance(error, Exception):
                    self._code = _BUG
                    cause = error.exceptions[0] if isinstance(error, ExceptionGroup) else error
                    log.error("a bug ended a WebSocket", problem=type(cause).__name__)
            # The client may be gone already.
            with suppress(RuntimeError, WebSocketDisconnect):
                await self._socket.close(self._code)

    @property
    def _is_open(self) -> bool:
        """Whether anything can still be sent, as far as is known."""
        return self._socket.application_state is WebSocketState.CONNECTED

    async def _answer_rest(self) -> None:
        """Let what is being judged be answered: a stream may be told before its finish is."""
        with suppress(TimeoutError):
            async with asyncio.timeout(self._service.timing.send_s):
                for _ in range(_MAX_OPEN):
                    await self._room.acquire()

    async def _tell(self, subscription: Subscription, connection: Connection) -> None:
        with suppress(WebSocketDisconnect):
            async for batch in subscription.batches():
                for message in batch:
                    await self._put(message, connection)

    async def _put(self, message: bytes, connection: Connection) -> None:
        async with self._turn:
            await connection.send(self._send, message)

    async def _send(self, message: bytes) -> None:
        if not self._is_open:
            raise WebSocketDisconnect
        await self._socket.send_text(message.decode())

    async def _listen(self, connection: Connection) -> None:
        async with asyncio.TaskGroup() as answering:
            while self._is_open:
                try:
                    text = await self._socket.receive_text()
                except WebSocketDisconnect:
                    break
                except KeyError:
                    # Bytes, where text was expected.
                    self._code = _NO_TEXT
                    break
                await self._room.acquire()
                # Begun in the order they came; each publishes before it waits.
                answering.create_task(self._answer(text, connection))

    async def _answer(self, text: str, connection: Connection) -> None:
        try:
            reply = await self._reply(text)
            with suppress(WebSocketDisconnect):
                await self._put(reply, connection)
        finally:
            self._room.release()

    async def _reply(self, text: str) -> bytes:
        try:
            return msgspec.json.encode(await self._judge(text))
        except Exception as error:  # noqa: BLE001 - other messages must not suffer
            problem = {"execution": self._stream_id, "data": as_problem(error).body}
            return msgspec.json.encode({"type": "error", **problem})

    async def _judge(self, text: str) -> dict[str, Any]:
        message = _message(text)
        kind = message.pop("type", None)
        if kind == "ping":
            return {"type": "pong"}
        data = await self._carry_out(kind, message)
        return {"type": "answer", "execution": self._stream_id, "to": kind, "data": data}

    async def _carry_out(self, kind: object, message: dict[str, Any]) -> dict[str, Any]:
        if kind not in ("update", "finish"):
            raise Problem(422, "invalid", "type: expected update, finish or ping; correct it")
        if self._sender is None:
            raise Problem(403, "forbidden", "only who began the stream may send to it")
        producing = self._service.producing
        named = {**message, "streamId": self._stream_id}
        try:
            if kind == "finish":
                # Who follows the stream is told of its audit record; nothing waits for that here.
                end = FinishBody.model_validate(named)
                return conclude(*await producing.finish(self._sender, end, 0.0))
            body = UpdateBody.model_validate(named)
        except ValidationError as error:
            first = error.errors(include_input=False, include_url=False)[0]
            at = field_of(first["type"], first["loc"]) or "message"
            raise Problem(422, "invalid", f"{at}: {first['msg']}; correct the message") from None
        answer, _ = await producing.update(self._sender, body)
        return describe(answer)


def _message(text: str) -> dict[str, Any]:
    try:
        # Not msgspec: halves of surrogate pairs may stand in it, see `bodies.Text`.
        message = json.loads(text)
    except (ValueError, RecursionError):
        raise Problem(400, "not-json", "the message is not JSON; send an object") from None
    if not isinstance(message, dict):
        raise Problem(400, "not-json", "the message is no object; send one with a type")
    return message
