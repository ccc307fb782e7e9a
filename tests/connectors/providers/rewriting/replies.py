"""Small replies of every API of the proxy, from the pieces of their text."""

from __future__ import annotations

import json
from typing import Any

Payload = dict[str, Any]


def events(payloads: list[Payload], *, named: bool = False, done: bool = False) -> bytes:
    """Payloads as server-sent events."""
    out = []
    for payload in payloads:
        name = f"event: {payload['type']}\n" if named else ""
        out.append(f"{name}data: {json.dumps(payload, ensure_ascii=False)}\n\n")
    return ("".join(out) + ("data: [DONE]\n\n" if done else "")).encode()


def chunk(choices: list[Payload], **more: Any) -> Payload:
    """One chunk of a chat completion."""
    head = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m"}
    return {**head, "choices": choices, **more}


def choice(delta: Payload, finish: str | None = None, index: int = 0, **more: Any) -> Payload:
    """One choice of a chunk."""
    return {"index": index, "delta": delta, "finish_reason": finish, "logprobs": None, **more}


def chat(*texts: str) -> bytes:
    """A chat completion."""
    return events(
        [
            chunk([choice({"role": "assistant", "content": ""})]),
            *(chunk([choice({"content": text})]) for text in texts),
            chunk([choice({}, "stop")]),
            chunk([], usage={"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3}),
        ],
        done=True,
    )


def responses(*texts: str) -> bytes:
    """A response with one message."""
    whole = "".join(texts)
    part = {"type": "output_text", "text": whole, "annotations": [], "logprobs": []}
    item = {"id": "i", "type": "message", "role": "assistant", "status": "in_progress"}
    done = {**item, "status": "completed", "content": [part]}
    response: Payload = {
        "id": "r",
        "object": "response",
        "created_at": 1,
        "model": "m",
        "output": [],
        "status": "in_progress",
        "parallel_tool_calls": True,
        "tool_choice": "auto",
        "tools": [],
        "instructions": "be brief",
        "error": None,
        "incomplete_details": None,
    }
    at = {"item_id": "i", "output_index": 0, "content_index": 0}
    said: list[Payload] = [
        {"type": "response.created", "response": response},
        {"type": "response.output_item.added", "output_index": 0, "item": {**item, "content": []}},
        {"type": "response.content_part.added", **at, "part": {**part, "text": ""}},
        *(
            {"type": "response.output_text.delta", **at, "delta": text, "logprobs": []}
            for text in texts
        ),
        {"type": "response.output_text.done", **at, "text": whole, "logprobs": []},
        {"type": "response.content_part.done", **at, "part": part},
        {"type": "response.output_item.done", "output_index": 0, "item": done},
        {
            "type": "response.completed",
            "response": {**response, "status": "completed", "output": [done]},
        },
    ]
    numbered = [{**one, "sequence_number": number} for number, one in enumerate(said)]
    return events(numbered, named=True)


def messages(*texts: str) -> bytes:
    """A message with one block."""
    usage = {"input_tokens": 1, "output_tokens": 1}
    message = {"id": "m", "type": "message", "role": "assistant", "model": "m", "content": []}
    said: list[Payload] = [
        {
            "type": "message_start",
            "message": {**message, "stop_reason": None, "stop_sequence": None, "usage": usage},
        },
        block({"type": "text", "text": ""}),
        {"type": "ping"},
        *(delta({"type": "text_delta", "text": text}) for text in texts),
        {"type": "content_block_stop", "index": 0},
        {
            "type": "message_delta",
            "delta": {"stop_reason": "end_turn", "stop_sequence": None},
            "usage": {"output_tokens": 7},
        },
        {"type": "message_stop"},
    ]
    return events(said, named=True)


def block(content: Payload, index: int = 0) -> Payload:
    """The beginning of a block."""
    return {"type": "content_block_start", "index": index, "content_block": content}


def delta(said: Payload, index: int = 0) -> Payload:
    """More of a block."""
    return {"type": "content_block_delta", "index": index, "delta": said}


def gemini_responses(*texts: str) -> list[Payload]:
    """The responses of a Gemini stream."""
    said: list[Payload] = [
        {"candidates": [{"content": {"parts": [{"text": text}], "role": "model"}, "index": 0}]}
        for text in texts
    ]
    said[-1]["candidates"][0]["finishReason"] = "STOP"
    usage = {"promptTokenCount": 1, "candidatesTokenCount": 2, "totalTokenCount": 3}
    return [{**one, "usageMetadata": usage, "modelVersion": "m", "responseId": "r"} for one in said]


def gemini(*texts: str) -> bytes:
    """A Gemini stream."""
    return events(gemini_responses(*texts))


STREAMS = {
    "openai.chat": chat,
    "openai.responses": responses,
    "anthropic.messages": messages,
    "google.generateContent": gemini,
}


def body(api: str, text: str) -> bytes:
    """An answer that is not streamed."""
    made: dict[str, Payload] = {
        "openai.chat": {
            **chunk([{"index": 0, "message": {"role": "assistant", "content": text}}]),
            "object": "chat.completion",
        },
        "openai.responses": json.loads(responses(text).split(b"data: ")[-1])["response"],
        "anthropic.messages": {
            "id": "m",
            "type": "message",
            "role": "assistant",
            "model": "m",
            "content": [{"type": "text", "text": text}],
            "stop_reason": "end_turn",
            "stop_sequence": None,
            "usage": {"input_tokens": 1, "output_tokens": 2},
        },
        "google.generateContent": gemini_responses(text)[0],
    }
    if api == "openai.chat":
        made[api]["choices"][0]["finish_reason"] = "stop"
    return json.dumps(made[api], indent=1).encode()
