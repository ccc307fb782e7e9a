"""Anthropic messages, as the guarded proxy writes them."""

from __future__ import annotations

from connectors.providers.payload import Record
from connectors.providers.rewriting.dialect import Closing, message
from connectors.providers.rewriting.shape import ASIDE, DROP, ERROR, KEEP, Shape

_BLOCK: Shape = {
    **dict.fromkeys(("type", "id", "name", "tool_use_id", "signature", "data", "caller"), KEEP),
    **dict.fromkeys(("server_name", "is_error", "from", "to", "cache_control", "file_id"), KEEP),
    "*": ASIDE,
}
_MESSAGE: Shape = {
    **dict.fromkeys(("id", "type", "role", "model", "stop_reason", "stop_sequence"), KEEP),
    **dict.fromkeys(("usage", "container", "context_management", "request_id"), KEEP),
    "error": ERROR,
    "content": _BLOCK,
    "*": ASIDE,
}
_SHAPE: Shape = {
    **dict.fromkeys(("type", "index", "usage", "context_management", "request_id"), KEEP),
    "error": ERROR,
    "message": _MESSAGE,
    "content_block": _BLOCK,
    "delta": {
        **dict.fromkeys(("type", "signature", "stop_reason", "stop_sequence", "container"), KEEP),
        **dict.fromkeys(("text", "thinking", "partial_json", "content", "citation"), ASIDE),
        "stop_details": ASIDE,
        "*": DROP,
    },
}
_PING: Record = {"type": "ping"}
_REFUSAL = {"stop_reason": "refusal", "stop_sequence": None}


class MessagesDialect:
    """Ends a blocked reply with stop_reason `refusal`."""

    shape = _SHAPE
    body_shape = _MESSAGE
    late: frozenset[str] = frozenset()
    kept = frozenset(["index", "type"])
    splits = False
    keep_alive: Record | None = _PING

    def __init__(self) -> None:
        self._begun = False
        self._open: dict[int, None] = {}
        self._output_tokens = 0

    def came(self, payload: Record) -> None:
        """What has come is not asked for."""

    def sent(self, payload: Record) -> None:
        """Note what the client has got."""
        index = payload.get("index") or 0
        kind = payload.get("type")
        counted = payload.get("usage")
        if kind == "message_start":
            self._begun = True
            counted = (payload.get("message") or {}).get("usage")
        elif kind == "content_block_start":
            self._open[index] = None
        elif kind == "content_block_stop":
            self._open.pop(index, None)
        if isinstance(counted, dict):
            self._output_tokens = counted.get("output_tokens") or self._output_tokens

    def block(self) -> Closing:
        """Return how a reply ends that was blocked."""
        events: list[Record] = [] if self._begun else [_BEGINNING]
        events += [{"type": "content_block_stop", "index": index} for index in self._open]
        usage = {"output_tokens": self._output_tokens}
        events.append({"type": "message_delta", "delta": _REFUSAL, "usage": usage})
        events.append({"type": "message_stop"})
        return Closing([(event["type"], event) for event in events])

    def fail(self, code: str) -> Closing:
        """Return how a reply ends that could not be guarded."""
        return Closing([("error", self.fail_body(code))])

    def block_body(self, payload: Record) -> Record:
        """Return an answer that was blocked; its texts are what was released."""
        return {**payload, **_REFUSAL}

    def fail_body(self, code: str) -> Record:
        """Return an answer that could not be guarded."""
        return {"type": "error", "error": {"type": "api_error", "message": message(code)}}


_BEGINNING: Record = {
    "type": "message_start",
    "message": {
        "id": "msg_blocked",
        "type": "message",
        "role": "assistant",
        "model": "",
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
        "usage": {"input_tokens": 0, "output_tokens": 0},
    },
}
