"""All streams this gateway knows of: records come in, the streams they belong to change."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence

import msgspec

from connectors.gateway.event_plugins import EventPlugins
from connectors.gateway.live_stream import LiveStream
from connectors.gateway.subscribers.subscriber import Said, Told
from connectors.logs import logger
from guardrails.events import Audit, DeadLetter, PipelineEvent, Verdict
from guardrails.records import Record

log = logger(__name__)

# 32 MiB of one stream: a reply of 20,000 tokens, told token by token.
MAX_STREAM_BYTES = 33_554_432

# Takes what is told of streams, in order.
Deliver = Callable[[Sequence[Told]], object]

_VERDICT = msgspec.json.Decoder(Verdict)
_EVENT = msgspec.json.Decoder(PipelineEvent)
_AUDIT = msgspec.json.Decoder(Audit)
_LETTER = msgspec.json.Decoder(DeadLetter)


class Streams:
    """Streams by id, those that changed last at the end. Used from one event loop.

    epoch: names the log they come from. max_bytes: of all streams together; the ones that nobody
    touched for longest go first. now_s: a clock that is never set.
    """

    def __init__(
        self,
        epoch: str,
        now_s: Callable[[], float],
        *,
        max_bytes: int = 512 * 2**20,
        max_stream_bytes: int = MAX_STREAM_BYTES,
        plugins: EventPlugins | None = None,
    ) -> None:
        """plugins: add events of their own types."""
        self.epoch = epoch
        self._now_s = now_s
        self._streams: OrderedDict[str, LiveStream] = OrderedDict()
        self._max_bytes = max_bytes
        self._max_stream_bytes = max_stream_bytes
        # Without any, nothing is asked of them.
        self._plugins = plugins or None
        self._size = 0
        # Who is told of all streams; None costs nothing.
        self._deliver: Deliver | None = None

    def __len__(self) -> int:
        return len(self._streams)

    def __iter__(self) -> Iterator[LiveStream]:
        return iter(self._streams.values())

    @property
    def size(self) -> int:
        """Return the bytes of all events that are kept."""
        return self._size

    def tell_all(self, deliver: Deliver | None) -> None:
        """Hand what is told of any stream from now on to somebody who returns at once."""
        self._deliver = deliver

    def find(self, stream_id: str) -> LiveStream | None:
        """Return a stream, if the gateway knows it."""
        return self._streams.get(stream_id)

    def get(self, stream_id: str) -> LiveStream:
        """Return a stream; a new one if nothing was said of it so far."""
        stream = self._streams.get(stream_id)
        if stream is None:
            stream = LiveStream(stream_id, self.epoch, self._max_stream_bytes, self._plugins)
            self._streams[stream_id] = stream
        else:
            self._streams.move_to_end(stream_id)
        stream.touched_at = self._now_s()
        return stream

    def take(self, topic: str, records: Sequence[Record]) -> None:
        """Take records of a topic. What is none of ours is logged and passed over."""
        told: list[Told] | None = None if self._deliver is None else []
        for record in records:
            try:
                self._take(topic, record, told)
            except msgspec.DecodeError as error:
                log.warning(
                    "a record cannot be read; it is passed over",
                    partition=record.partition,
                    offset=record.offset,
                    problem=type(error).__name__,
                )
        if told and self._deliver is not None:
            self._deliver(told)
        self._make_room()

    def _take(self, topic: str, record: Record, told: list[Told] | None) -> None:
        said: Said
        match topic:
            case "verdicts":
                said = _VERDICT.decode(record.value)
                stream = self.get(said.stream_id)
                size, end = stream.size, stream.end
                stream.take_verdict(record, said)
            case "events":
                said = _EVENT.decode(record.value)
                stream = self.get(said.execution)
                size, end = stream.size, stream.end
                stream.take_event(record, said)
            case "audit":
                said = _AUDIT.decode(record.value)
                stream = self.get(said.stream_id)
                size, end = stream.size, stream.end
                stream.take_audit(record, said)
            case _:
                letter = _LETTER.decode(record.value)
                named = self._streams.get((letter.key or b"").decode("utf-8", "replace"))
                if named is not None:
                    named.take_letter(letter)
                return
        self._size += stream.size - size
        # What a replay repeats is told to nobody.
        if told is not None and stream.end > end:
            told.append(Told(stream.stream_id, stream.entries[-1].events, record, said))

    def _make_room(self) -> None:
        while self._size > self._max_bytes and len(self._streams) > 1:
            _, stream = self._streams.popitem(last=False)
            self._size -= stream.size
            stream.drop()

    def forget(self, idle_s: float) -> int:
        """Let go of streams not touched for so long that nobody waits for; say how many."""
        oldest = self._now_s() - idle_s
        gone = 0
        for stream_id, stream in list(self._streams.items()):
            if stream.touched_at > oldest:
                break
            if not stream.is_watched:
                del self._streams[stream_id]
                self._size -= stream.size
                gone += 1
        return gone
