"""OpenAI responses.

Channels: `text` and `refusal` by item and part (`0:0`), `reasoning` likewise (`0:0`, a summary's
parts `0:s0`), `arguments` by item (`1`; of a shell by item and command, `1:0`), also code that is
run and patches; `extra` for what tools printed. A stream that holds several responses has their
number before it from the second on (`r1/0:0`).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from connectors.providers.chat import error_code, usage
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
    Stated,
)
from connectors.providers.payload import Record, items, number, record, text, word
from connectors.providers.reading import OpenChannels


class _Said(NamedTuple):
    """How one kind of text comes: the channel's kind, the field of its end, what counts its parts
    within the item (a field, and a letter before the number), and whether it is JSON.
    """

    kind: Kind
    field: str
    part: str | None = None
    letter: str = ""
    json: bool = False


_TEXTS = {
    "output_text": _Said("text", "text", "content_index"),
    "refusal": _Said("refusal", "refusal", "content_index"),
    "reasoning_text": _Said("reasoning", "text", "content_index"),
    "reasoning_summary_text": _Said("reasoning", "text", "summary_index", "s"),
    "function_call_arguments": _Said("arguments", "arguments", json=True),
    "mcp_call_arguments": _Said("arguments", "arguments", json=True),
    "custom_tool_call_input": _Said("arguments", "input"),
    "code_interpreter_call_code": _Said("arguments", "code"),
    "apply_patch_call_operation_diff": _Said("arguments", "diff"),
    "shell_call_command": _Said("arguments", "command", "command_index"),
}
_ENDS = frozenset(["response.completed", "response.incomplete", "response.failed"])
# Events that say how far something is, or repeat what was said before.
_SILENT = frozenset(
    [
        *("response.queued", "response.in_progress", "response.shell_call_command.added"),
        *("response.content_part.added", "response.content_part.done"),
        *("response.reasoning_summary_part.added", "response.reasoning_summary_part.done"),
        *("response.shell_call_output_content.done", "keepalive"),
        "response.image_generation_call.partial_image",
    ]
)
_STEPS = ("in_progress", "searching", "interpreting", "generating", "completed", "failed")
_WORKING = frozenset(
    f"response.{tool}.{step}"
    for tool in (
        *("web_search_call", "file_search_call", "code_interpreter_call"),
        *("image_generation_call", "mcp_call", "mcp_list_tools"),
    )
    for step in _STEPS
)
# Items with a name: calls of functions. The others are tools of the provider's own.
_CALLS = {"function_call": "arguments", "mcp_call": "arguments", "custom_tool_call": "input"}


class ResponsesReader:
    """Reads response events and `response` answers."""

    def __init__(self) -> None:
        self._open = OpenChannels()
        self._begun = 0

    def read(self, payload: Record, event: str | None) -> Iterator[Event]:
        """Yield what one event says."""
        kind = word(payload.get("type"))
        _check(payload)
        if event is not None and event != kind:
            yield Opaque(f"{word(event)} with type {kind}")
        elif kind in _ENDS:
            yield from self._open.close()
            response = record(payload.get("response"), "response")
            if kind == "response.failed":
                yield Failure(error_code(response))
            yield Finish("0", kind)
            yield from usage(response)
        elif kind == "error":
            yield Failure(error_code(payload))
        elif kind == "response.created":
            self._begun += 1
        elif kind in ("response.output_item.added", "response.output_item.done"):
            item = record(payload.get("item"), "item")
            yield from self._item(item, payload, ("item",), begins=kind.endswith("added"))
        elif kind == "response.output_text.annotation.added":
            part = number(payload.get("content_index"), "content_index")
            yield After(Channel("text", f"{self._index(payload)}:{part}"))
        elif kind == "response.shell_call_output_content.delta":
            yield from self._output(payload)
        elif kind not in _SILENT and kind not in _WORKING:
            yield from self._text(payload, kind)

    def body(self, payload: Record) -> Iterator[Event]:
        """Yield what a whole answer says."""
        self._begun = 1
        if payload.get("error") is not None:
            yield Failure(error_code(payload))
        elif "output" not in payload:
            yield Opaque("no output")
        for index, value in enumerate(items(payload.get("output"), "output")):
            item = record(value, "an item")
            path: Path = ("output", index)
            yield from self._message(item, index, path)
            yield from self._item(item, {"output_index": index}, path, begins=True)
            yield from self._item(item, {"output_index": index}, path, begins=False)
        yield Finish("0", f"response.{word(payload.get('status'))}")
        yield from usage(payload)

    def end(self) -> Iterator[Event]:
        """The stream is over: close what it left open."""
        return self._open.close()

    def _text(self, payload: Record, kind: str) -> Iterator[Event]:
        name, _, step = kind.removeprefix("response.").rpartition(".")
        said = _TEXTS.get(name)
        if said is None or step not in ("delta", "done"):
            yield Opaque(kind)
            return
        index = self._index(payload)
        if said.part is not None:
            index += f":{said.letter}{number(payload.get(said.part), said.part)}"
        channel = Channel(said.kind, index)
        field = "delta" if step == "delta" else said.field
        value = text(payload.get(field), field)
        if step == "done":
            if value:
                yield Stated(channel, value, (field,), index, json=said.json)
            yield from self._open.close(lambda one: one == channel)
        elif value:
            self._open.add(channel)
            yield Delta(channel, value, (field,), index, json=said.json)

    def _item(self, item: Record, payload: Record, path: Path, *, begins: bool) -> Iterator[Event]:
        kind = word(item.get("type"))
        if kind not in _CALLS:
            return
        channel = Channel("arguments", self._index(payload))
        if begins:
            yield Call(channel, text(item.get("name"), "name"))
            return
        field = _CALLS[kind]
        if value := text(item.get(field), field):
            yield Stated(channel, value, (*path, field), channel.index, json=field == "arguments")

    def _message(self, item: Record, index: int, path: Path) -> Iterator[Event]:
        """Read the texts of an item that comes whole."""
        for field, letter in (("content", ""), ("summary", "s")):
            for place, value in enumerate(items(item.get(field), field)):
                part = record(value, "a part")
                kind = word(part.get("type"))
                name = "refusal" if kind == "refusal" else "text"
                where = f"{index}:{letter}{place}"
                channel_kind: Kind = "reasoning" if item.get("type") == "reasoning" else "text"
                channel = Channel("refusal" if kind == "refusal" else channel_kind, where)
                if value := text(part.get(name), name):
                    yield Delta(channel, value, (*path, field, place, name), where)
                    yield Close(channel)

    def _output(self, payload: Record) -> Iterator[Event]:
        command = number(payload.get("command_index"), "command_index")
        for field, value in record(payload.get("delta"), "delta").items():
            if said := text(value, field):
                channel = Channel("extra", f"{self._index(payload)}:{command}.{word(field)}")
                self._open.add(channel)
                yield Delta(channel, said, ("delta", field), self._index(payload))

    def _index(self, payload: Record) -> str:
        index = str(number(payload.get("output_index"), "output_index"))
        return index if self._begun < 2 else f"r{self._begun - 1}/{index}"


def _check(payload: Record) -> None:
    """Raise WrongShape unless numbers and objects are such: whoever writes events counts on it."""
    for field in ("sequence_number", "output_index", "content_index"):
        number(payload.get(field), field)
    for field in ("response", "item", "part"):
        record(payload.get(field), field)
    part = record(payload.get("part"), "part")
    for field in ("text", "refusal"):
        text(part.get(field), field)
