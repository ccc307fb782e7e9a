"""One answer of a provider on its way through the guard.

Two tasks share one rewriter: one reads the provider and hands texts to the guard, the other takes
what the guard has decided. What either yields goes to the caller in that order; when the caller
reads slowly, so do we.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterable
from contextlib import suppress

from prometheus_client import Counter

from connectors.gateway.proxy.channel_stream import ChannelStream
from connectors.gateway.proxy.upstream import UpstreamAway
from connectors.logs import logger
from connectors.providers.events import Channel
from connectors.providers.rewriting import Judge, Rewriter, Send, Step, Unscanned
from guardrails.errors import ConnectorError, TidegateError

log = logger(__name__)

REPLIES = Counter(
    "tidegate_proxy_replies_total", "Answers of providers, by how they ended.", ["api", "outcome"]
)
# Pieces that wait for the caller; beyond it nothing more is read.
_MAX_WAITING = 256
# Seconds: a guard that is well answers within milliseconds, and one that restarts within these.
GUARD_S = 10.0

# Seconds between two signs of life of a text that waits for its provider: well below the five
# minutes after which a guard takes a stream for idle (a policy's `limits.idle_timeout_s`).
_KEEP_S = 60.0
# Seconds in which a provider's answer ends behind its last frame.
_END_S = 1.0

# Returns the stream of a channel. The caller was told the id of the first one of kind `text`.
OpenStream = Callable[[Channel], ChannelStream]
_MAIN = Channel("text", "0")


class Reply:
    """Guards one answer: iterate over `frames`, to its end or not."""

    def __init__(
        self, api: str, rewriter: Rewriter, open_stream: OpenStream, guard_s: float = GUARD_S
    ) -> None:
        self._api = api
        self._rewriter = rewriter
        self._open_stream = open_stream
        self._guard_s = guard_s
        self._channels: dict[Channel, ChannelStream] = {}
        # How far the reasoning of a choice had come when its text did: the last seq of its stream.
        self._marks: dict[Channel, int] = {}
        self._out: asyncio.Queue[bytes | None] = asyncio.Queue(_MAX_WAITING)
        self._turn = asyncio.Lock()
        self._followers: set[asyncio.Task[None]] = set()
        self._over = asyncio.Event()
        self._outcome = "aborted"

    @property
    def outcome(self) -> str:
        """Return how it ended: `complete`, `blocked`, `failed`, or `aborted` as it has not yet."""
        return self._outcome

    @property
    def is_unreadable(self) -> bool:
        """Whether it failed for what the provider said: asked again, it will say the like."""
        return self._rewriter.failure in ("malformed", "unscanned")

    async def frames(self, upstream: AsyncIterator[bytes]) -> AsyncGenerator[bytes, None]:
        """Yield what the caller gets. upstream: the provider's bytes, cut anywhere."""
        tasks = [asyncio.create_task(self._read(upstream)), asyncio.create_task(self._tell_end())]
        try:
            while (data := await self._out.get()) is not None:
                yield data
        finally:
            # Callers leave behind the last word: what is left to do is done all the same.
            await asyncio.shield(self._close(tasks))

    async def _tell_end(self) -> None:
        await self._over.wait()
        await self._out.put(None)

    async def _close(self, tasks: Iterable[asyncio.Task[None]]) -> None:
        """End every stream that is open: their audit records are written."""
        running = [*tasks, *self._followers]
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        if not any(key.kind == "text" for key in self._channels):
            # The stream the caller was told of has an audit record, though nothing was said.
            main = self._channels[_MAIN] = self._open_stream(_MAIN)
            await _attempt(main.publish("", final=self._outcome == "complete"))
        for channel in self._channels.values():
            await _attempt(channel.abort())
        REPLIES.labels(self._api, self._outcome).inc()

    async def _read(self, upstream: AsyncIterator[bytes]) -> None:
        try:
            async for data in upstream:
                await self._carry_out(self._rewriter.feed(data))
                if self._over.is_set():
                    break
            if self._outcome == "complete":
                # Read to its end the connection can be used again.
                with suppress(TimeoutError):
                    async with asyncio.timeout(_END_S):
                        async for _ in upstream:
                            pass
                return
            await self._carry_out(self._rewriter.close())
            await self._settle()
        except Exception as error:  # noqa: BLE001 - the caller is told, whatever it is
            await self._break_off(error)
        finally:
            self._over.set()

    async def _settle(self) -> None:
        """Wait until all that came is decided; fail when nobody is left to decide it."""
        over = asyncio.create_task(self._over.wait())
        try:
            while self._followers and not self._over.is_set():
                await asyncio.wait((over, *self._followers), return_when=asyncio.FIRST_COMPLETED)
        finally:
            over.cancel()
        if not self._over.is_set():
            await self._fail("unavailable")

    async def _break_off(self, error: Exception) -> None:
        """End the reply, well-formed, for an error of its provider, of the guard, or of ours."""
        if isinstance(error, TidegateError):
            log.warning("a reply could not be guarded to its end", problem=error)
        else:
            log.error("a bug ended a reply", problem=type(error).__name__)
        match error:
            case UpstreamAway():
                await self._fail("upstream")
            case ConnectorError():
                await self._fail("unavailable")
            case _:
                await self._fail("broken")

    async def _fail(self, code: str) -> None:
        if self._over.is_set():
            return
        self._outcome = "failed"
        try:
            await self._carry_out(self._rewriter.fail(code))
        except Exception as error:  # noqa: BLE001 - there is no other way left to say it
            log.error("a bug ended a reply without a word", problem=type(error).__name__)
            self._over.set()

    async def _carry_out(self, steps: Iterable[Step]) -> None:
        """Do what the rewriter asks for, in order. steps: not begun; one at a time, for they depend
        on where the rewriter stands.
        """
        async with self._turn:
            for step in steps:
                match step:
                    case Send():
                        await self._out.put(step.data)
                    case Judge():
                        await self._judge(step)
                    case Unscanned():
                        await self._note(step)
            if self._rewriter.complete and not self._over.is_set():
                if self._rewriter.failure is not None:
                    self._outcome = "failed"
                elif self._outcome == "aborted":
                    self._outcome = "complete"
                self._over.set()

    async def _judge(self, step: Judge) -> None:
        channel = self._channel(step.channel)
        before = self._channels.get(_reasoning_of(step.channel))
        if before is not None and before is not channel:
            self._marks[step.channel] = before.asked
        await channel.publish(step.text, final=step.final)

    async def _note(self, step: Unscanned) -> None:
        """Let the audit list what nobody looked at."""
        channel = next(iter(self._channels.values()), None) or self._channel(_MAIN)
        with suppress(ConnectorError):
            await channel.publish("", unscanned=f"{step.what}: {step.reason}"[:128])

    def _channel(self, key: Channel) -> ChannelStream:
        channel = self._channels.get(key)
        if channel is None:
            channel = self._channels[key] = self._open_stream(key)
            follower = asyncio.create_task(self._follow(key, channel))
            self._followers.add(follower)
            follower.add_done_callback(self._followers.discard)
        return channel

    async def _follow(self, key: Channel, channel: ChannelStream) -> None:
        """Take what the guard decides about one channel; whatever goes wrong ends the reply."""
        try:
            await self._take_decisions(key, channel)
        except Exception as error:  # noqa: BLE001 - the caller is told, whatever it is
            await self._break_off(error)

    async def _take_decisions(self, key: Channel, channel: ChannelStream) -> None:
        """Take what the guard decides about one channel, until there is nothing more."""
        stream = channel.stream
        waiting_since = time.monotonic()
        told = 0
        while not self._over.is_set():
            if stream.seen.end > told or channel.blocked:
                told = stream.seen.end
                await self._send_reasoning(key)
                await self._carry_out(self._rewriter.release(key, channel.take()))
                if channel.blocked:
                    self._outcome = "blocked"
                    await self._carry_out(self._rewriter.block(key))
                    return
                continue
            verdict = stream.verdict
            if verdict is not None and verdict.state == "complete":
                if not channel.ended:
                    # Idle or too old, while the provider was thinking: what comes is not judged.
                    await self._fail("unavailable")
                return
            if channel.answered >= channel.asked:
                waiting_since = time.monotonic()
            elif time.monotonic() - waiting_since > self._guard_s:
                log.warning("the guard does not answer; a reply was ended")
                await self._fail("unavailable")
                return
            if not channel.ended and time.monotonic() - channel.published_at > _KEEP_S:
                # Models think for minutes within a reply; a guard takes silence for its end.
                await channel.publish("")
            await stream.changed(1.0)

    async def _send_reasoning(self, key: Channel) -> None:
        """Send first what was thought before this text, as far as it is decided: each is a stream
        of its own, and over Kafka a later one may be judged earlier. What the guard holds of the
        thoughts follows when it is decided: waiting for that would keep the text back to its end.
        """
        mark = self._marks.get(key)
        if mark is None:
            return
        thoughts = _reasoning_of(key)
        before = self._channels[thoughts]
        # Whoever follows the thoughts ends the reply when nobody answers.
        while before.answered < mark and not self._over.is_set():
            await before.stream.changed(1.0)
        await self._carry_out(self._rewriter.release(thoughts, before.take()))


async def _attempt(ending: Awaitable[None]) -> None:
    """End a stream if that is possible; if not, its guard ends it as idle."""
    try:
        await ending
    except ConnectorError as error:
        log.warning("a stream of a reply could not be ended", problem=error)
    except Exception as error:  # noqa: BLE001 - the other streams are ended all the same
        log.error("a bug kept a stream of a reply from its end", problem=type(error).__name__)


def _reasoning_of(key: Channel) -> Channel:
    """Return the channel of the reasoning of the same choice."""
    return Channel("reasoning", key.index)
