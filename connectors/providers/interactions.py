"""Google's Interactions API. Channels by step (`1`): `text`, `reasoning`, `arguments`, `extra`."""

from __future__ import annotations

from collections.abc import Iterator

from connectors.providers.chat import error_code
from connectors.providers.events import (
    Call,
    Channel,
    Delta,
    Event,
    Failure,
    Finish,
    Kind,
    Opaque,
    Usage,
)
from connectors.providers.payload import Record, number, record, text, word, written
from connectors.providers.reading import OpenChannels

_SILENT = frozenset(["thought_signature", "interaction.created", "interaction.status_update"])
# What a step's pieces hold besides text; it comes whole.
_WHOLE = {
    "google_search_call": "arguments",
    "google_search_result": "result",
    "text_annotation_delta": "annotations",
}


class InteractionsReader:
    """Reads interaction events."""

    def __init__(self) -> None:
        self._open = OpenChannels()

    def read(self, payload: Record, event: str | None) -> Iterator[Event]:
        """Yield what one event says."""
        del event
        kind = word(payload.get("event_type"))
        index = str(number(payload.get("index"), "index"))
        if kind == "step.start":
            yield from self._begin(record(payload.get("step"), "step"), index)
        elif kind == "step.delta":
            yield from self._delta(record(payload.get("delta"), "delta"), index)
        elif kind == "step.stop":
            yield from self._open.close_of(index)
        elif kind == "interaction.completed":
            yield from self._open.close()
            yield Finish("0", kind)
            interaction = record(payload.get("interaction"), "interaction")
            yield from _usage(record(interaction.get("usage"), "usage"))
        elif kind == "error":
            yield Failure(error_code(payload))
        elif kind not in _SILENT:
            yield Opaque(kind)

    def body(self, payload: Record) -> Iterator[Event]:
        """Answers of this API that are not streamed are not read."""
        del payload
        yield Opaque("an interaction that is not streamed")

    def end(self) -> Iterator[Event]:
        """The stream is over: close what it left open."""
        return self._open.close()

    def _begin(self, step: Record, index: str) -> Iterator[Event]:
        if step.get("type") == "function_call":
            yield Call(Channel("arguments", index), text(step.get("name"), "name"))

    def _delta(self, delta: Record, index: str) -> Iterator[Event]:
        kind = word(delta.get("type"))
        if kind == "text":
            yield from self._text("text", index, text(delta.get("text"), "text"))
        elif kind in ("thought", "thought_summary"):
            said = delta.get("text") or record(delta.get("content"), "content").get("text")
            yield from self._text("reasoning", index, text(said, "text"))
        elif kind == "arguments_delta":
            yield from self._text("arguments", index, text(delta.get("arguments"), "arguments"))
        elif kind in _WHOLE:
            yield from self._text("extra", f"{index}.{kind}", written(delta.get(_WHOLE[kind])))
        elif kind not in _SILENT:
            yield Opaque(f"delta {kind}")

    def _text(self, kind: Kind, index: str, said: str) -> Iterator[Event]:
        if said:
            channel = Channel(kind, index)
            self._open.add(channel)
            yield Delta(channel, said, (), index, json=kind in ("arguments", "extra"))


def _usage(counted: Record) -> Iterator[Event]:
    if counted:
        prompt = number(counted.get("total_input_tokens"), "total_input_tokens")
        yield Usage(prompt, number(counted.get("total_output_tokens"), "total_output_tokens"))
