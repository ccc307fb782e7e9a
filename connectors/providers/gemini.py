"""Google Gemini `generateContent` and `streamGenerateContent`.

Channels: `text` and `reasoning` (thoughts) by candidate (`0`); `arguments` by candidate and call
(`0.1`), of arguments that come piece by piece one more for each place in them (`0.1$.city`);
`extra` for code that was run and what it printed. Texts are open until the stream ends: a reason to
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
from connectors.providers.payload import Record, items, number, record, text, word, written
from connectors.providers.reading import OpenChannels

# What a part may hold; files and pictures have no text.
_KNOWN = frozenset(
    [
        *("text", "functionCall", "executableCode", "codeExecutionResult"),
        *("thought", "thoughtSignature", "inlineData", "fileData", "videoMetadata"),
    ]
)


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
                yield from self._after(key)
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
        elif "partialArgs" not in record(part.get("functionCall"), "functionCall"):
            # Clients keep the parts of an answer in their order.
            yield from self._after(key)
        if "functionCall" in part:
            call = record(part["functionCall"], "functionCall")
            yield from self._call(call, key, (*path, "functionCall"))
        for field in ("executableCode", "codeExecutionResult"):
            if part.get(field):
                channel = Channel("extra", f"{key}.{field}")
                said = written(part[field])
                yield self._delta(channel, said, (*path, field), key, value=True)
        if unknown := part.keys() - _KNOWN:
            yield Opaque(f"part {word(min(unknown))}")

    def _after(self, key: str) -> Iterator[Event]:
        return self._open.after(lambda one: one.index == key)

    def _call(self, call: Record, key: str, path: Path) -> Iterator[Event]:
        # A call goes on in later parts, which have no name; an empty one ends it.
        name = text(call.get("name"), "name")
        index = f"{key}.{self._calls.get(key, 0)}"
        if name or not call:
            yield from self._close(index)
        if name:
            self._calls[key] = self._calls.get(key, -1) + 1
            index = f"{key}.{self._calls[key]}"
            yield Call(Channel("arguments", index), name)
        if call.get("args"):
            said = written(call["args"])
            channel = Channel("arguments", index)
            yield self._delta(channel, said, (*path, "args"), key, value=True)
            yield from self._close(index)
        for place, value in enumerate(items(call.get("partialArgs"), "partialArgs")):
            part = record(value, "an argument")
            where = index + text(part.get("jsonPath"), "jsonPath")
            if said := text(part.get("stringValue"), "stringValue"):
                channel = Channel("arguments", where)
                yield self._delta(channel, said, (*path, "partialArgs", place, "stringValue"), key)
            if part.get("willContinue") is not True:
                yield from self._open.close(lambda one, own=where: one.index == own)  # type: ignore[misc]

    def _close(self, index: str) -> Iterator[Event]:
        """End the texts of a call."""
        return self._open.close(lambda one: one.index.partition("$")[0] == index)

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
