"""Cohere chat, versions 1 and 2. Channels: `text` and `reasoning` by block (`0`; the plan for tools
is `plan`), `arguments` by call (`1`), `extra` for citations.
"""

from __future__ import annotations

from collections.abc import Iterator

from connectors.providers.events import (
    Call,
    Channel,
    Delta,
    Event,
    Finish,
    Kind,
    Opaque,
    Stated,
    Usage,
)
from connectors.providers.payload import Record, items, number, record, text, word, written
from connectors.providers.reading import OpenChannels

_SILENT = frozenset(
    ["stream-start", "search-queries-generation", "search-results", "tool-calls-generation"]
)


class CohereReader:
    """Reads the events of both versions: their types have no name in common."""

    def __init__(self) -> None:
        self._open = OpenChannels()

    def read(self, payload: Record, event: str | None) -> Iterator[Event]:
        """Yield what one event says."""
        del event
        if "event_type" in payload:
            return self._first(payload, word(payload["event_type"]))
        return self._second(payload, word(payload.get("type")))

    def body(self, payload: Record) -> Iterator[Event]:
        """Yield what a whole answer says."""
        yield from self._text("text", "0", payload.get("text"))
        message = record(payload.get("message"), "message")
        yield from self._text("reasoning", "plan", message.get("tool_plan"))
        for place, value in enumerate(items(message.get("content"), "content")):
            yield from self._content(record(value, "a block"), str(place))
        for place, value in enumerate(items(message.get("tool_calls"), "tool_calls")):
            yield from self._call(record(value, "a tool call"), str(place))
        yield from self._open.close()
        if reason := text(payload.get("finish_reason"), "finish_reason"):
            yield Finish("0", reason)
        yield from _usage(payload)

    def end(self) -> Iterator[Event]:
        """The stream is over: close what it left open."""
        return self._open.close()

    def _first(self, payload: Record, kind: str) -> Iterator[Event]:
        if kind == "text-generation":
            yield from self._text("text", "0", payload.get("text"))
        elif kind == "citation-generation":
            yield from self._text("extra", "0.citations", written(payload.get("citations")))
        elif kind == "tool-calls-chunk":
            delta = record(payload.get("tool_call_delta"), "tool_call_delta")
            index = str(number(delta.get("index"), "index"))
            if name := text(delta.get("name"), "name"):
                yield Call(Channel("arguments", index), name)
            yield from self._text("arguments", index, delta.get("parameters"))
            yield from self._text("reasoning", "plan", delta.get("text"))
        elif kind == "stream-end":
            response = record(payload.get("response"), "response")
            if said := text(response.get("text"), "text"):
                yield Stated(Channel("text", "0"), said)
            yield from self._open.close()
            yield Finish("0", text(payload.get("finish_reason"), "finish_reason"))
            yield from _usage(record(response.get("meta"), "meta"))
        elif kind not in _SILENT:
            yield Opaque(kind)

    def _second(self, payload: Record, kind: str) -> Iterator[Event]:
        index = str(number(payload.get("index"), "index"))
        delta = record(payload.get("delta"), "delta")
        message = record(delta.get("message"), "message")
        if kind in ("content-start", "content-delta"):
            yield from self._content(record(message.get("content"), "content"), index)
        elif kind == "tool-plan-delta":
            yield from self._text("reasoning", "plan", message.get("tool_plan"))
        elif kind in ("tool-call-start", "tool-call-delta"):
            yield from self._call(record(message.get("tool_calls"), "tool_calls"), index)
        elif kind in ("content-end", "tool-call-end"):
            ended = ("arguments",) if kind == "tool-call-end" else ("text", "reasoning")
            yield from self._open.close(lambda one: one.index == index and one.kind in ended)
        elif kind == "citation-start":
            yield from self._text("extra", f"{index}.citation", written(message.get("citations")))
        elif kind == "message-end":
            yield from self._open.close()
            yield Finish("0", text(delta.get("finish_reason"), "finish_reason"))
            yield from _usage(delta)
        elif kind not in ("message-start", "citation-end"):
            yield Opaque(kind)

    def _content(self, content: Record, index: str) -> Iterator[Event]:
        yield from self._text("text", index, content.get("text"))
        yield from self._text("reasoning", index, content.get("thinking"))

    def _call(self, call: Record, index: str) -> Iterator[Event]:
        function = record(call.get("function"), "function")
        if name := text(function.get("name"), "name"):
            yield Call(Channel("arguments", index), name)
        yield from self._text("arguments", index, function.get("arguments"))

    def _text(self, kind: Kind, index: str, value: object) -> Iterator[Event]:
        if said := text(value, kind):
            channel = Channel(kind, index)
            self._open.add(channel)
            yield Delta(channel, said, (), index, json=kind in ("arguments", "extra"))


def _usage(payload: Record) -> Iterator[Event]:
    counted = record(payload.get("usage"), "usage") or payload
    tokens = record(counted.get("tokens"), "tokens")
    if tokens:
        prompt = number(tokens.get("input_tokens"), "input_tokens")
        yield Usage(prompt, number(tokens.get("output_tokens"), "output_tokens"))
