"""A stream over one WebSocket: events out, and updates in for its producer.

in   {"type": "update", "delta": "...", "seq": 0}      or "content"; "position" as over HTTP
     {"type": "finish", "finalContent": "..."}         or "aborted": true
     {"type": "ping"}
out  the stream's events, and to each message
     {"type": "answer", "to": "update", "data": {...}} or {"type": "error", "data": problem}
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Depends, WebSocket
from pydantic import ValidationError
from starlette.websockets import WebSocketDisconnect

from connectors.gateway.answers import conclude, describe
from connectors.gateway.auth.principal import AccessError, Scope
from connectors.gateway.auth.stream_ids import UnknownStream
from connectors.gateway.auth.tickets import Purpose
from connectors.gateway.bodies import FinishBody, UpdateBody
from connectors.gateway.connections import Connection
from connectors.gateway.event_routes import Wishes
from connectors.gateway.position import BadPosition, read
from connectors.gateway.problems import Problem, as_problem
from connectors.gateway.service import Service
from connectors.gateway.subscription import Subscription
from guardrails.errors import TidegateError

# Close codes of our own begin at 4000 (RFC 6455, 7.4.2); the last three digits are HTTP's.
_CODES = {401: 4401, 403: 4403, 404: 4404, 400: 4400}
_NORMAL, _TOO_MUCH = 1000, 1008
# Messages that are being judged; a client that sends more before it has their answers waits.
_MAX_OPEN = 16


def socket_routes(service: Service) -> APIRouter:
    """Return the routes, for this service."""
    router = APIRouter()

    @router.websocket("/v1/streams/{stream_id}/ws")
    @router.websocket("/ws/pipeline/{stream_id}")
    async def follow(
        socket: WebSocket, stream_id: str, wishes: Annotated[Wishes, Depends()]
    ) -> None:
        """Follow a stream, and send it."""
        try:
            may_send = await _enter(service, socket, stream_id)
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
        await _Talk(service, socket, stream_id, may_send=may_send).run(subscription)

    return router


async def _enter(service: Service, socket: WebSocket, stream_id: str) -> bool:
    """Let a reader in; return whether it may send as well. Raises AccessError."""
    principal = await service.reader(socket, stream_id, Purpose.SOCKET)
    try:
        service.require_owner(principal, stream_id)
    except UnknownStream:
        return False
    return principal.allows(Scope.PRODUCE)


class _Talk:
    """Both directions of one WebSocket."""

    def __init__(
        self, service: Service, socket: WebSocket, stream_id: str, *, may_send: bool
    ) -> None:
        self._service = service
        self._socket = socket
        self._stream_id = stream_id
        self._may_send = may_send
        self._room = asyncio.Semaphore(_MAX_OPEN)
        # One message at a time: events and answers share the connection.
        self._turn = asyncio.Lock()

    async def run(self, subscription: Subscription) -> None:
        """Talk until either side ends it."""
        teller = asyncio.create_task(self._tell(subscription))
        listener = asyncio.create_task(self._listen())
        try:
            await asyncio.wait((teller, listener), return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (teller, listener):
                task.cancel()
            await asyncio.gather(teller, listener, return_exceptions=True)
            with suppress(RuntimeError):
                await self._socket.close(_NORMAL)

    async def _tell(self, subscription: Subscription) -> None:
        connections = self._service.connections
        connection = connections.add("websocket")
        try:
            async for batch in subscription.batches():
                for message in batch:
                    await self._put(message, connection)
        except WebSocketDisconnect:
            return
        finally:
            connections.remove(connection)

    async def _put(self, message: bytes, connection: Connection | None = None) -> None:
        async with self._turn:
            if connection is None:
                await self._socket.send_text(message.decode())
            else:
                await connection.send(self._send, message)

    async def _send(self, message: bytes) -> None:
        await self._socket.send_text(message.decode())

    async def _listen(self) -> None:
        async with asyncio.TaskGroup() as answering:
            while True:
                try:
                    text = await self._socket.receive_text()
                except (WebSocketDisconnect, KeyError):
                    break
                await self._room.acquire()
                # Begun in the order they came; each publishes before it waits.
                answering.create_task(self._answer(text))

    async def _answer(self, text: str) -> None:
        try:
            with suppress(WebSocketDisconnect, RuntimeError):
                await self._put(msgspec.json.encode(await self._reply(text)))
        finally:
            self._room.release()

    async def _reply(self, text: str) -> dict[str, Any]:
        try:
            message = _message(text)
            kind = message.pop("type", None)
            if kind == "ping":
                return {"type": "pong"}
            data = await self._carry_out(kind, message)
        except TidegateError as error:
            return {"type": "error", "execution": self._stream_id, "data": as_problem(error).body}
        return {"type": "answer", "execution": self._stream_id, "to": kind, "data": data}

    async def _carry_out(self, kind: object, message: dict[str, Any]) -> dict[str, Any]:
        if kind not in ("update", "finish"):
            raise Problem(422, "invalid", "type: expected update, finish or ping; correct it")
        if not self._may_send:
            raise Problem(403, "forbidden", "only who began the stream may send to it")
        exchange = self._service.exchange
        named = {**message, "streamId": self._stream_id}
        try:
            if kind == "finish":
                end = FinishBody.model_validate(named)
                ended = await exchange.finish(
                    self._stream_id,
                    end.final_content,
                    seq=end.seq,
                    position=end.position,
                    aborted=end.aborted,
                )
                return conclude(*ended)
            body = UpdateBody.model_validate(named)
        except ValidationError as error:
            first = error.errors(include_input=False, include_url=False)[0]
            at = ".".join(map(str, first["loc"])) or "message"
            raise Problem(422, "invalid", f"{at}: {first['msg']}; correct the message") from None
        if body.delta is not None and body.seq is not None:
            answer = await exchange.append(
                self._stream_id, body.delta, body.seq, position=body.position
            )
        else:
            answer = await exchange.replace(
                self._stream_id, body.content or "", position=body.position
            )
        return describe(answer)


def _message(text: str) -> dict[str, Any]:
    try:
        message = msgspec.json.decode(text)
    except msgspec.DecodeError:
        raise Problem(400, "not-json", "the message is not JSON; send an object") from None
    if not isinstance(message, dict):
        raise Problem(400, "not-json", "the message is no object; send one with a type")
    return message
