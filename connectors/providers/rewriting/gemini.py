"""Google Gemini responses, as the guarded proxy writes them."""

from __future__ import annotations

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

_CALL: Shape = {
    **dict.fromkeys(("id", "name", "willContinue"), KEEP),
    "args": ASIDE,
    "partialArgs": {
        **dict.fromkeys(("jsonPath", "willContinue", "nullValue"), KEEP),
        "*": ASIDE,
    },
}
_PART: Shape = {
    **dict.fromkeys(("thought", "thoughtSignature", "videoMetadata"), KEEP),
    "inlineData": {"mimeType": KEEP, "displayName": ASIDE, "data": PICTURE},
    "functionCall": _CALL,
    "executableCode": {"language": KEEP, "id": KEEP, "*": ASIDE},
    "codeExecutionResult": {"outcome": KEEP, "id": KEEP, "*": ASIDE},
    "*": ASIDE,
}
_SHAPE: Shape = {
    **dict.fromkeys(("promptFeedback", "usageMetadata", "modelVersion", "responseId"), KEEP),
    **dict.fromkeys(("createTime", "modelStatus"), KEEP),
    "error": ERROR,
    "candidates": {
        **dict.fromkeys(("finishReason", "index", "safetyRatings", "tokenCount"), KEEP),
        **dict.fromkeys(("finishMessage", "urlContextMetadata"), ASIDE),
        **dict.fromkeys(("citationMetadata", "groundingMetadata"), OFFSETS),
        "logprobsResult": LOGPROBS,
        "content": {"role": KEEP, "parts": _PART},
    },
}
_IDENTITY = ("usageMetadata", "modelVersion", "responseId", "createTime")


class GeminiDialect:
    """Ends a blocked reply with finishReason `SAFETY` for every candidate."""

    shape = body_shape = _SHAPE
    late = frozenset(
        [
            *("finishReason", "safetyRatings", "citationMetadata", "groundingMetadata"),
            *("usageMetadata", "logprobsResult", "avgLogprobs", "thoughtSignature", "tokenCount"),
        ]
    )
    kept = frozenset(["index", "role", "thought", "jsonPath", "willContinue"])
    splits = True
    keep_alive: Record | None = None

    def __init__(self) -> None:
        self._identity: Record = {}
        self._candidates: dict[int, None] = {}

    def came(self, payload: Record) -> None:
        """Note what has come, before any of it may be sent."""
        self._identity |= {key: payload[key] for key in _IDENTITY if payload.get(key)}
        for candidate in filter(None, payload.get("candidates") or ()):
            self._candidates[candidate.get("index") or 0] = None

    def sent(self, payload: Record) -> None:
        """What the client has got is not asked for."""

    def block(self) -> Closing:
        """Return how a reply ends that was blocked."""
        indexes = list(self._candidates) or [0]
        candidates = [{"finishReason": "SAFETY", "index": index} for index in indexes]
        return Closing([(None, {"candidates": candidates, **self._identity})])

    def fail(self, code: str) -> Closing:
        """Return how a reply ends that could not be guarded."""
        return Closing([(None, self.fail_body(code))])

    def block_body(self, payload: Record) -> Record:
        """Return an answer that was blocked; its texts are what was released."""
        candidates = [
            {**one, "finishReason": "SAFETY"}
            for one in filter(None, payload.get("candidates") or ())
        ]
        return {**payload, "candidates": candidates}

    def fail_body(self, code: str) -> Record:
        """Return an answer that could not be guarded."""
        return {"error": {"code": 502, "message": message(code), "status": "INTERNAL"}}
