"""OpenAI chat completions, as the guarded proxy writes them."""

from __future__ import annotations

from connectors.providers.payload import Record
from connectors.providers.rewriting.dialect import Closing, message
from connectors.providers.rewriting.shape import ASIDE, DROP, ERROR, KEEP, LOGPROBS, OFFSETS, Shape

_FUNCTION = {"name": KEEP, "arguments": ASIDE, "input": ASIDE}
_CALL = {
    **dict.fromkeys(("index", "id", "type"), KEEP),
    "function": _FUNCTION,
    "custom": _FUNCTION,
}
_MESSAGE: Shape = {
    **dict.fromkeys(("role", "index"), KEEP),
    **dict.fromkeys(("content", "refusal", "reasoning", "reasoning_content"), ASIDE),
    "reasoning_details": {
        **dict.fromkeys(("type", "id", "format", "index", "signature", "data"), KEEP),
        "*": ASIDE,
    },
    "tool_calls": _CALL,
    "function_call": _FUNCTION,
    # A voice says what a transcript says, and cannot be changed.
    "audio": {"id": KEEP, "expires_at": KEEP, "transcript": ASIDE, "data": DROP},
    "annotations": OFFSETS,
}
_CHOICE: Shape = {
    **dict.fromkeys(("index", "finish_reason", "native_finish_reason", "stop_reason"), KEEP),
    **dict.fromkeys(("matched_stop", "content_filter_results"), KEEP),
    # Beside a text that was changed they would say what it was.
    "token_ids": OFFSETS,
    "delta": _MESSAGE,
    "message": _MESSAGE,
    "logprobs": LOGPROBS,
}
_SHAPE: Shape = {
    **dict.fromkeys(("id", "object", "created", "model", "provider", "usage"), KEEP),
    "error": ERROR,
    **dict.fromkeys(("system_fingerprint", "service_tier", "obfuscation", "p", "x_groq"), KEEP),
    **dict.fromkeys(("prompt_filter_results", "timings", "metadata"), KEEP),
    **dict.fromkeys(("citations", "search_results"), ASIDE),
    "choices": _CHOICE,
}
_IDENTITY = ("id", "object", "created", "model", "system_fingerprint", "service_tier", "provider")


class ChatDialect:
    """Ends a blocked reply with finish_reason `content_filter` for every choice that is open."""

    shape = body_shape = _SHAPE
    late = frozenset(
        [
            *("usage", "logprobs", "finish_reason", "native_finish_reason", "stop_reason"),
            *("matched_stop", "content_filter_results", "obfuscation", "citations", "x_groq"),
        ]
    )
    kept = frozenset(["index", "type"])
    splits = True
    keep_alive: Record | None = None

    def __init__(self) -> None:
        self._identity: Record = {"object": "chat.completion.chunk"}
        # Whether each choice that came is still open for the client.
        self._choices: dict[int, bool] = {}

    def came(self, payload: Record) -> None:
        """Note what has come, before any of it may be sent."""
        self._identity |= {key: payload[key] for key in _IDENTITY if key in payload}
        for choice in filter(None, payload.get("choices") or ()):
            self._choices.setdefault(choice.get("index") or 0, True)

    def sent(self, payload: Record) -> None:
        """Note what the client has got."""
        for choice in filter(None, payload.get("choices") or ()):
            if choice.get("finish_reason"):
                self._choices[choice.get("index") or 0] = False

    def block(self) -> Closing:
        """Return how a reply ends that was blocked."""
        indexes = [index for index, is_open in (self._choices or {0: True}).items() if is_open]
        events = [(None, self._end_of(index)) for index in indexes]
        return Closing(events, b"[DONE]")

    def _end_of(self, index: int) -> Record:
        choice = {"index": index, "delta": {}, "logprobs": None, "finish_reason": "content_filter"}
        return {**self._identity, "choices": [choice]}

    def fail(self, code: str) -> Closing:
        """Return how a reply ends that could not be guarded."""
        return Closing([(None, self.fail_body(code))], b"[DONE]")

    def block_body(self, payload: Record) -> Record:
        """Return an answer that was blocked; its texts are what was released."""
        choices = [
            {**choice, "finish_reason": "content_filter"}
            for choice in filter(None, payload.get("choices") or ())
        ]
        return {**payload, "choices": choices}

    def fail_body(self, code: str) -> Record:
        """Return an answer that could not be guarded."""
        error = {"message": message(code), "type": "server_error", "param": None, "code": code}
        return {"error": error}
