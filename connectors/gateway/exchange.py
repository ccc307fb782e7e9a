"""One request, one answer: publish a chunk, wait for the verdict that covers it.

Nothing is kept here that another replica would miss: where a stream stands is learnt from the
topics, and an answer is a function of them. A retry is published again; the guard drops what it
has judged, and the answer is that of the first time, or more.
"""

from __future__ import annotations

import time
from bisect import bisect_left
from collections.abc import Callable, Sequence
from typing import NamedTuple

import msgspec

from connectors.gateway.asked import Refusal
from connectors.gateway.auth.stream_ids import UnknownStream
from connectors.gateway.bus import Bus, encode_chunk
from connectors.gateway.live_stream import LiveStream
from connectors.gateway.narration import Seen
from connectors.gateway.streams import Streams
from guardrails.errors import TidegateError
from guardrails.events import (
    MAX_SEQ,
    Audit,
    Chunk,
    Context,
    Finding,
    Segment,
    Verdict,
)
from guardrails.reader import Reader

# Seconds: a guard that is well answers within milliseconds, and one that restarts within these.
WAIT_S = 5.0
# Seconds an end without seq waits for deltas that were sent before it: they may wait for others
# that never come.
_CATCH_UP_S = 1.0
# 8,192 code points of a whole text at a time: of what takes longest to judge a third of a second.
_TURN_CHARS = 8_192


class Unanswered(TidegateError):
    """No verdict came in time. Next: send the same again; the guard counts it once."""


