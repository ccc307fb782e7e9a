"""Ollama, `/api/chat` and `/api/generate`. Channels: `text`, `reasoning` (`0`), `arguments` by
call (`0.1`).
"""

from __future__ import annotations

from collections.abc import Iterator

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
from connectors.providers.payload import Record, items, number, record, text, written
from connectors.providers.reading import OpenChannels


class OllamaReader:
    """Reads the lines of both; an answer that is not streamed is one such line."""

    def __init__(self) -> None:
        self._open = OpenChannels()
        self._calls = 0

    def read(self, payload: Record, event: str | None) -> Iterator[Event]:
        """Yield what one line says."""
        del event
        if "error" in payload:
            yield Failure("error")
            return
        if not payload.keys() & {"message", "response"}:
            yield Opaque("neither message nor response")
        message = record(payload.get("message"), "message")
        yield from self._text("text", payload.get("response"), "response")
        yield from self._text("text", message.get("content"), "content")
        yield from self._text("reasoning", payload.get("thinking"), "thinking")
        yield from self._text("reasoning", message.get("thinking"), "thinking")
        for value in items(message.get("tool_calls"), "tool_calls"):
            function = record(record(value, "a tool call").get("function"), "function")
            channel = Channel("arguments", f"0.{self._calls}")
            self._calls += 1
            yield Call(channel, text(function.get("name"), "name"))
            self._open.add(channel)
            yield Delta(channel, written(function.get("arguments")), (), "0", json=True)
        if payload.get("done") is True:
            yield from self._open.close()
            yield Finish("0", text(payload.get("done_reason"), "done_reason") or "stop")
            prompt = number(payload.get("prompt_eval_count"), "prompt_eval_count")
            yield Usage(prompt, number(payload.get("eval_count"), "eval_count"))

    def body(self, payload: Record) -> Iterator[Event]:
        """Yield what a whole answer says."""
        return self.read(payload, None)

    def end(self) -> Iterator[Event]:
        """The stream is over: close what it left open."""
        return self._open.close()

    def _text(self, kind: Kind, value: object, what: str) -> Iterator[Event]:
        if said := text(value, what):
            channel = Channel(kind, "0")
            self._open.add(channel)
            yield Delta(channel, said)
