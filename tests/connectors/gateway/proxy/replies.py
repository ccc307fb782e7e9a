"""Replies as providers stream them, made of pieces of text."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any


def chat(pieces: Sequence[str], *, choices: int = 1, finish: str = "stop") -> list[bytes]:
    """A chat completion, the same text in each choice."""
    head = {"id": "c1", "object": "chat.completion.chunk", "created": 1, "model": "m"}

    def event(index: int, delta: dict[str, Any], reason: str | None = None) -> bytes:
        choice = {"index": index, "delta": delta, "finish_reason": reason}
        return b"data: " + json.dumps({**head, "choices": [choice]}).encode() + b"\n\n"

    frames = [event(n, {"role": "assistant", "content": ""}) for n in range(choices)]
    frames += [event(n, {"content": piece}) for piece in pieces for n in range(choices)]
    frames += [event(n, {}, finish) for n in range(choices)]
    return [*frames, b"data: [DONE]\n\n"]


def chat_tool(name: str, pieces: Sequence[str]) -> list[bytes]:
    """A chat completion that calls a tool with these arguments."""
    head = {"id": "c1", "object": "chat.completion.chunk", "created": 1, "model": "m"}

    def event(delta: dict[str, Any], reason: str | None = None) -> bytes:
        choice = {"index": 0, "delta": delta, "finish_reason": reason}
        return b"data: " + json.dumps({**head, "choices": [choice]}).encode() + b"\n\n"

    call = {"index": 0, "id": "t1", "type": "function"}
    frames = [
        event({"tool_calls": [{**call, "function": {"name": name, "arguments": ""}}]}),
        *(
            event({"tool_calls": [{"index": 0, "function": {"arguments": piece}}]})
            for piece in pieces
        ),
        event({}, "tool_calls"),
    ]
    return [*frames, b"data: [DONE]\n\n"]


def chat_body(text: str) -> bytes:
    """A chat completion that is not streamed."""
    message = {"role": "assistant", "content": text}
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    usage = {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3}
    return json.dumps(
        {
            "id": "c1",
            "object": "chat.completion",
            "created": 1,
            "model": "m",
            "choices": [choice],
            "usage": usage,
        }
    ).encode()


def messages(pieces: Sequence[str]) -> list[bytes]:
    """A message of Anthropic's."""

    def event(kind: str, **members: Any) -> bytes:
        body = json.dumps({"type": kind, **members})
        return f"event: {kind}\ndata: {body}\n\n".encode()

    message = {
        "id": "m1",
        "type": "message",
        "role": "assistant",
        "model": "m",
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
        "usage": {"input_tokens": 1, "output_tokens": 1},
    }
    return [
        event("message_start", message=message),
        event("content_block_start", index=0, content_block={"type": "text", "text": ""}),
        event("ping"),
        *(
            event("content_block_delta", index=0, delta={"type": "text_delta", "text": piece})
            for piece in pieces
        ),
        event("content_block_stop", index=0),
        event(
            "message_delta",
            delta={"stop_reason": "end_turn", "stop_sequence": None},
            usage={"output_tokens": 9},
        ),
        event("message_stop"),
    ]


def gemini(pieces: Sequence[str], *, array: bool = False) -> list[bytes]:
    """Responses of Gemini's, as events or as one JSON array."""
    frames = []
    for number, piece in enumerate(pieces, 1):
        candidate: dict[str, Any] = {"content": {"parts": [{"text": piece}], "role": "model"}}
        if number == len(pieces):
            candidate["finishReason"] = "STOP"
        frames.append(json.dumps({"candidates": [candidate], "modelVersion": "m"}).encode())
    if array:
        return [b"[" + b",\n".join(frames) + b"]"]
    return [b"data: " + frame + b"\r\n\r\n" for frame in frames]