class Refused(TidegateError):
    """The guard could not judge a chunk. reason: short and stable. Next: as the detail says."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.detail)
        self.reason = refusal.reason


class UnknownPolicy(TidegateError):
    """A stream asks for a policy that is not loaded. Next: name one that is."""

    def __init__(self, name: str | None) -> None:
        super().__init__(f"no policy {name!r} is loaded; name one that is, or none for the default")


class Answer(NamedTuple):
    """What a request learns. verdict: where the stream stands. segments, findings: released and
    found since the point the request names. is_pending: chunks before this one are missing.
    """

    verdict: Verdict
    segments: Sequence[Segment]
    findings: Sequence[Finding]
    is_pending: bool = False


class Ended(NamedTuple):
    """Where a stream stands, and its audit record if that is written."""

    answer: Answer
    audit: Audit | None


class Exchange:
    """Asks the guard over the topics. Used from one event loop.

    wait_s: the longest a request waits for its verdict. now_us: the wall clock, microseconds since
    the epoch: seq of chunks that carry the whole text, where only their order counts.
    """

    def __init__(
        self,
        bus: Bus,
        streams: Streams,
        *,
        wait_s: float = WAIT_S,
        now_us: Callable[[], int] = lambda: time.time_ns() // 1000,
    ) -> None:
        self._bus = bus
        self._streams = streams
        self._wait_s = wait_s
        self._now_us = now_us

    async def open(self, stream_id: str, policy: str | None, context: Context) -> Answer:
        """Open a stream: the guard takes its policy and its context, and it begins to age.

        Raises UnknownPolicy, Unanswered, ConnectorError.
        """
        chunk = Chunk(stream_id=stream_id, seq=0, policy=policy, context=context)
        return await self._ask(chunk, 0)

    async def append(
        self, stream_id: str, delta: str, seq: int, *, position: int | None = None
    ) -> Answer:
        """Judge the next piece of text. seq: from 0, as the client counts.

        position: how far the client has come; the answer has everything from there on, and without
        it everything since the answer to the piece before. Raises UnknownStream, Refused,
        Unanswered, ConnectorError.
        """
        stream = await self._known(stream_id)
        if stream.verdict is not None and stream.verdict.seq > _WHOLE:
            # Its seq would be far behind, and pass for one that was judged.
            detail = "the stream began with 'content'; go on with the whole text"
            raise Refused(Refusal("mixed-kinds", detail))
        # 0 has opened the stream.
        chunk = Chunk(stream_id=stream_id, seq=seq + 1, text=delta)
        return await self._ask(chunk, _mark(stream, seq), position)

    async def replace(self, stream_id: str, content: str, *, position: int | None = None) -> Answer:
        """Judge the whole text so far, which may be what was sent before, or rewritten. See
        `append`.
        """
        stream = await self._known(stream_id)
        chunk = Chunk(stream_id=stream_id, seq=self._later(stream), content=content)
        return await self._ask(chunk, stream.seen.end, position)

    async def finish(
        self,
        stream_id: str,
        content: str | None = None,
        *,
        seq: int | None = None,
        position: int | None = None,
        aborted: bool = False,
        settle_s: float = 0.0,
    ) -> Ended:
        """End a stream: everything held is decided. A stream that has ended stays as it is.

        content: the whole text, for streams that send it. seq: how many deltas the client has sent;
        without it, those count that have been judged or are on their way through this gateway.
        settle_s: so long checks are waited for that hold nothing back any more. See `append`.
        """
        stream = await self._known(stream_id)
        mark = stream.seen.end
        if seq is None and content is None:
            await self._catch_up(stream)
        verdict = stream.verdict
        if verdict is not None and verdict.state != "active":
            return await self._settle(stream, mark, position, settle_s)
        is_content = verdict is not None and verdict.seq > _WHOLE
        if content is not None or is_content:
            number = self._later(stream)
        else:
            number = _next(stream) if seq is None else seq + 1
        chunk = Chunk(
            stream_id=stream_id, seq=number, content=content, final=not aborted, aborted=aborted
        )
        await self._ask(chunk, mark, position, ends=True)
        return await self._settle(stream, mark, position, settle_s)

    async def check(
        self, stream_id: str, text: str, policy: str | None, context: Context, wait_s: float
    ) -> Ended:
        """Judge a whole text in one call; wait until every check has answered, or so long.

        Raises UnknownPolicy, Refused, Unanswered, ConnectorError.
        """
        stream = self._streams.get(stream_id)
        # One after the other, each when the one before is judged: others have their turn between.
        last = max(0, len(text) - 1) // _TURN_CHARS
        for seq in range(last + 1):
            chunk = Chunk(
                stream_id=stream_id,
                seq=seq,
                text=text[seq * _TURN_CHARS : (seq + 1) * _TURN_CHARS],
                final=seq == last,
                policy=policy if seq == 0 else None,
                context=context if seq == 0 else None,
            )
            answer = await self._ask(chunk, 0)
            if answer.verdict.state != "active":
                break
        return await self._settle(stream, 0, 0, wait_s)

    async def look(self, stream_id: str, position: int | None = None) -> Ended:
        """Return where a stream stands. Raises UnknownStream."""
        stream = await self._known(stream_id)
        return Ended(_answer(stream, stream.seen.end, position), stream.audit)

    async def _settle(
        self, stream: LiveStream, mark: int, position: int | None, wait_s: float
    ) -> Ended:
        """Wait for the audit record of a stream whose text is complete."""
        end = time.monotonic() + wait_s
        while not stream.is_complete and (left := end - time.monotonic()) > 0:
            await stream.changed(left)
        return Ended(_answer(stream, mark, position), stream.audit)

    async def _catch_up(self, stream: LiveStream) -> None:
        """Wait for the deltas that are on their way: the end belongs behind them."""
        end = time.monotonic() + _CATCH_UP_S
        while (left := end - time.monotonic()) > 0:
            verdict = stream.verdict
            if verdict is None or verdict.state != "active" or verdict.seq >= stream.asking.latest:
                return
            await stream.changed(left)

    async def _known(self, stream_id: str) -> LiveStream:
        """Return a stream of which something is known. Another gateway may have heard of it before
        us: its id is one of ours, or nobody would ask.
        """
        stream = self._streams.find(stream_id)
        if (stream is None or stream.verdict is None) and self._bus.lag_s > 0:
            stream = self._streams.get(stream_id)
            end = time.monotonic() + self._bus.lag_s
            while stream.verdict is None and (left := end - time.monotonic()) > 0:
                await stream.changed(left)
        if stream is None or stream.verdict is None:
            raise UnknownStream("start one, or take the id of one that has not been over for long")
        return stream

    async def _ask(
        self, chunk: Chunk, mark: int, position: int | None = None, *, ends: bool = False
    ) -> Answer:
        stream = self._streams.get(chunk.stream_id)
        with stream.asking.wait_for(chunk.seq) as asked:
            if not _covers(stream, chunk.seq, ends=ends):
                await self._bus.publish(chunk.stream_id, encode_chunk(chunk))
            end = time.monotonic() + self._wait_s
            while not _covers(stream, chunk.seq, ends=ends):
                if asked.refusal is not None:
                    raise Refused(asked.refusal)
                left = end - time.monotonic()
                if left <= 0 or not await stream.changed(left):
                    return self._overdue(stream, chunk, mark, position)
        answer = _answer(stream, mark, position)
        if answer.verdict.reason == "unknown-policy":
            raise UnknownPolicy(chunk.policy)
        return answer

    def _overdue(self, stream: LiveStream, chunk: Chunk, mark: int, position: int | None) -> Answer:
        verdict = stream.verdict
        if verdict is not None and chunk.text is not None and verdict.seq < chunk.seq - 1:
            return _answer(stream, mark, position)._replace(is_pending=True)
        trouble = self._bus.trouble or "the guard did not answer"
        raise Unanswered(
            f"stream {chunk.stream_id!r}: {trouble} within {self._wait_s:g} s; send the same again"
        )

    def _later(self, stream: LiveStream) -> int:
        """Return a seq behind all that any replica has given out: clocks differ, logs do not."""
        return min(max(self._now_us(), _next(stream)), MAX_SEQ)


# Seq of chunks that carry the whole text are microseconds since the epoch; of deltas, counts.
_WHOLE = 10**12


def _next(stream: LiveStream) -> int:
    verdict = stream.verdict
    return 0 if verdict is None else verdict.seq + 1


def _mark(stream: LiveStream, seq: int) -> int:
    """Return the number of verdicts that the answer to chunk `seq` had, at the least."""
    seen = stream.seen
    return min(bisect_left(seen, seq, lo=seen.first, key=_seq) + 1, seen.end)


def _seq(seen: Seen) -> int:
    return seen.verdict.seq


def _received(seen: Seen) -> int:
    return seen.verdict.frontier + seen.verdict.held


def _covers(stream: LiveStream, seq: int, *, ends: bool) -> bool:
    verdict = stream.verdict
    if verdict is None:
        return False
    if verdict.state != "active" or verdict.action == "block":
        return True
    return verdict.seq >= seq and not ends


def _answer(stream: LiveStream, mark: int, position: int | None) -> Answer:
    verdict = stream.verdict
    if verdict is None:
        raise UnknownStream("start one")
    if position is not None:
        # What lies behind the position had not come before this one.
        mark = bisect_left(stream.seen, position + 1, lo=stream.seen.first, key=_received)
    seen = stream.seen.since(mark)
    segments = [segment for one in seen for segment in one.segments]
    findings = [finding for one in seen for finding in one.findings]
    if position is not None:
        segments = list(Reader(position).read(msgspec.structs.replace(verdict, segments=segments)))
        findings = [finding for finding in findings if finding.end > position]
    return Answer(verdict, segments, findings)
