"""The guarded reply: what came in, held until it is decided, and sent on in the API's own form."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator

from connectors.providers.decoder import Decoded, Decoder
from connectors.providers.errors import MalformedFrame, UnknownApi
from connectors.providers.events import Channel, Event
from connectors.providers.frame import Frame
from connectors.providers.payload import Record
from connectors.providers.rewriting.chat import ChatDialect
from connectors.providers.rewriting.dialect import Closing, Dialect
from connectors.providers.rewriting.entry import Entry
from connectors.providers.rewriting.frames import Frames, UnknownFrame
from connectors.providers.rewriting.gemini import GeminiDialect
from connectors.providers.rewriting.lane import Lane, ReleaseError, Slot
from connectors.providers.rewriting.messages import MessagesDialect
from connectors.providers.rewriting.responses import ResponsesDialect
from connectors.providers.rewriting.steps import Send, Step, Unscanned
from connectors.providers.rewriting.writer import writer_for
from guardrails.events import Segment

DIALECTS: dict[str, Callable[[], Dialect]] = {
    "openai.chat": ChatDialect,
    "openai.responses": ResponsesDialect,
    "anthropic.messages": MessagesDialect,
    "google.generateContent": GeminiDialect,
}


class Rewriter:
    """Rewrites one reply; see `connectors/providers/__init__.py` for how it is used."""

    def __init__(self, api: str, framing: str = "sse") -> None:
        """framing: `json` for an answer that is not streamed. Raises UnknownApi."""
        if api not in DIALECTS:
            raise UnknownApi(
                f"API {api!r} cannot be guarded; expected one of {', '.join(DIALECTS)}"
            )
        self._decoder = Decoder(api, framing)
        self._writer = writer_for(framing)
        self._dialect = DIALECTS[api]()
        self._whole = framing == "json"
        self._frames = Frames(self._dialect, whole=self._whole)
        # Frames that keep their order, and how many of them have been sent.
        self._waiting: deque[Entry] = deque()
        self._sent = 0
        self._closed = False
        self.ended = False
        # Why it was ended, if it failed: a key of `MESSAGES`.
        self.failure: str | None = None

    def feed(self, data: bytes) -> Iterator[Step]:
        """Take the next bytes; yield what is to be done. Use the iterator up."""
        if not self.ended:
            yield from self._take(lambda: self._decoder.feed(data))

    def close(self) -> Iterator[Step]:
        """The upstream has ended; yield what is to be done. The reply ends when all is decided."""
        if self.ended:
            return
        ends: list[Event] = []

        def last() -> Iterable[Decoded]:
            decoded, events = self._decoder.close()
            ends.extend(events)
            return decoded

        yield from self._take(last)
        if not self.ended:
            # Not every stream ends with a frame of its own.
            nothing = Frame(-1, -1, b"", "idle")
            self._closed = True
            yield from self._enter(Decoded(nothing, tuple(ends), {}))

    def release(self, channel: Channel, segments: Iterable[Segment]) -> Iterator[Step]:
        """The guard has decided more of a channel; yield what can be sent."""
        lane = self._frames.lanes.get(channel)
        if self.ended or lane is None:
            return
        try:
            lane.release(segments)
            yield from self._flush()
        except (ReleaseError, ValueError):
            yield from self.fail("unavailable")

    def block(self, channel: Channel) -> Iterator[Step]:
        """The guard has blocked a channel: send what was released, end the reply, pass no more."""
        if self.ended or channel not in self._frames.lanes:
            return
        steps = self._flush()
        if self._whole:
            steps += self._end_whole(lambda entry: self._dialect.block_body(entry.released()))
        else:
            steps += self._send_released()
            steps += self._end(self._dialect.block())
        yield from steps

    def fail(self, code: str) -> Iterator[Step]:
        """The reply cannot be guarded any more: end it as failed. code: a key of `MESSAGES`."""
        if self.ended:
            return
        self.failure = code
        if self._whole:
            yield from list(self._end_whole(lambda _: self._dialect.fail_body(code)))
        else:
            yield from list(self._end(self._dialect.fail(code)))

    @property
    def complete(self) -> bool:
        """Whether nothing more will be sent: it was ended, or all that came has been sent."""
        lanes = self._frames.active.values()
        return self.ended or (
            self._closed and not self._waiting and not any(lane.slots for lane in lanes)
        )

    def _take(self, decode: Callable[[], Iterable[Decoded]]) -> Iterator[Step]:
        try:
            for decoded in decode():
                yield from self._enter(decoded)
                if self.ended:
                    return
        except UnknownFrame as error:
            yield Unscanned(error.what, "a frame nobody knows")
            yield from self.fail("unscanned")
        except MalformedFrame as error:
            yield Unscanned(f"frame {error.frame}", error.reason)
            yield from self.fail("malformed")

    def _enter(self, decoded: Decoded) -> Iterator[Step]:
        payload = decoded.payload
        alive = payload is not None and payload == self._dialect.keep_alive
        if alive or (decoded.frame.kind == "idle" and payload is None):
            yield Send(self._writer.same(decoded.frame))
            return
        # Behind its last word a reply has nothing more; the connection may stay open for long.
        self._closed = self._closed or decoded.frame.kind == "last"
        entries, steps = self._frames.take(decoded)
        if payload is not None:
            self._dialect.came(payload)
        self._waiting.extend(entry for entry in entries if not entry.flows)
        yield from self._flush()
        for step in steps:
            if self.ended:
                return
            yield step
        yield from self._flush()

    def _flush(self) -> list[Step]:
        """Return whatever is decided and has nothing before it. In one go: callers may do other
        things between two steps.
        """
        steps: list[Step] = []
        while not self.ended:
            for lane in list(self._frames.active.values()):
                steps += self._flush_lane(lane)
                if lane.closed and not lane.slots:
                    self._frames.active.pop(lane.channel, None)
            if not self._waiting or not self._waiting[0].ready():
                break
            entry = self._waiting.popleft()
            entry.sent = True
            self._sent += 1
            # What points into a text that was changed, and is nothing else, is not sent.
            if not (entry.changed() and any(len(path) == 1 for path in entry.offsets)):
                steps += self._send(entry, entry.whole())
        return steps

    def _flush_lane(self, lane: Lane) -> Iterator[Step]:
        while lane.slots:
            slot = lane.slots[0]
            entry: Entry = slot.owner
            if entry.flows or entry.sent:
                if entry.behind > self._sent:
                    return
                yield from self._send_piece(entry, slot)
            if not slot.complete():
                return
            lane.slots.popleft()

    def _send_piece(self, entry: Entry, slot: Slot) -> Iterator[Step]:
        text, last = slot.pending, slot.complete()
        late, kept = self._dialect.late, self._dialect.kept
        if text or (last and (not slot.begun or entry.has_late(slot, late))):
            payload = entry.piece(slot, text, late, kept)
            slot.pending, slot.begun = "", True
            yield from self._send(entry, payload)

    def _send(self, entry: Entry, payload: Record | None) -> Iterator[Step]:
        frame = entry.decoded.frame
        if frame.kind == "idle":
            return
        if entry.decoded.payload is not None:
            self._dialect.sent(entry.payload if payload is None else payload)
        if payload is None:
            yield Send(self._writer.same(frame))
        else:
            yield Send(self._writer.other(frame, payload))

    def _send_released(self) -> Iterator[Step]:
        """Return what was released of a frame that will never be sent whole."""
        for _, slot in self._waiting[0].slots if self._waiting else ():
            if slot.pending and slot.path and not slot.value:
                slot.begun, slot.done = True, -1
                late, kept = self._dialect.late, self._dialect.kept
                entry = self._waiting[0]
                yield from self._send(entry, entry.piece(slot, slot.pending, late, kept))

    def _end(self, closing: Closing) -> Iterator[Step]:
        self.ended = True
        for event, payload in closing.events:
            yield Send(self._writer.new(event, payload))
        if end := self._writer.end(closing.mark):
            yield Send(end)

    def _end_whole(self, make: Callable[[Entry], Record]) -> Iterator[Step]:
        self.ended = True
        entry = self._waiting[0] if self._waiting else Entry(_NO_FRAME, {}, 0)
        yield Send(self._writer.new(None, make(entry)))


_NO_FRAME = Decoded(Frame(0, 0, b""))
