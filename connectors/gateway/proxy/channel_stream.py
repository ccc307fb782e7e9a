"""One text of a reply as a stream of the guard: published piece by piece, followed as decided."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from connectors.gateway.bodies import MAX_DELTA_CHARS
from connectors.gateway.bus import Bus, encode_chunk
from connectors.gateway.live_stream import LiveStream
from guardrails.errors import ConnectorError
from guardrails.events import Chunk, Context, Segment


class ChannelStream:
    """A stream opened by its first piece. Used from one event loop."""

    def __init__(
        self,
        stream: LiveStream,
        bus: Bus,
        policy: str | None,
        context: Context,
        charge: Callable[[int], None] = lambda _chars: None,
    ) -> None:
        """charge: is told how many characters the guard has been handed."""
        self._charge = charge
        self.stream = stream
        self._bus = bus
        self._policy: str | None = policy
        self._context: Context | None = context
        self._next_seq = 0
        self._read = 0
        self.ended = False
        self.published_at = time.monotonic()

    async def publish(
        self, text: str, *, final: bool = False, unscanned: str | None = None
    ) -> None:
        """Hand text to the guard. final: it ends behind this. unscanned: see `Chunk`.

        Raises ConnectorError.
        """
        if self.ended:
            return
        pieces = [
            text[at : at + MAX_DELTA_CHARS] for at in range(0, len(text), MAX_DELTA_CHARS)
        ] or [""]
        for number, piece in enumerate(pieces, 1):
            await self._put(piece, final=final and number == len(pieces), unscanned=unscanned)
            unscanned = None

    async def abort(self) -> None:
        """End it though the reply has not: what is held is decided, and the audit is written."""
        if not self.ended:
            await self._put("", aborted=True)

    @property
    def asked(self) -> int:
        """Return the seq of the last piece; -1 before the first."""
        return self._next_seq - 1

    @property
    def answered(self) -> int:
        """Return the highest seq the guard has judged; all of them once it is through with it."""
        verdict = self.stream.verdict
        if verdict is None:
            return -1
        return self.asked if verdict.state != "active" else verdict.seq

    @property
    def blocked(self) -> bool:
        """Whether nothing more of it will be shown."""
        verdict = self.stream.verdict
        return verdict is not None and verdict.action == "block"

    def take(self) -> Sequence[Segment]:
        """Return what was released since the last call."""
        seen = self.stream.seen.since(self._read)
        # The last one may still grow: a replay adds to it what was new in it.
        self._read = max(0, self.stream.seen.end - 1)
        return [segment for one in seen for segment in one.segments]

    async def _put(
        self, text: str, *, final: bool = False, aborted: bool = False, unscanned: str | None = None
    ) -> None:
        chunk = Chunk(
            stream_id=self.stream.stream_id,
            seq=self._next_seq,
            text=None if aborted else text,
            final=final,
            aborted=aborted,
            policy=self._policy,
            context=self._context,
            unscanned=unscanned,
        )
        self._next_seq += 1
        self.published_at = time.monotonic()
        self.ended = final or aborted
        try:
            await self._bus.publish(self.stream.stream_id, encode_chunk(chunk))
        except ConnectorError:
            # It may be ended once more.
            self.ended = False
            raise
        # Whatever the log has first says whose it is, and by which policy.
        self._policy = self._context = None
        self._charge(len(text))
