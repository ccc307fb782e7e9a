"""Frames that are nested deeper than any API's: they end the reply, and break nothing."""

from __future__ import annotations

import json
from typing import Any

import pytest

from connectors.providers.payload import MAX_DEPTH, WrongShape, parse
from connectors.providers.rewriting import Judge, Rewriter, Send, Unscanned

DEPTHS = [MAX_DEPTH + 1, 700, *range(940, 1000, 3), 5_000, 100_000]


def nested(depth: int, inner: str = '"t"') -> str:
    return "[" * depth + inner + "]" * depth


def chunk(where: str, value: str) -> bytes:
    """A frame of a chat with this value in a field that is kept, judged or unknown."""
    delta = f'"content": "a"{f", {json.dumps(where)}: {value}" if where == "x" else ""}'
    beside = f', "citations": {value}' if where == "citations" else ""
    kept = f', "usage": {{"x": {value}}}' if where == "usage" else ""
    return (
        '{"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": '
        f'[{{"index": 0, "delta": {{{delta}}}, "finish_reason": null}}]{beside}{kept}}}'
    ).encode()


@pytest.mark.parametrize("where", ["citations", "x", "usage"])
@pytest.mark.parametrize("depth", DEPTHS)
def test_a_frame_nested_too_deep_ends_the_reply_as_failed(where: str, depth: int) -> None:
    rewriter = Rewriter("openai.chat", "sse")
    steps = list(rewriter.feed(b"data: " + chunk(where, nested(depth)) + b"\n\n"))
    sent = b"".join(step.data for step in steps if isinstance(step, Send))
    assert b'"error"' in sent
    assert sent.endswith(b"data: [DONE]\n\n")
    assert [type(step) for step in steps if not isinstance(step, Send)] == [Unscanned]
    assert (rewriter.ended, rewriter.failure) == (True, "malformed")


@pytest.mark.parametrize("depth", [1, 100, MAX_DEPTH - 2])
def test_what_is_not_too_deep_is_judged(depth: int) -> None:
    rewriter = Rewriter("openai.chat", "sse")
    steps = list(rewriter.feed(b"data: " + chunk("citations", nested(depth)) + b"\n\n"))
    assert [step.text for step in steps if isinstance(step, Judge)] == ["a", "t"]
    assert (rewriter.ended, rewriter.failure) == (False, None)


def test_depth_is_what_counts_not_how_many_there_are() -> None:
    wide: list[Any] = [{"a": [{}]}, "{[" * 500] * 1_000
    assert parse(json.dumps({"b": wide}).encode()) == {"b": wide}
    for encoding in ("utf-16", "utf-32-le"):
        with pytest.raises(WrongShape, match="nested too deep"):
            parse(f'{{"b": {nested(MAX_DEPTH)}}}'.encode(encoding))
