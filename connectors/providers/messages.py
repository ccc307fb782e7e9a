"""Anthropic messages.

Channels: `text` and `reasoning` by block (`0`), `arguments` by block; `extra` for what tools said
and for citations. Text blocks that follow each other directly are one channel, with the index of
the first: an answer with citations is cut into blocks in the middle of its sentences. A stream
that holds several messages has their number before it from the second on (`m1/0`).
"""

from __future__ import annotations

from collections.abc import Iterator

from connectors.providers.chat import error_code
from connectors.providers.events import (
    After,
    Call,
    Channel,
    Close,
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

# Blocks with a call of a tool; their input comes as JSON.
_CALLS = frozenset(["tool_use", "server_tool_use", "mcp_tool_use"])
# Blocks that come whole: what tools answered. The rest of them is known by this ending.
_RESULT = "_tool_result"
_SILENT = frozenset(["redacted_thinking", "fallback", "container_upload", "compaction"])
_TEXTS: dict[str, tuple[Kind, str]] = {
    "text": ("text", "text"),
    "thinking": ("reasoning", "thinking"),
}
_DELTAS: dict[str, tuple[Kind, str]] = {
    "text_delta": ("text", "text"),
    "thinking_delta": ("reasoning", "thinking"),
    "input_json_delta": ("arguments", "partial_json"),
}


class MessagesReader:
    """Reads message events and `message` answers."""

    def __init__(self) -> None:
        # The run of text blocks that may go on, and blocks that are open, by their index.
        self._run: Channel | None = None
        self._blocks: dict[str, Channel] = {}
        self._prompt = 0
        self._begun = self._cited = 0

    def read(self, payload: Record, event: str | None) -> Iterator[Event]:
        """Yield what one event says."""
        kind = word(payload.get("type"))
        if event is not None and event != kind:
            yield Opaque(f"{word(event)} with type {kind}")
        elif kind == "message_start":
            yield from self._close_all()
            self._begun += 1
            message = record(payload.get("message"), "message")
            yield from self._whole(message, ("message", "content"))
            yield from self._usage(message)
        elif kind == "content_block_start":
            block = record(payload.get("content_block"), "content_block")
            yield from self._begin(block, self._index(payload), ("content_block",))
        elif kind == "content_block_delta":
            yield from self._delta(record(payload.get("delta"), "delta"), self._index(payload))
        elif kind == "content_block_stop":
            yield from self._stop(self._index(payload))
        elif kind == "message_delta":
            yield from self._close_all()
            delta = record(payload.get("delta"), "delta")
            if reason := text(delta.get("stop_reason"), "stop_reason"):
                yield Finish("0", reason)
            yield from self._usage(payload)
        elif kind == "message_stop":
            yield from self._close_all()
        elif kind == "error":
            yield Failure(error_code(payload))
        elif kind != "ping":
            yield Opaque(kind)

    def body(self, payload: Record) -> Iterator[Event]:
        """Yield what a whole answer says."""
        if payload.get("type") == "error":
            yield Failure(error_code(payload))
            return
        if "content" not in payload:
            yield Opaque("no content")
        yield from self._whole(payload, ("content",))
        yield from self._close_all()
        if reason := text(payload.get("stop_reason"), "stop_reason"):
            yield Finish("0", reason)
        yield from self._usage(payload)

    def end(self) -> Iterator[Event]:
        """The stream is over: close what it left open."""
        return self._close_all()

    def _whole(self, message: Record, path: Path) -> Iterator[Event]:
        for place, block in enumerate(items(message.get("content"), "content")):
            index = self._place(place)
            yield from self._begin(record(block, "a block"), index, (*path, place))
            yield from self._stop(index)

    def _begin(self, block: Record, index: str, path: Path) -> Iterator[Event]:
        kind = word(block.get("type"))
        if kind != "text":
            yield from self._end_run()
        if kind in _TEXTS:
            channel_kind, field = _TEXTS[kind]
            yield from self._text(
                channel_kind, index, text(block.get(field), field), (*path, field)
            )
        elif kind in _CALLS:
            channel = self._blocks[index] = Channel("arguments", index)
            yield Call(channel, text(block.get("name"), "name"))
            if block.get("input"):
                said = written(block["input"])
                yield Delta(channel, said, (*path, "input"), index, json=True, value=True)
        elif kind.endswith(_RESULT):
            channel = self._blocks[index] = Channel("extra", index)
            if block.get("content"):
                said = written(block["content"])
                yield Delta(channel, said, (*path, "content"), index, json=True, value=True)
        elif kind not in _SILENT:
            yield Opaque(f"block {kind}")

    def _delta(self, delta: Record, index: str) -> Iterator[Event]:
        kind = word(delta.get("type"))
        if kind in _DELTAS:
            channel_kind, field = _DELTAS[kind]
            said = text(delta.get(field), field)
            yield from self._text(channel_kind, index, said, ("delta", field))
        elif kind == "citations_delta":
            said = written(delta.get("citation"))
            self._cited += 1
            channel = Channel("extra", f"{index}.citation{self._cited}")
            yield Delta(channel, said, ("delta", "citation"), index, json=True, value=True)
            yield Close(channel)
            if self._run is not None:
                yield After(self._run)
        elif kind == "compaction_delta":
            # A summary comes whole; clients take the last one and join none.
            if said := text(delta.get("content"), "content"):
                channel = self._blocks[index] = Channel("extra", index)
                yield Delta(channel, said, ("delta", "content"), index, value=True)
        elif kind == "signature_delta":
            if index in self._blocks:
                yield After(self._blocks[index])
        else:
            yield Opaque(f"delta {kind}")

    def _text(self, kind: Kind, index: str, said: str, path: Path) -> Iterator[Event]:
        if kind == "text":
            self._run = self._run or Channel("text", index)
        if said:
            channel = self._run if kind == "text" and self._run else Channel(kind, index)
            if kind != "text":
                self._blocks[index] = channel
            yield Delta(channel, said, path, index, json=kind == "arguments")

    def _stop(self, index: str) -> Iterator[Event]:
        channel = self._blocks.pop(index, None)
        if channel is not None:
            yield Close(channel)
        elif self._run is not None:
            yield After(self._run)

    def _end_run(self) -> Iterator[Event]:
        if self._run is not None:
            yield Close(self._run)
            self._run = None

    def _close_all(self) -> Iterator[Event]:
        yield from self._end_run()
        for index in tuple(self._blocks):
            yield from self._stop(index)

    def _usage(self, message: Record) -> Iterator[Event]:
        counted = record(message.get("usage"), "usage")
        if counted:
            self._prompt = number(counted.get("input_tokens"), "input_tokens") or self._prompt
            yield Usage(self._prompt, number(counted.get("output_tokens"), "output_tokens"))

    def _index(self, payload: Record) -> str:
        return self._place(number(payload.get("index"), "index"))

    def _place(self, index: int) -> str:
        return str(index) if self._begun < 2 else f"m{self._begun - 1}/{index}"
