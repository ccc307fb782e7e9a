"""What comes in as bytes: chunks, or a reason and a detail without user text."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import get_args

import pytest

from guardrails.codec import MAX_EVENT_BYTES, TOPIC_EVENTS, decode_chunk, schemas
from guardrails.errors import MalformedEvent
from guardrails.events import Context

HEAD = '"stream_id":"s","seq":0'
SECRET = "hunter2"


def event(**fields: object) -> bytes:
    return json.dumps({"stream_id": "s", "seq": 0} | fields).encode()


def test_the_first_and_the_last_chunk_may_have_no_text() -> None:
    assert decode_chunk(event()).text is None
    assert decode_chunk(event(seq=7, final=True)).final


def test_all_fields_are_read() -> None:
    chunk = decode_chunk(
        event(
            v=1,
            text="hé",
            final=True,
            aborted=True,
            policy="p",
            sent_at="2026-01-02T03:04:05+01:00",
            context={"tenant": "t", "user_id": "u", "bot_id": "b", "session_id": "c"},
            unknown="is ignored, so that producers may be newer",
        )
    )
    assert (chunk.text, chunk.final, chunk.aborted, chunk.policy) == ("hé", True, True, "p")
    assert chunk.sent_at == datetime(2026, 1, 2, 2, 4, 5, tzinfo=UTC)
    assert chunk.context == Context(tenant="t", user_id="u", bot_id="b", session_id="c")


REFUSED = {
    "not-json": [
        b"",
        b"hunter2",
        b'{"stream_id":',
        b"\xef\xbb\xbf{}",
        event(text="") + b" {}",
        b'{"a":' * 99_999,
    ],
    "not-utf8": [
        b'{"stream_id":"\xff","seq":0}',
        f'{{{HEAD},"text":"'.encode() + b'\xed\xa0\xbd"}',
    ],
    "not-an-object": [b"[]", b"null", b'"hunter2"', b"7"],
    "missing-field": [event(seq=1), b'{"seq":0,"text":""}', b'{"stream_id":"s","text":""}'],
    "wrong-type": [
        event(stream_id=7, text=""),
        event(seq="hunter2", text=""),
        event(seq=0.5, text=""),
        event(text=["hunter2"]),
        event(text="", final="hunter2"),
        event(text="", context="hunter2"),
        event(text="", context={"tenant": 7}),
    ],
    "bad-id": [event(stream_id="", text=""), event(stream_id="x" * 257, text="")],
    "bad-seq": [event(seq=-1, text=""), event(seq=2**53, text=""), event(seq=10**30, text="")],
    "bad-version": [event(text="", v=2)],
    "bad-value": [
        event(text="", sent_at=SECRET),
        event(text="", sent_at="2026-01-02T03:04:05"),
        event(text="", context={"tenant": "x" * 257}),
    ],
    "text-and-content": [event(text="a", content="a")],
    "event-too-large": [event(text="x" * MAX_EVENT_BYTES)],
}


@pytest.mark.parametrize(
    ("reason", "value"),
    [(reason, value) for reason, values in REFUSED.items() for value in values],
)
def test_what_is_no_event_has_a_reason_and_a_detail_without_user_text(
    reason: str, value: bytes
) -> None:
    with pytest.raises(MalformedEvent) as refused:
        decode_chunk(value)
    assert refused.value.reason == reason
    assert SECRET not in str(refused.value)


def test_a_detail_names_field_expected_and_got() -> None:
    with pytest.raises(MalformedEvent, match=r"'context\.tenant' must be str or null, got int"):
        decode_chunk(event(text="", context={"tenant": 7}))


@pytest.mark.parametrize(
    ("escaped", "text"),
    [
        (r"\ud83d", "\ud83d"),
        (r"a\ud83d!", "a\ud83d!"),
        (r"\ude00b", "\ude00b"),
        (r"\ud83d\ude00", "\U0001f600"),
        (r"\uD83D\u0041", "\ud83dA"),
        (r"\u0000", "\0"),
    ],
)
def test_lone_halves_of_surrogate_pairs_reach_the_session(escaped: str, text: str) -> None:
    assert decode_chunk(f'{{{HEAD},"text":"{escaped}"}}'.encode()).text == text


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (rf'{{{HEAD},"text":"\ud83d","v":2}}', "bad-version"),
        (rf'{{{HEAD},"text":"\ud83d","final":7}}', "wrong-type"),
        (rf'{{{HEAD},"text":"\ud83d","x":NaN}}', "not-json"),
        (rf'{{{HEAD},"text":"\ud83d"', "not-json"),
        (r'{"stream_id":"a\ud83d","seq":0,"text":""}', "bad-id"),
        (rf'{{{HEAD},"text":"","policy":"\ud83d"}}', "bad-id"),
    ],
)
def test_events_with_lone_halves_are_judged_as_strictly(value: str, reason: str) -> None:
    with pytest.raises(MalformedEvent) as refused:
        decode_chunk(value.encode())
    assert refused.value.reason == reason


def test_a_lone_half_in_a_name_is_replaced_so_that_the_audit_can_be_written() -> None:
    chunk = decode_chunk(rf'{{{HEAD},"text":"","context":{{"tenant":"a\ud83d"}}}}'.encode())
    assert chunk.context == Context(tenant="a\ufffd")


def test_a_last_chunk_needs_no_text() -> None:
    assert decode_chunk(event(final=True)).final
    assert decode_chunk(event(aborted=True)).aborted


def test_the_size_limit_can_be_set() -> None:
    value = event(text="x" * 100)
    assert decode_chunk(value, max_bytes=len(value)).text == "x" * 100
    with pytest.raises(MalformedEvent, match="event-too-large"):
        decode_chunk(value, max_bytes=len(value) - 1)


def test_every_topic_has_a_schema_that_stands_alone() -> None:
    assert schemas().keys() == TOPIC_EVENTS.keys()
    for topic, schema in schemas().items():
        kinds = get_args(TOPIC_EVENTS[topic])
        if kinds:
            assert {one["$ref"].removeprefix("#/$defs/") for one in schema["anyOf"]} == {
                kind.__name__ for kind in kinds
            }
        else:
            assert schema["type"] == "object"
            assert tuple(schema["properties"]) == TOPIC_EVENTS[topic].__struct_fields__
        referred = set(json.dumps(schema).split('"#/$defs/')[1:])
        assert {name.split('"')[0] for name in referred} <= set(schema.get("$defs", {}))
