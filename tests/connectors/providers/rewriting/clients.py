"""The vendors' own clients, reading bytes as if they came from their servers."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import httpx

from tests.connectors.providers.recorded import Row, api, raw

Result = dict[str, Any]
# Fields of which clients make one text.
_DELTAS = ("delta", "text", "thinking", "partial_json", "stdout", "stderr")


def client(
    pieces: Iterable[bytes], content_type: str = "text/event-stream", lib: Any = httpx
) -> Any:
    """An HTTP client that gets these bytes as the answer to whatever it asks. lib: httpx, or what
    a client has of its own in its place.
    """

    class Pieces(lib.SyncByteStream):  # type: ignore[misc]
        def __iter__(self) -> Iterator[bytes]:
            yield from pieces

    def answer(_request: Any) -> Any:
        return lib.Response(200, headers={"content-type": content_type}, stream=Pieces())

    return lib.Client(transport=lib.MockTransport(answer))


def openai_chat(pieces: Iterable[bytes]) -> Result:
    """What the SDK makes of a chat stream."""
    from openai import OpenAI
    from openai.lib.streaming.chat import ChatCompletionStreamState

    with client(pieces) as http:
        sdk = OpenAI(api_key="x", http_client=http, max_retries=0)
        state: Any = ChatCompletionStreamState()
        others, error = [], None
        try:
            for chunk in sdk.chat.completions.create(model="m", messages=[], stream=True):
                state.handle_chunk(chunk)
                others.append(chunk.model_dump(exclude={"choices", "obfuscation"}))
        except Exception as caught:  # noqa: BLE001
            error = type(caught).__name__
        try:
            final = state.current_completion_snapshot.model_dump()
        except AssertionError:
            final = None
    usage = [one["usage"] for one in others if one.get("usage")]
    if error is not None:
        # How far it came before depends on how the text was cut.
        return {"error": error}
    return {"final": final, "usage": usage, "identity": _identity(others)}


def openai_responses(pieces: Iterable[bytes]) -> Result:
    """What the SDK makes of a responses stream."""
    from openai import OpenAI

    with client(pieces) as http:
        sdk = OpenAI(api_key="x", http_client=http, max_retries=0)
        return _events(lambda: sdk.responses.create(model="m", input="x", stream=True))


def anthropic_messages(pieces: Iterable[bytes]) -> Result:
    """What the SDK makes of a message stream: its events, and the message it accumulates."""
    from anthropic import Anthropic

    with client(list(pieces), lib=anthropic_http()) as http:
        sdk = Anthropic(api_key="x", http_client=http, max_retries=0)
        call: dict[str, Any] = {"model": "m", "max_tokens": 1, "messages": []}
        found = _events(lambda: sdk.messages.create(**call, stream=True))
        try:
            with sdk.messages.stream(**call) as stream:
                found["final"] = stream.get_final_message().model_dump()
        except Exception as caught:  # noqa: BLE001
            found["final"] = f"{type(caught).__name__}: {caught}"
    return found


def anthropic_http() -> Any:
    """The HTTP library this version of the SDK takes."""
    import anthropic._base_client as sdk

    return sdk.httpx2 if hasattr(sdk, "httpx2") else httpx


def gemini(pieces: Iterable[bytes]) -> Result:
    """What the SDK makes of a stream of responses; it accumulates nothing itself."""
    from google import genai
    from google.genai import types

    parts: list[list[Any]] = []
    rest: dict[str, list[Any]] = {"finish": [], "usage": [], "ids": []}
    error = None
    with client(pieces) as http:
        sdk = genai.Client(api_key="x", http_options=types.HttpOptions(httpx_client=http))
        try:
            for chunk in sdk.models.generate_content_stream(model="m", contents="x"):
                _note(chunk.model_dump(exclude_none=True), parts, rest)
        except Exception as caught:  # noqa: BLE001
            error = f"{type(caught).__name__}: {caught}"
    return {
        "parts": parts,
        "rest": {key: _runs(value) for key, value in rest.items()},
        "error": error,
    }


def _note(chunk: Result, parts: list[list[Any]], rest: dict[str, list[Any]]) -> None:
    rest["ids"].append([chunk.get("response_id"), chunk.get("model_version")])
    if "usage_metadata" in chunk:
        rest["usage"].append(chunk["usage_metadata"])
    for candidate in chunk.get("candidates") or ():
        pointers = {key: candidate.get(key) for key in ("citation_metadata", "grounding_metadata")}
        if candidate.get("finish_reason") or any(pointers.values()):
            rest["finish"].append([candidate.get("finish_reason"), pointers])
        for part in (candidate.get("content") or {}).get("parts") or ():
            said = part.pop("text", "")
            for one in (part.get("function_call") or {}).get("partial_args") or ():
                # A string that goes on in the next part is one string.
                said += one.pop("string_value", "")
            kind = [candidate.get("index"), part]
            if said and parts and parts[-1][0] == kind:
                parts[-1][1] += said
            elif said or part:
                parts.append([kind, said])


def _runs(values: list[Any]) -> list[Any]:
    return [one for place, one in enumerate(values) if not place or values[place - 1] != one]


def _events(begin: Callable[[], Iterable[Any]]) -> Result:
    """Events in order; of those that bring text only what they come to."""
    texts: dict[str, str] = {}
    tokens: dict[str, list[Any]] = {}
    others: list[Any] = []
    error = None
    try:
        for event in begin():
            dumped = event.model_dump(warnings=False)
            dumped.pop("obfuscation", None)
            if not _is_delta(dumped):
                others.append(dumped)
                continue
            inner = dumped["delta"] if isinstance(dumped["delta"], dict) else dumped
            field = next(name for name in _DELTAS if isinstance(inner.get(name), str))
            said = inner.pop(field)
            dumped.pop("sequence_number", None)
            logprobs = dumped.pop("logprobs", None) or []
            key = json.dumps(dumped, sort_keys=True, default=str)
            texts[key] = texts.get(key, "") + said
            tokens[key] = tokens.get(key, []) + logprobs
    except Exception as caught:  # noqa: BLE001
        error = f"{type(caught).__name__}: {caught}"
    return {"texts": texts, "tokens": tokens, "events": others, "error": error}


def _is_delta(event: Result) -> bool:
    delta = event.get("delta")
    if isinstance(delta, str):
        return True
    return isinstance(delta, dict) and any(isinstance(delta.get(name), str) for name in _DELTAS)


def _identity(chunks: list[Result]) -> list[str]:
    kept = [{key: value for key, value in one.items() if key != "usage"} for one in chunks]
    return sorted({json.dumps(one, sort_keys=True, default=str) for one in kept})


READ: dict[str, Callable[[Iterable[bytes]], Result]] = {
    "openai.chat": openai_chat,
    "openai.responses": openai_responses,
    "anthropic.messages": anthropic_messages,
    "google.generateContent": gemini,
}


def as_events(row: Row) -> bytes:
    """The stream as server-sent events: recordings kept as lines were made of such."""
    if row["framing"] == "sse":
        return raw(row)
    named = api(row) in ("anthropic.messages", "openai.responses")
    out = []
    for line in row["raw"].split("\n"):
        if line.strip():
            kind = re.sub(r"[^a-z_.]", "", json.loads(line).get("type", ""))
            out.append(f"event: {kind}\ndata: {line}\n\n" if named else f"data: {line}\n\n")
    return ("".join(out) + ("data: [DONE]\n\n" if api(row) == "openai.chat" else "")).encode()
