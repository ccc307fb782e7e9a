"""The APIs the proxy speaks: where they are, who authenticates how, and how they report errors."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import msgspec

# What a request may carry on to the provider: nothing that tells of us or of who came before.
_PASSED = frozenset(
    {
        *("accept", "accept-language", "content-type", "user-agent", "idempotency-key"),
        *("openai-organization", "openai-project", "openai-beta"),
        *("anthropic-version", "anthropic-beta"),
    }
)
_PASSED_PREFIXES = ("x-stainless-", "x-goog-api-client", "x-goog-request-params")
# What an answer may carry back.
_RETURNED = frozenset({"retry-after", "request-id", "x-request-id", "openai-processing-ms"})
_RETURNED_PREFIXES = ("openai-", "anthropic-", "x-ratelimit-")


class Api(NamedTuple):
    """One API. name: as `connectors.providers` calls it. provider: whose. credential: the header
    its SDK sends the key in. error: makes the body of an error from status and message.
    """

    name: str
    provider: str
    credential: str
    error: Callable[[int, str], dict[str, Any]]

    def authorize(self, key: str) -> dict[str, str]:
        """Return the header that carries a key."""
        return {self.credential: f"Bearer {key}" if self.credential == "authorization" else key}

    def describe(self, status: int, detail: str) -> bytes:
        """Return the body of an error as the API's SDKs understand it."""
        return msgspec.json.encode(self.error(status, detail))


def _openai(status: int, detail: str) -> dict[str, Any]:
    kind = "invalid_request_error" if status < 500 else "server_error"
    return {"error": {"message": detail, "type": kind, "param": None, "code": "tidegate"}}


_ANTHROPIC = {
    400: "invalid_request_error",
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    503: "overloaded_error",
    504: "timeout_error",
}


def _anthropic(status: int, detail: str) -> dict[str, Any]:
    kind = _ANTHROPIC.get(status, "invalid_request_error" if status < 500 else "api_error")
    return {"type": "error", "error": {"type": kind, "message": detail}}


_GOOGLE = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    429: "RESOURCE_EXHAUSTED",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}


def _google(status: int, detail: str) -> dict[str, Any]:
    word = _GOOGLE.get(status, "INVALID_ARGUMENT" if status < 500 else "INTERNAL")
    return {"error": {"code": status, "message": detail, "status": word}}


CHAT = Api("openai.chat", "openai", "authorization", _openai)
RESPONSES = Api("openai.responses", "openai", "authorization", _openai)
MESSAGES = Api("anthropic.messages", "anthropic", "x-api-key", _anthropic)
GEMINI = Api("google.generateContent", "gemini", "x-goog-api-key", _google)


def passed(headers: Mapping[str, str]) -> dict[str, str]:
    """Return the headers of a request that the provider gets."""
    return _choose(headers, _PASSED, _PASSED_PREFIXES)


def returned(headers: Mapping[str, str]) -> dict[str, str]:
    """Return the headers of an answer that the caller gets."""
    found = _choose(headers, _RETURNED, _RETURNED_PREFIXES)
    return {name: as_bytes_came(value) for name, value in found.items()}


# What an error may say. Some providers add what the model wrote that could not be used.
_ERROR_MEMBERS = frozenset(
    {
        *("error", "type", "code", "param", "status", "message", "request_id"),
        *("@type", "details", "reason", "domain", "retryDelay"),
    }
)


def without_texts(body: bytes | None) -> bytes | None:
    """Return the error of a provider without members that may hold a model's text; None for what
    is no JSON object.

    >>> without_texts(b'{"error": {"message": "no", "failed_generation": "say(...)"}}')
    b'{"error":{"message":"no"}}'
    """
    if body is None:
        return None
    try:
        said = msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError):
        return None
    if not isinstance(said, dict | list):
        return None
    slimmed = _slimmed(said)
    return body if slimmed == said else msgspec.json.encode(slimmed)


def _slimmed(node: Any) -> Any:
    if isinstance(node, list):
        return [_slimmed(one) for one in node]
    if isinstance(node, dict):
        return {key: _slimmed(value) for key, value in node.items() if key in _ERROR_MEMBERS}
    return node


def _choose(
    headers: Mapping[str, str], names: frozenset[str], prefixes: tuple[str, ...]
) -> dict[str, str]:
    return {
        name: value
        for name, value in ((key.lower(), value) for key, value in headers.items())
        if name in names or name.startswith(prefixes)
    }


def as_bytes_came(value: str) -> str:
    """Return a header of an answer so that it goes out as the bytes it came as: the client reads
    them as UTF-8, and the server writes Latin-1.
    """
    return value.encode("utf-8", "surrogateescape").decode("latin-1")
