"""A reply becomes chunk events: one stream per text, in order, each with one end."""

from __future__ import annotations

from typing import Any

import pytest

from connectors.providers import ALL_KINDS, Ingest, MalformedFrame, UnknownApi
from connectors.providers.decoder import Decoder
from connectors.providers.events import Delta
from guardrails.events import Chunk, Context
from tests.connectors.providers.recorded import api, cut, decode, raw, recorded


def ingest(name: str, *lines: bytes, **options: Any) -> list[Chunk]:
    reading = Ingest(name, "r", framing="ndjson", **options)
    return [*reading.feed(b"\n".join(lines)), *reading.close()]


def texts(chunks: list[Chunk]) -> dict[str, str]:
    found: dict[str, str] = {}
    for chunk in chunks:
        found[chunk.stream_id] = found.get(chunk.stream_id, "") + (chunk.text or "")
    return found


def test_choices_reasoning_and_arguments_are_streams_of_their_own() -> None:
    chunks = ingest(
        "openai.chat",
        b'{"choices": [{"index": 0, "delta": {"content": "a", "reasoning": "r"}}]}',
        b'{"choices": [{"index": 1, "delta": {"content": "b"}}]}',
        b'{"choices": [{"index": 0, "delta": {"tool_calls": [{"index": 1, "id": "x",'
        b' "function": {"name": "f", "arguments": "{}"}}]}, "finish_reason": "tool_calls"}]}',
    )
    assert texts(chunks) == {
        "r": "a",
        "r:reasoning:0": "r",
        "r:text:1": "b",
        "r:arguments:0.1": "{}",
    }


def test_the_text_of_all_blocks_of_a_message_is_one_stream() -> None:
    chunks = ingest(
        "anthropic.messages",
        b'{"type": "content_block_start", "content_block": {"type": "text", "text": "a"}}',
        b'{"type": "content_block_stop", "index": 0}',
        b'{"type": "content_block_start", "index": 1,'
        b' "content_block": {"type": "tool_use", "id": "", "name": "f", "input": {}}}',
        b'{"type": "content_block_stop", "index": 1}',
        b'{"type": "content_block_delta", "index": 2,'
        b' "delta": {"type": "text_delta", "text": "b"}}',
    )
    assert texts(chunks) == {"r": "ab"}
    assert [chunk.final for chunk in chunks] == [False, False, True]


def test_a_text_that_is_said_only_at_its_end_is_not_lost() -> None:
    chunks = ingest(
        "openai.responses",
        b'{"type": "response.function_call_arguments.done", "output_index": 0, "arguments": "{}"}',
        b'{"type": "response.output_text.delta", "output_index": 1, "delta": "a"}',
        b'{"type": "response.output_text.done", "output_index": 1, "text": "ab"}',
    )
    assert texts(chunks) == {"r:arguments:0": "{}", "r": "ab"}


def test_text_that_stands_there_twice_comes_once_unless_it_is_asked_for() -> None:
    line = b'{"choices": [{"delta": {"content": "a"}, "message": {"content": "a"}}]}'
    assert texts(ingest("openai.chat", line)) == {"r": "a"}
    assert texts(ingest("openai.chat", line, kinds=ALL_KINDS)) == {
        "r": "a",
        "r:extra:0.also.text": "a",
    }


def test_policy_and_context_stand_in_the_first_chunk_of_each_stream() -> None:
    line = b'{"message": {"content": "a", "thinking": "b"}}'
    chunks = ingest("ollama.chat", line, line, policy="p", context=Context(tenant="t"))
    first = [chunk for chunk in chunks if chunk.policy == "p" and chunk.context]
    assert [(chunk.stream_id, chunk.seq) for chunk in first] == [("r", 0), ("r:reasoning:0", 0)]
    assert all(chunk.policy is None for chunk in chunks if chunk.seq)


def test_a_reply_its_provider_gave_up_is_aborted() -> None:
    chunks = ingest("ollama.chat", b'{"message": {"content": "a"}}', b'{"error": "secret"}')
    assert [(chunk.text, chunk.final, chunk.aborted) for chunk in chunks] == [
        ("a", False, False),
        ("", False, True),
    ]


def test_what_cannot_be_read_on_ends_as_aborted() -> None:
    reading = Ingest("openai.chat", "r")
    list(reading.feed(b'data: {"choices": [{"delta": {"content": "a"}}]}\n\n'))
    with pytest.raises(MalformedFrame):
        list(reading.feed(b"data: {\n\n"))
    assert [(chunk.seq, chunk.aborted) for chunk in reading.abort()] == [(1, True)]


def test_ids_stay_within_what_a_chunk_may_have() -> None:
    place = "$." + "x" * 500
    line = (
        '{"candidates": [{"content": {"parts": [{"functionCall": {"name": "f", "partialArgs":'
        f' [{{"jsonPath": "{place}", "stringValue": "a"}}, {{"jsonPath": "{place}y",'
        ' "stringValue": "b"}]}}]}}]}'
    )
    reading = Ingest("google.generateContent", "r" * 160, framing="ndjson")
    chunks = [*reading.feed(line.encode()), *reading.close()]
    assert sorted(texts(chunks).values()) == ["a", "b"]
    assert all(len(chunk.stream_id) <= 256 for chunk in chunks)


@pytest.mark.parametrize("reply_id", ["", "r" * 161])
def test_an_id_that_leaves_no_room_is_refused(reply_id: str) -> None:
    with pytest.raises(ValueError, match="1 to 160 characters"):
        Ingest("openai.chat", reply_id)


def test_an_unknown_api_is_answered_with_the_known_ones() -> None:
    with pytest.raises(UnknownApi, match=r"no API 'openai' is known; expected one of openai\.chat"):
        Ingest("openai", "r")
    with pytest.raises(UnknownApi, match="expected one of sse, ndjson"):
        Ingest("openai.chat", "r", framing="xml")


@pytest.mark.data
def test_every_recorded_stream_arrives_whole_and_each_text_of_it_ends_once() -> None:
    for row in recorded():
        data = raw(row)
        reading = Ingest(api(row), "r", framing=row["framing"], kinds=ALL_KINDS)
        chunks = [one for piece in cut(data, [1_000] * len(data)) for one in reading.feed(piece)]
        chunks += reading.close()
        said = decode(Decoder(api(row), row["framing"]), [data])
        wanted = "".join(event.text for event in said if isinstance(event, Delta))
        got = texts(chunks)
        if row["expected"]["stated_text_matches"] is not False:
            assert len(wanted) <= len("".join(got.values())), row["id"]
        if list(row["expected"]["text_by_key"]) == ["0"]:
            assert got["r"] == row["expected"]["text"], row["id"]
        for stream_id in got:
            mine = [chunk for chunk in chunks if chunk.stream_id == stream_id]
            assert [chunk.seq for chunk in mine] == list(range(len(mine)))
            ends = [chunk.final or chunk.aborted for chunk in mine]
            assert ends == [False] * (len(mine) - 1) + [True]
