"""Bytes of a provider's stream to what it says: a framing, and an API's reader behind it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from msgspec import Struct

from connectors.providers.array import ArrayStream
from connectors.providers.bedrock import ConverseReader, InvokeReader
from connectors.providers.chat import ChatReader
from connectors.providers.cohere import CohereReader
from connectors.providers.completions import CompletionsReader
from connectors.providers.errors import UnknownApi
from connectors.providers.event_stream import MessageStream
from connectors.providers.events import Event
from connectors.providers.frame import Frame, Framing
from connectors.providers.gemini import GeminiReader
from connectors.providers.interactions import InteractionsReader
from connectors.providers.lines import Lines
from connectors.providers.messages import MessagesReader
from connectors.providers.ollama import OllamaReader
from connectors.providers.payload import Record, WrongShape, parse
from connectors.providers.reading import Reading
from connectors.providers.responses import ResponsesReader
from connectors.providers.sse import EventStream
from connectors.providers.whole import Whole

FRAMINGS: dict[str, Callable[[], Framing]] = {
    "sse": EventStream,
    "ndjson": Lines,
    "json-array": ArrayStream,
    "aws-eventstream": MessageStream,
    "json": Whole,
}


class Api(NamedTuple):
    """One provider's API. reader: what reads it. framing: the one it usually comes in. choices:
    each text is a reply of its own, one of several, and not a part of one.
    """

    reader: Callable[[], Reading]
    framing: str = "sse"
    choices: bool = False


APIS = {
    "openai.chat": Api(ChatReader, choices=True),
    "openai.completions": Api(CompletionsReader, choices=True),
    "openai.responses": Api(ResponsesReader),
    "anthropic.messages": Api(MessagesReader),
    "google.generateContent": Api(GeminiReader, choices=True),
    "google.interactions": Api(InteractionsReader),
    "ollama.chat": Api(OllamaReader, "ndjson"),
    "ollama.generate": Api(OllamaReader, "ndjson"),
    "cohere.v1": Api(CohereReader, "ndjson"),
    "cohere.v2": Api(CohereReader),
    "bedrock.converse": Api(ConverseReader, "aws-eventstream"),
    "bedrock.invoke": Api(InvokeReader, "aws-eventstream"),
}


class Decoded(Struct, frozen=True, gc=False):
    """One frame and what it says. payload: None for frames without one."""

    frame: Frame
    events: tuple[Event, ...] = ()
    payload: Record | None = None


class Decoder:
    """Decodes one stream, or one whole answer with framing `json`.

    >>> decoder = Decoder("ollama.chat")
    >>> [event] = next(decoder.feed(b'{"message": {"content": "Hi"}}\\n')).events
    >>> event.channel.kind, event.text
    ('text', 'Hi')
    """

    def __init__(self, api: str, framing: str | None = None) -> None:
        """framing: one of FRAMINGS, the API's usual one when None. Raises UnknownApi."""
        found = APIS.get(api)
        if found is None:
            raise UnknownApi(f"no API {api!r} is known; expected one of {', '.join(APIS)}")
        name = framing or found.framing
        make = FRAMINGS.get(name)
        if make is None:
            raise UnknownApi(f"no framing {name!r} is known; expected one of {', '.join(FRAMINGS)}")
        self._framing = make()
        self._reader = found.reader()
        self._whole = name == "json"

    def feed(self, data: bytes) -> Iterator[Decoded]:
        """Take the next bytes, yield the frames they complete. Raises MalformedFrame, behind the
        frames before it. The iterator must be used up.
        """
        for frame in self._framing.feed(data):
            yield self._decode(frame)

    def close(self) -> tuple[list[Decoded], list[Event]]:
        """The stream has ended: return its last frames, and the ends of channels that had none.

        Raises MalformedFrame if it ended inside a frame.
        """
        decoded = [self._decode(frame) for frame in self._framing.close()]
        return decoded, list(self._reader.end())

    def _decode(self, frame: Frame) -> Decoded:
        if frame.kind == "last":
            return Decoded(frame, tuple(self._reader.end()))
        if frame.kind == "idle":
            return Decoded(frame)
        try:
            payload = parse(frame.data)
            if self._whole:
                return Decoded(frame, tuple(self._reader.body(payload)), payload)
            return Decoded(frame, tuple(self._reader.read(payload, frame.event)), payload)
        except WrongShape as error:
            reason, _, detail = str(error).partition(": ")
            raise frame.malformed(reason, detail) from error
