"""OpenAI chat completions, and the many that speak it.

Channels: `text`, `reasoning`, `refusal` by choice (`0`), `arguments` by choice and tool call
(`0.1`). What says the same under another name (`reasoning` beside `reasoning_content`, a `message`
beside a `delta`) is `extra`, so that nothing is read twice.
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
    Path,
    Usage,
)
from connectors.providers.payload import Record, items, number, record, text, word
from connectors.providers.reading import OpenChannels

_REASONING = ("reasoning_content", "reasoning")


class ChatReader:
    """Reads `chat.completion.chunk` events and `chat.completion` answers."""

    def __init__(self) -> None:
        self._open = OpenChannels()
        # Which field a choice says its reasoning in: the first one seen.
        self._reasoning: dict[str, str] = {}
        self._calls: set[Channel] = set()

    def read(self, payload: Record, event: str | None) -> Iterator[Event]:
        """Yield what one event says."""
        del event
        return self._read(payload, "delta", "message")

    def body(self, payload: Record) -> Iterator[Event]:
        """Yield what a whole answer says."""
        return self._read(payload, "message", "delta")

    def end(self) -> Iterator[Event]:
        """The stream is over: close what it left open."""
        return self._open.close()

    def _read(self, payload: Record, main: str, other: str) -> Iterator[Event]:
        if payload.get("error") is not None:
            yield Failure(error_code(payload))
        elif "choices" not in payload and "usage" not in payload:
            yield Opaque("neither choices nor usage")
        for place, value in enumerate(items(payload.get("choices"), "choices")):
            choice = record(value, "a choice")
            key = str(number(choice.get("index"), "index"))
            for field in (main, other):
                message = _Message(self, key, ("choices", place, field), extra=field == other)
                yield from message.read(record(choice.get(field), field))
            if reason := text(choice.get("finish_reason"), "finish_reason"):
                yield from self._open.close_of(key)
                yield Finish(key, reason)
        if payload.get("usage"):
            # The last usage counts, also for clients: none may come behind it.
            yield from self._open.after()
        yield from usage(payload)


class _Message:
    """One `delta` or `message`, and where it stands."""

    __slots__ = ("_extra", "_key", "_path", "_reader")

    def __init__(self, reader: ChatReader, key: str, path: Path, *, extra: bool) -> None:
        self._reader, self._key, self._path, self._extra = reader, key, path, extra

    def read(self, message: Record) -> Iterator[Event]:
        """Yield the texts of the message."""
        yield from self._content(message.get("content"))
        known = self._reader._reasoning
        for field in _REASONING:
            if said := text(message.get(field), field):
                first = known.setdefault(self._key, field) == field
                index = self._key if first else f"{self._key}.{field}"
                yield self._delta("reasoning" if first else "extra", index, said, field)
        yield from self._text("refusal", message.get("refusal"), "refusal")
        details = items(message.get("reasoning_details"), "reasoning_details")
        for place, detail in enumerate(details):
            for field in ("text", "summary"):
                said = text(record(detail, "a detail").get(field), field)
                index = f"{self._key}.reasoning_details.{field}"
                yield from self._text("extra", said, "reasoning_details", place, field, index=index)
        audio = record(message.get("audio"), "audio")
        index = f"{self._key}.audio"
        yield from self._text("extra", audio.get("transcript"), "audio", "transcript", index=index)
        yield from self._tools(message)

    def _content(self, content: object) -> Iterator[Event]:
        """Content is a text; of some providers a list of texts and thoughts."""
        if not isinstance(content, list):
            yield from self._text("text", content, "content")
            return
        for place, value in enumerate(content):
            part = record(value, "a part of content")
            kind = word(part.get("type"))
            if kind == "text":
                yield from self._text("text", part.get("text"), "content", place, "text")
            elif kind == "thinking":
                for inner, thought in enumerate(items(part.get("thinking"), "thinking")):
                    said = record(thought, "a thought").get("text")
                    path = ("content", place, "thinking", inner, "text")
                    yield from self._text("reasoning", said, *path)
            else:
                yield Opaque(f"content {kind}")

    def _tools(self, message: Record) -> Iterator[Event]:
        for place, value in enumerate(items(message.get("tool_calls"), "tool_calls")):
            call = record(value, "a tool call")
            index = f"{self._key}.{number(call.get('index', place), 'index')}"
            for field, said in (("function", "arguments"), ("custom", "input")):
                function = record(call.get(field), field)
                yield from self._tool(function, said, index, "tool_calls", place, field)
        function = record(message.get("function_call"), "function_call")
        yield from self._tool(function, "arguments", f"{self._key}.function", "function_call")

    def _tool(self, function: Record, field: str, index: str, *path: str | int) -> Iterator[Event]:
        calls = self._reader._calls
        channel = self._channel("arguments", index)
        name = text(function.get("name"), "name")
        if function and not self._extra and channel not in calls:
            calls.add(channel)
            yield Call(channel, name)
        if said := text(function.get(field), field):
            yield self._delta("arguments", index, said, *path, field, json=field == "arguments")

    def _text(
        self, kind: Kind, said: object, *path: str | int, index: str | None = None
    ) -> Iterator[Event]:
        if said := text(said, str(path[-1])):
            yield self._delta(kind, self._key if index is None else index, said, *path)

    def _delta(
        self, kind: Kind, index: str, said: str, *path: str | int, json: bool = False
    ) -> Delta:
        channel = self._channel(kind, index)
        self._reader._open.add(channel)
        return Delta(channel, said, (*self._path, *path), self._key, json=json)

    def _channel(self, kind: Kind, index: str) -> Channel:
        return Channel("extra", f"{index}.also.{kind}") if self._extra else Channel(kind, index)


def usage(payload: Record) -> Iterator[Event]:
    """Yield the tokens an OpenAI answer counts."""
    counted = record(payload.get("usage"), "usage")
    if counted:
        prompt = counted.get("prompt_tokens", counted.get("input_tokens"))
        completion = counted.get("completion_tokens", counted.get("output_tokens"))
        yield Usage(number(prompt, "prompt_tokens"), number(completion, "completion_tokens"))


def error_code(payload: Record) -> str:
    """Return the provider's word for what went wrong, never its message."""
    error = payload.get("error")
    if isinstance(error, dict):
        return word(error.get("code") or error.get("type") or error.get("status")) or "error"
    return word(payload.get("code")) or "error"
