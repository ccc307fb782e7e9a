"""OpenAI completions, the older API. Channel: `text` by choice (`0`)."""

from __future__ import annotations

from collections.abc import Iterator

from connectors.providers.chat import error_code, usage
from connectors.providers.events import Channel, Delta, Event, Failure, Finish, Opaque
from connectors.providers.payload import Record, items, number, record, text
from connectors.providers.reading import OpenChannels


class CompletionsReader:
    """Reads `text_completion` events and answers: they have one shape."""

    def __init__(self) -> None:
        self._open = OpenChannels()

    def read(self, payload: Record, event: str | None) -> Iterator[Event]:
        """Yield what one event says."""
        del event
        if payload.get("error") is not None:
            yield Failure(error_code(payload))
        elif "choices" not in payload:
            yield Opaque("no choices")
        for place, value in enumerate(items(payload.get("choices"), "choices")):
            choice = record(value, "a choice")
            key = str(number(choice.get("index"), "index"))
            if said := text(choice.get("text"), "text"):
                channel = Channel("text", key)
                self._open.add(channel)
                yield Delta(channel, said, ("choices", place, "text"), key)
            if reason := text(choice.get("finish_reason"), "finish_reason"):
                yield from self._open.close_of(key)
                yield Finish(key, reason)
        yield from usage(payload)

    def body(self, payload: Record) -> Iterator[Event]:
        """Yield what a whole answer says."""
        return self.read(payload, None)

    def end(self) -> Iterator[Event]:
        """The stream is over: close what it left open."""
        return self._open.close()
