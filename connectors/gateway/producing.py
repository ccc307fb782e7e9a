"""What a producer asks for, over REST and WebSocket alike: let in, carried out, counted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from connectors.gateway.admission import Admission
from connectors.gateway.auth.principal import Principal
from connectors.gateway.auth.stream_ids import StreamIds
from connectors.gateway.bodies import CheckBody, FinishBody, StartBody, StreamContext, UpdateBody
from connectors.gateway.exchange import Answer, Ended, Exchange
from connectors.gateway.limits.load import Work
from connectors.gateway.streams import Streams
from guardrails.events import Context

# Seconds a finish waits for slower checks: monitors answer later, and the audit has them.
SETTLE_S = 2.0
# Seconds a whole text may take, with every check that holds it.
CHECK_S = 60.0


class Started(NamedTuple):
    """A stream has begun. headers: what is left of the limits."""

    stream_id: str
    headers: Mapping[str, str]


class Producing:
    """Streams of the gateway's callers: each touches its own, as far as its limits allow.

    Every method raises what `Exchange` raises, UnknownStream, TooMany and Overloaded.
    """

    def __init__(
        self, ids: StreamIds, admission: Admission, exchange: Exchange, streams: Streams
    ) -> None:
        self._ids = ids
        self._admission = admission
        self._exchange = exchange
        self._streams = streams

    async def start(self, principal: Principal, body: StartBody) -> Started:
        """Begin a stream."""
        stream_id = self._ids.new(principal)
        user_id = body.context.user_id
        async with self._admission.admit(
            principal, Work.START, stream_id, user_id=user_id
        ) as headers:
            context = context_of(principal, body.context)
            await self._exchange.open(stream_id, body.policy, context)
        return Started(stream_id, headers)

    async def update(
        self, principal: Principal, body: UpdateBody
    ) -> tuple[Answer, Mapping[str, str]]:
        """Judge more text of a stream; return the answer and what is left of the limits."""
        self._ids.require_write(body.stream_id, principal)
        chars = self._new_chars(body)
        async with self._admission.admit(
            principal, Work.UPDATE, body.stream_id, chars=chars
        ) as headers:
            if body.delta is not None and body.seq is not None:
                answer = await self._exchange.append(
                    body.stream_id, body.delta, body.seq, position=body.position
                )
            else:
                answer = await self._exchange.replace(
                    body.stream_id, body.content or "", position=body.position
                )
        if answer.verdict.state == "complete":
            self._admission.end(body.stream_id)
        return answer, headers

    async def finish(
        self, principal: Principal, body: FinishBody, settle_s: float = SETTLE_S
    ) -> Ended:
        """End a stream. settle_s: see `Exchange.finish`."""
        self._ids.require_write(body.stream_id, principal)
        async with self._admission.admit(principal, Work.FINISH, body.stream_id):
            ended = await self._exchange.finish(
                body.stream_id,
                body.final_content,
                seq=body.seq,
                position=body.position,
                aborted=body.aborted,
                settle_s=settle_s,
            )
        self._admission.end(body.stream_id)
        return ended

    async def check(self, principal: Principal, body: CheckBody) -> tuple[Ended, Mapping[str, str]]:
        """Judge a whole text; return how it ended and what is left of the limits."""
        stream_id = self._ids.new(principal)
        async with self._admission.admit(
            principal,
            Work.START,
            stream_id,
            user_id=body.context.user_id,
            chars=len(body.content),
        ) as headers:
            context = context_of(principal, body.context)
            ended = await self._exchange.check(
                stream_id, body.content, body.policy, context, CHECK_S
            )
            self._admission.end(stream_id)
        return ended, headers

    def _new_chars(self, body: UpdateBody) -> int:
        """Return how much of an update is new: who sends the whole text pays for it once."""
        if body.delta is not None:
            return len(body.delta)
        stream = self._streams.find(body.stream_id)
        verdict = None if stream is None else stream.verdict
        known = 0 if verdict is None else verdict.frontier + verdict.held
        return max(0, len(body.content or "") - known)


def context_of(principal: Principal, context: StreamContext) -> Context:
    """Return what the audit record says of who was talking."""
    return Context(
        tenant=principal.tenant,
        user_id=context.user_id,
        bot_id=context.bot_id,
        session_id=context.session_id,
        correlation_id=context.correlation_id,
    )
