"""Google Gemini `generateContent` and `streamGenerateContent`.

Channels: `text` and `reasoning` (thoughts) by candidate (`0`); `arguments` by candidate and call
(`0.1`), of arguments that come piece by piece one more for each place in them (`0.1$.city`);
`extra` for code that was run and what it printed. All are open until the stream ends: a reason to
finish may stand in every response of it, and text behind one.
"""

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
    Path,
    Usage,
)
from connectors.providers.payload import Record, items, number, record, text, written
from connectors.providers.reading import OpenChannels

_KNOWN_PARTS = ("text", "functionCall", "executableCode", "codeExecutionResult")
# Beside those: signs of a part, no part by themselves.
_SIGNS = frozenset(["thought", "thoughtSignature", "partMetadata"])


class GeminiReader:
    """Reads `GenerateContentResponse`, of which a stream is a sequence."""

    def __init__(self) -> None:
        self._open = OpenChannels()
        self._calls: dict[str, int] = {}

    def read(self, payload: Record, event: str | None) -> Iterator[Event]:
        """Yield what one response says."""
        del event
        if payload.get("error") is not None:
            yield Failure(error_code(payload))
        elif not payload.keys() & {"candidates", "promptFeedback", "usageMetadata"}:
            yield Opaque("neither candidates nor feedback nor usage")
        for place, value in enumerate(items(payload.get("candidates"), "candidates")):
            candidate = record(value, "a candidate")
            key = str(number(candidate.get("index"), "index"))
            content = record(candidate.get("content"), "content")
            for part_place, part in enumerate(items(content.get("parts"), "parts")):
                path: Path = ("candidates", place, "content", "parts", part_place)
                yield from self._part(record(part, "a part"), key, path)
            if reason := text(candidate.get("finishReason"), "finishReason"):
                yield Finish(key, reason)
        blocked = record(payload.get("promptFeedback"), "promptFeedback").get("blockReason")
        if blocked:
            yield Finish("0", text(blocked, "blockReason"))
        yield from _usage(payload)

    def body(self, payload: Record) -> Iterator[Event]:
        """Yield what a whole answer says."""
        return self.read(payload, None)

    def end(self) -> Iterator[Event]:
        """The stream is over: close what it left open."""
        return self._open.close()

    def _part(self, part: Record, key: str, path: Path) -> Iterator[Event]:
        if said := text(part.get("text"), "text"):
            kind: Kind = "reasoning" if part.get("thought") is True else "text"
            yield self._delta(Channel(kind, key), said, (*path, "text"), key)
        if "functionCall" in part:
            call = record(part["functionCall"], "functionCall")
            yield from self._call(call, key, (*path, "functionCall"))
        for field in ("executableCode", "codeExecutionResult"):
            if part.get(field):
                channel = Channel("extra", f"{key}.{field}")
                said = written(part[field])
                yield self._delta(channel, said, (*path, field), key, value=True)
        if unknown := part.keys() - _SIGNS - set(_KNOWN_PARTS):
            yield Opaque(f"part {min(unknown)}"[:64])

    def _call(self, call: Record, key: str, path: Path) -> Iterator[Event]:
        # A call goes on in later parts, which have no name.
        if name := text(call.get("name"), "name"):
            self._calls[key] = self._calls.get(key, -1) + 1
        index = f"{key}.{self._calls.get(key, 0)}"
        channel = Channel("arguments", index)
        if name:
            yield Call(channel, name)
        if call.get("args"):
            said = written(call["args"])
            yield self._delta(channel, said, (*path, "args"), key, value=True)
        for place, value in enumerate(items(call.get("partialArgs"), "partialArgs")):
            part = record(value, "an argument")
            if said := text(part.get("stringValue"), "stringValue"):
                where = Channel("arguments", index + text(part.get("jsonPath"), "jsonPath"))
                yield self._delta(where, said, (*path, "partialArgs", place, "stringValue"), key)

    def _delta(
        self, channel: Channel, said: str, path: Path, key: str, *, value: bool = False
    ) -> Delta:
        self._open.add(channel)
        return Delta(channel, said, path, key, json=value, value=value)


def _usage(payload: Record) -> Iterator[Event]:
    counted = record(payload.get("usageMetadata"), "usageMetadata")
    if "promptTokenCount" in counted or "candidatesTokenCount" in counted:
        prompt = number(counted.get("promptTokenCount"), "promptTokenCount")
        yield Usage(prompt, number(counted.get("candidatesTokenCount"), "candidatesTokenCount"))
