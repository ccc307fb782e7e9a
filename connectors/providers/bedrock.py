"""Amazon Bedrock: the Converse API, and models called by their own APIs.

Channels of Converse: `text` by the first of the text blocks that follow each other (some models
put each token into a block of its own), `reasoning` and `arguments` by block. `invoke` wraps what
the model's API says in base64: Anthropic's, Converse's shape (Nova), or Titan's and Llama's.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator

from connectors.providers.events import (
    Call,
    Channel,
    Close,
    Delta,
    Event,
    Failure,
    Finish,
    Kind,
    Opaque,
    Usage,
)
from connectors.providers.messages import MessagesReader
from connectors.providers.payload import (
    Record,
    WrongShape,
    items,
    number,
    parse,
    record,
    text,
    word,
    written,
)
from connectors.providers.reading import OpenChannels

_EVENTS = (
    "messageStart",
    "contentBlockStart",
    "contentBlockDelta",
    "contentBlockStop",
    "messageStop",
    "metadata",
)


class ConverseReader:
    """Reads the events of `ConverseStream`, bare or under their name, and answers of `Converse`."""

    def __init__(self) -> None:
        self._run: Channel | None = None
        self._open = OpenChannels()

    def read(self, payload: Record, event: str | None) -> Iterator[Event]:
        """Yield what one event says. event: its name, where it is framed by AWS."""
        if event is not None and event.startswith("!"):
            yield Failure(word(event[1:]))
            return
        name = event or next((name for name in _EVENTS if name in payload), None)
        if name not in _EVENTS:
            yield Opaque(word(name or min(payload, default="")))
            return
        said = payload if event else record(payload[name], name)
        index = str(number(said.get("contentBlockIndex"), "contentBlockIndex"))
        if name == "contentBlockStart":
            yield from self._begin(record(said.get("start"), "start"), index)
        elif name == "contentBlockDelta":
            yield from self._delta(record(said.get("delta"), "delta"), index)
        elif name == "contentBlockStop":
            yield from self._open.close_of(index)
        elif name == "messageStop":
            yield from self.end()
            yield Finish("0", text(said.get("stopReason"), "stopReason"))
        elif name == "metadata":
            yield from _usage(record(said.get("usage"), "usage"))

    def body(self, payload: Record) -> Iterator[Event]:
        """Yield what a whole answer says."""
        output = record(payload.get("output"), "output")
        message = record(output.get("message"), "message")
        for place, value in enumerate(items(message.get("content"), "content")):
            yield from self._block(record(value, "a block"), str(place))
        yield from self.end()
        if reason := text(payload.get("stopReason"), "stopReason"):
            yield Finish("0", reason)
        yield from _usage(record(payload.get("usage"), "usage"))

    def end(self) -> Iterator[Event]:
        """The stream is over: close what it left open."""
        yield from self._end_run()
        yield from self._open.close()

    def _begin(self, start: Record, index: str) -> Iterator[Event]:
        if "toolUse" in start:
            yield from self._end_run()
            name = text(record(start["toolUse"], "toolUse").get("name"), "name")
            yield Call(Channel("arguments", index), name)
        elif start:
            yield Opaque(f"start {word(min(start))}")

    def _delta(self, delta: Record, index: str) -> Iterator[Event]:
        for field, value in delta.items():
            if field == "text":
                yield from self._text("text", index, text(value, "text"))
            elif field == "reasoningContent":
                said = text(record(value, field).get("text"), "text")
                yield from self._text("reasoning", index, said)
            elif field == "toolUse":
                said = text(record(value, field).get("input"), "input")
                yield from self._text("arguments", index, said)
            elif field == "citation":
                yield from self._text("extra", f"{index}.citation", written(value))
            else:
                yield Opaque(f"delta {word(field)}")

    def _block(self, block: Record, index: str) -> Iterator[Event]:
        if "toolUse" in block:
            tool = record(block["toolUse"], "toolUse")
            yield from self._begin({"toolUse": tool}, index)
            yield from self._text("arguments", index, written(tool.get("input")))
        elif "reasoningContent" in block:
            content = record(block["reasoningContent"], "reasoningContent")
            said = record(content.get("reasoningText"), "reasoningText").get("text")
            yield from self._text("reasoning", index, text(said, "text"))
        elif "text" in block:
            yield from self._text("text", index, text(block["text"], "text"))
        else:
            yield Opaque(f"block {word(min(block, default=''))}")

    def _text(self, kind: Kind, index: str, said: str) -> Iterator[Event]:
        if not said:
            return
        channel = Channel(kind, index)
        if kind == "text":
            channel = self._run = self._run or channel
        else:
            yield from self._end_run()
            self._open.add(channel)
        yield Delta(channel, said, (), index, json=kind in ("arguments", "extra"))

    def _end_run(self) -> Iterator[Event]:
        if self._run is not None:
            yield Close(self._run)
            self._run = None


class InvokeReader:
    """Reads `InvokeModelWithResponseStream`: the model's own events, in base64."""

    def __init__(self) -> None:
        self._messages = MessagesReader()
        self._converse = ConverseReader()
        self._open = OpenChannels()

    def read(self, payload: Record, event: str | None) -> Iterator[Event]:
        """Yield what one event says."""
        if event is not None and event.startswith("!"):
            return iter((Failure(word(event[1:])),))
        if "bytes" not in payload:
            return iter((Opaque(word(event or "no bytes")),))
        try:
            inner = base64.b64decode(text(payload["bytes"], "bytes"), validate=True)
        except (binascii.Error, ValueError) as error:
            raise WrongShape("not-base64: 'bytes' is not base64") from error
        return self.body(parse(inner))

    def body(self, payload: Record) -> Iterator[Event]:
        """Yield what the model's own payload says."""
        if payload.get("type") == "message":
            return self._messages.body(payload)
        if "type" in payload:
            return self._messages.read(payload, None)
        if any(name in payload for name in _EVENTS):
            return self._converse.read(payload, None)
        return self._plain(payload)

    def end(self) -> Iterator[Event]:
        """The stream is over: close what it left open."""
        yield from self._messages.end()
        yield from self._converse.end()
        yield from self._open.close()

    def _plain(self, payload: Record) -> Iterator[Event]:
        """Titan says `outputText`, Llama `generation`."""
        field = next((name for name in ("outputText", "generation") if name in payload), None)
        if field is None:
            yield Opaque(word(min(payload, default="nothing")))
            return
        index = str(number(payload.get("index"), "index"))
        if said := text(payload[field], field):
            channel = Channel("text", index)
            self._open.add(channel)
            yield Delta(channel, said, (), index)
        reason = text(payload.get("completionReason") or payload.get("stop_reason"), "stop_reason")
        if reason:
            yield from self._open.close()
            yield Finish(index, reason)


def _usage(counted: Record) -> Iterator[Event]:
    if counted:
        prompt = number(counted.get("inputTokens"), "inputTokens")
        yield Usage(prompt, number(counted.get("outputTokens"), "outputTokens"))
