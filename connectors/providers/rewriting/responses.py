"""OpenAI responses, as the guarded proxy writes them."""

from __future__ import annotations

from typing import Any

from connectors.providers.payload import Record
from connectors.providers.rewriting.dialect import Closing, message
from connectors.providers.rewriting.shape import (
    ASIDE,
    ERROR,
    KEEP,
    LOGPROBS,
    OFFSETS,
    PICTURE,
    Shape,
)

_PART: Shape = {"type": KEEP, "annotations": OFFSETS, "logprobs": LOGPROBS, "*": ASIDE}
_KNOWN = {
    **dict.fromkeys(("id", "type", "status", "role", "phase", "call_id", "name"), KEEP),
    **dict.fromkeys(("namespace", "server_label", "encrypted_content", "container_id"), KEEP),
    **dict.fromkeys(("approval_request_id", "fingerprint", "execution", "caller"), KEEP),
    **dict.fromkeys(("environment", "output_format", "quality", "size", "background"), KEEP),
    "content": _PART,
    "summary": _PART,
    "*": ASIDE,
}
_ITEM: Shape = {**_KNOWN, "?": {"image_generation_call": {**_KNOWN, "result": PICTURE}}}
# What a response repeats of its request, and what it says of itself.
_RESPONSE: Shape = {
    **dict.fromkeys(("id", "object", "created_at", "completed_at", "status", "model"), KEEP),
    **dict.fromkeys(("incomplete_details", "instructions", "max_output_tokens"), KEEP),
    "error": ERROR,
    **dict.fromkeys(("max_tool_calls", "parallel_tool_calls", "previous_response_id"), KEEP),
    **dict.fromkeys(("prompt", "prompt_cache_key", "prompt_cache_retention", "reasoning"), KEEP),
    **dict.fromkeys(("safety_identifier", "service_tier", "store", "temperature", "text"), KEEP),
    **dict.fromkeys(("tool_choice", "tools", "top_p", "top_logprobs", "truncation"), KEEP),
    **dict.fromkeys(("usage", "user", "metadata", "background", "billing", "conversation"), KEEP),
    **dict.fromkeys(("content_filters", "moderation", "input", "debug_output"), KEEP),
    "output": _ITEM,
    "*": ASIDE,
}
_SHAPE: Shape = {
    **dict.fromkeys(("type", "sequence_number", "item_id", "obfuscation", "status"), KEEP),
    **dict.fromkeys(("output_format", "size", "quality", "background", "param"), KEEP),
    "error": ERROR,
    "copilot_usage": KEEP,
    **dict.fromkeys(("delta", "text", "refusal", "arguments", "input", "code", "diff"), ASIDE),
    **dict.fromkeys(("command", "output", "message"), ASIDE),
    "partial_image_b64": PICTURE,
    "logprobs": LOGPROBS,
    "annotation": OFFSETS,
    "item": _ITEM,
    "part": _PART,
    "response": _RESPONSE,
}
_TEXTS = {
    "response.output_text.delta": "text",
    "response.refusal.delta": "refusal",
}
_FILTERED = {"status": "incomplete", "incomplete_details": {"reason": "content_filter"}}
_BEGINNING: Record = {
    "id": "resp_stopped",
    "object": "response",
    "created_at": 0,
    "model": "",
    "parallel_tool_calls": True,
    "tool_choice": "auto",
    "tools": [],
}


class ResponsesDialect:
    """Ends a blocked reply with `response.incomplete` for reason `content_filter`. Messages that
    are open are ended with what was sent of them; calls of tools that are open are left out.
    """

    shape = _SHAPE
    body_shape = _RESPONSE
    late = frozenset(["logprobs", "obfuscation"])
    kept: frozenset[str] = frozenset()
    splits = False
    keep_alive: Record | None = None

    def __init__(self) -> None:
        self._response = _BEGINNING
        self._number = -1
        self._items: dict[int, Record] = {}
        self._open: set[int] = set()
        # The parts of each message, and which of them are open.
        self._parts: dict[tuple[int, int], Record] = {}
        self._open_parts: set[tuple[int, int]] = set()

    def came(self, payload: Record) -> None:
        """What has come is not asked for."""

    def sent(self, payload: Record) -> None:
        """Note what the client has got."""
        kind = payload.get("type") or ""
        self._number = max(self._number, payload.get("sequence_number") or 0)
        index = payload.get("output_index") or 0
        where = (index, payload.get("content_index") or 0)
        if kind in ("response.created", "response.in_progress"):
            self._response = payload.get("response") or _BEGINNING
        elif kind == "response.output_item.added":
            self._items[index] = payload.get("item") or {}
            self._open.add(index)
        elif kind == "response.output_item.done":
            self._items[index] = payload.get("item") or {}
            self._open.discard(index)
        elif kind == "response.content_part.added":
            self._parts[where] = dict(payload.get("part") or {})
            self._open_parts.add(where)
        elif kind == "response.content_part.done":
            self._parts[where] = payload.get("part") or {}
            self._open_parts.discard(where)
        elif kind in _TEXTS and where in self._parts:
            part, field = self._parts[where], _TEXTS[kind]
            part[field] = (part.get(field) or "") + (payload.get("delta") or "")

    def block(self) -> Closing:
        """Return how a reply ends that was blocked."""
        events: list[Record] = []
        for index in sorted(self._open):
            events += self._end_item(index)
        response = {**self._response, **_FILTERED, "output": self._output()}
        events.append({"type": "response.incomplete", "response": response})
        return self._closing(events)

    def fail(self, code: str) -> Closing:
        """Return how a reply ends that could not be guarded."""
        error = {"code": "server_error", "message": message(code)}
        response = {**self._response, "status": "failed", "error": error, "output": self._output()}
        return self._closing([{"type": "response.failed", "response": response}])

    def block_body(self, payload: Record) -> Record:
        """Return an answer that was blocked; its texts are what was released."""
        return {**payload, **_FILTERED}

    def fail_body(self, code: str) -> Record:
        """Return an answer that could not be guarded."""
        error = {"message": message(code), "type": "server_error", "param": None, "code": code}
        return {"error": error}

    def _end_item(self, index: int) -> list[Record]:
        item = self._items[index]
        if item.get("type") != "message":
            return []
        places = sorted(place for place in self._parts if place[0] == index)
        events: list[Record] = []
        for place in places:
            if place in self._open_parts:
                events += self._end_part(item, place)
        content = [self._parts[place] for place in places]
        done = self._items[index] = {**item, "status": "incomplete", "content": content}
        self._open.discard(index)
        event = {"type": "response.output_item.done", "output_index": index, "item": done}
        return [*events, event]

    def _end_part(self, item: Record, place: tuple[int, int]) -> list[Record]:
        part = self._parts[place]
        at = {"item_id": item.get("id"), "output_index": place[0], "content_index": place[1]}
        events: list[Record] = []
        if part.get("type") == "output_text":
            text: dict[str, Any] = {"text": part.get("text") or "", "logprobs": []}
            events.append({"type": "response.output_text.done", **at, **text})
        elif part.get("type") == "refusal":
            refusal = part.get("refusal") or ""
            events.append({"type": "response.refusal.done", **at, "refusal": refusal})
        return [*events, {"type": "response.content_part.done", **at, "part": part}]

    def _output(self) -> list[Record]:
        return [item for index, item in sorted(self._items.items()) if index not in self._open]

    def _closing(self, events: list[Record]) -> Closing:
        numbered = []
        for event in events:
            self._number += 1
            numbered.append((event["type"], {**event, "sequence_number": self._number}))
        return Closing(numbered)
