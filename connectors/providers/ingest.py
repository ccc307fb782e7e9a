"""A provider's stream to chunk events, one stream of Tidegate for each text of the reply.

The reply's text is the stream `<id>`. Everything else is a stream beside it: `<id>:reasoning:0`,
`<id>:arguments:0.1`, `<id>:text:1` for the second of several choices. The part behind `<id>` is the
channel, as `connectors/providers/` names it for each API.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator

from connectors.providers.decoder import APIS, Decoded, Decoder
from connectors.providers.events import Channel, Close, Delta, Event, Failure, Kind, Stated
from guardrails.events import MAX_ID_CHARS, Chunk, Context

# Room for `:arguments:` and the channel behind a stream's id.
MAX_REPLY_ID_CHARS = 160
_MAX_INDEX_CHARS = 64

ALL_KINDS: frozenset[Kind] = frozenset(["text", "reasoning", "refusal", "arguments", "extra"])
# `extra` repeats other texts, or is what tools said.
USUAL_KINDS: frozenset[Kind] = ALL_KINDS - {"extra"}


class Ingest:
    """Turns the bytes of one reply into chunk events, as they come.

    >>> ingest = Ingest("ollama.chat", "reply-1")
    >>> [chunk] = ingest.feed(b'{"message": {"content": "Hi"}}\\n')
    >>> chunk.stream_id, chunk.seq, chunk.text
    ('reply-1', 0, 'Hi')
    >>> [(chunk.seq, chunk.final) for chunk in ingest.close()]
    [(1, True)]
    """

    def __init__(
        self,
        api: str,
        reply_id: str,
        *,
        framing: str | None = None,
        kinds: frozenset[Kind] = USUAL_KINDS,
        policy: str | None = None,
        context: Context | None = None,
    ) -> None:
        """Raises UnknownApi; ValueError for an id that is empty or too long."""
        if not 0 < len(reply_id) <= MAX_REPLY_ID_CHARS:
            raise ValueError(
                f"a reply's id has 1 to {MAX_REPLY_ID_CHARS} characters, got {len(reply_id)}"
            )
        self._decoder = Decoder(api, framing)
        self._choices = APIS[api].choices
        self._id = reply_id
        self._kinds = kinds
        self._policy, self._context = policy, context
        # The next seq of each stream that has begun; those that have ended.
        self._next: dict[str, int] = {}
        self._ended: set[str] = set()
        self._said: dict[Channel, list[str]] = {}
        self._failed = False

    def feed(self, data: bytes) -> Iterator[Chunk]:
        """Take the next bytes, yield the chunks they make. Raises MalformedFrame, behind what came
        before it. The iterator must be used up.
        """
        return self._frames(self._decoder.feed(data))

    def close(self) -> list[Chunk]:
        """The reply has ended: return the last chunks. Raises MalformedFrame."""
        decoded, events = self._decoder.close()
        chunks = [*self._frames(decoded), *self._events(events)]
        return [*chunks, *self._end_all(aborted=self._failed)]

    def abort(self) -> list[Chunk]:
        """The reply cannot be read on: return the ends of the streams that have begun."""
        return list(self._end_all(aborted=True))

    def _frames(self, decoded: Iterable[Decoded]) -> Iterator[Chunk]:
        for one in decoded:
            yield from self._events(one.events)

    def _events(self, events: Iterable[Event]) -> Iterator[Chunk]:
        for event in events:
            match event:
                case Delta(channel=channel, text=text):
                    yield from self._text(channel, text)
                case Stated(channel=channel, text=text):
                    # Some say a short text only once, at its end.
                    said = "".join(self._said.get(channel, ()))
                    if text.startswith(said) and len(text) > len(said):
                        yield from self._text(channel, text[len(said) :])
                case Close(channel=channel):
                    stream_id = self._stream_id(channel)
                    if stream_id != self._id or self._choices:
                        yield from self._end(stream_id, aborted=False)
                case Failure():
                    self._failed = True
                case _:
                    pass

    def _text(self, channel: Channel, text: str) -> Iterator[Chunk]:
        stream_id = self._stream_id(channel)
        if channel.kind in self._kinds and stream_id not in self._ended:
            self._said.setdefault(channel, []).append(text)
            yield self._chunk(stream_id, text)

    def _end_all(self, *, aborted: bool) -> Iterator[Chunk]:
        for stream_id in self._next:
            yield from self._end(stream_id, aborted=aborted)

    def _end(self, stream_id: str, *, aborted: bool) -> Iterator[Chunk]:
        if stream_id in self._next and stream_id not in self._ended:
            self._ended.add(stream_id)
            yield self._chunk(stream_id, "", final=not aborted, aborted=aborted)

    def _chunk(
        self, stream_id: str, text: str, *, final: bool = False, aborted: bool = False
    ) -> Chunk:
        seq = self._next.get(stream_id, 0)
        self._next[stream_id] = seq + 1
        first = seq == 0
        return Chunk(
            stream_id,
            seq,
            text,
            final=final,
            aborted=aborted,
            policy=self._policy if first else None,
            context=self._context if first else None,
        )

    def _stream_id(self, channel: Channel) -> str:
        if channel.kind == "text" and (channel.index == "0" or not self._choices):
            return self._id
        index = channel.index
        if len(index) > _MAX_INDEX_CHARS:
            # A place deep within arguments may be long; what stays must still tell them apart.
            index = f"{index[:48]}~{zlib.crc32(index.encode('utf-8', 'replace')):08x}"
        return f"{self._id}:{channel.kind}:{index}"[:MAX_ID_CHARS]
