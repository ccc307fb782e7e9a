"""Frames do not depend on how bytes are cut, and are the bytes again when joined."""

from __future__ import annotations

import json
import struct
import time
import zlib
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.providers.array import ArrayStream
from connectors.providers.errors import MalformedFrame
from connectors.providers.event_stream import MessageStream
from connectors.providers.frame import Frame, Framing
from connectors.providers.lines import Lines
from connectors.providers.sse import EventStream, rewrite_event
from connectors.providers.whole import Whole
from tests.connectors.providers.recorded import cut

# How long an example takes depends on what else the machine does.
UNTIMED = settings(deadline=None)
SIZES = st.lists(st.integers(0, 9), max_size=60)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=6,
)
OBJECTS = st.lists(st.dictionaries(st.text(max_size=5), VALUES, max_size=3), max_size=5)


def frames(framing: Framing, data: bytes, sizes: list[int]) -> list[Frame]:
    found = [frame for piece in cut(data, sizes) for frame in framing.feed(piece)]
    return [*found, *framing.close()]


def same_for_all_cuts(make: Callable[[], Framing], data: bytes, sizes: list[int]) -> list[Frame]:
    whole = frames(make(), data, [])
    assert frames(make(), data, sizes) == whole
    assert frames(make(), data, [1] * len(data)) == whole
    assert b"".join(frame.raw for frame in whole) == data
    return whole


def payloads(found: list[Frame]) -> list[bytes]:
    return [frame.data for frame in found if frame.kind == "data"]


@UNTIMED
@given(OBJECTS, st.sampled_from(["\n", "\r", "\r\n"]), st.booleans(), st.booleans(), SIZES)
def test_server_sent_events_are_read_with_every_line_end_and_comment(
    values: list[Any], end: str, mark: bool, comment: bool, sizes: list[int]
) -> None:
    text = "\ufeff" if mark else ""
    for value in values:
        text += f": keep-alive{end}{end}" if comment else ""
        text += f"event: a{end}id: 1{end}"
        # Indented JSON has line feeds: several lines of data.
        lines = json.dumps(value, indent=1, ensure_ascii=False).split("\n")
        text += "".join(f"data: {line}{end}" for line in lines) + end
    found = same_for_all_cuts(EventStream, text.encode(), sizes)
    assert [json.loads(data) for data in payloads(found)] == values
    assert {frame.event for frame in found if frame.kind == "data"} <= {"a"}


def test_a_data_field_may_do_without_its_space_and_without_a_colon() -> None:
    [frame] = EventStream().feed(b"data\ndata:1\ndata:  2\nevent:x\n\n")
    assert (frame.data, frame.event) == (b"\n1\n 2", "x")


def test_a_field_with_a_space_before_its_name_is_another_field() -> None:
    [frame] = EventStream().feed(b" data: 1\n\n")
    assert frame.kind == "idle"


def test_what_says_done_is_the_last_frame() -> None:
    assert [frame.kind for frame in EventStream().feed(b"data: [DONE]\n\n")] == ["last"]


def test_a_carriage_return_waits_for_its_line_feed() -> None:
    stream = EventStream()
    assert list(stream.feed(b"data: 1\r\n\r")) == []
    [frame] = stream.feed(b"\n")
    assert frame.raw == b"data: 1\r\n\r\n"


@pytest.mark.parametrize("data", [b"data: 1", b"data: 1\n", b"data: 1\r", b": 1", b"data: 1\n\ne"])
def test_an_event_without_its_empty_line_is_an_error(data: bytes) -> None:
    stream = EventStream()
    list(stream.feed(data))
    with pytest.raises(MalformedFrame, match="truncated"):
        stream.close()


@pytest.mark.parametrize("data", [b"", b"\n", b"data: 1\r\r", b"data: 1\n\n\r\n"])
def test_empty_lines_at_the_end_are_no_error(data: bytes) -> None:
    assert b"".join(frame.raw for frame in frames(EventStream(), data, [])) == data


@UNTIMED
@given(VALUES, st.sampled_from([b"\n", b"\r", b"\r\n"]))
def test_a_rewritten_event_keeps_its_name_and_id_and_has_the_new_payload(
    value: Any, end: bytes
) -> None:
    raw = end.join([b"event: a", b"id: 7", b"data: 1", b"data: 2", b"", b""])
    data = json.dumps(value).encode()
    [frame] = EventStream().feed(rewrite_event(raw, data) + b"x")
    assert (frame.event, frame.data) == ("a", data)
    assert b"id: 7" in frame.raw


@UNTIMED
@given(OBJECTS, st.booleans(), SIZES)
def test_lines_are_read_also_without_the_last_line_feed(
    values: list[Any], ended: bool, sizes: list[int]
) -> None:
    # U+2028 and U+0085 end no line.
    text = "\n".join(json.dumps(value, ensure_ascii=False) for value in values)
    data = (text + "\n" * ended).encode()
    found = same_for_all_cuts(Lines, data, sizes)
    assert [json.loads(one) for one in payloads(found)] == values


@UNTIMED
@given(OBJECTS, st.sampled_from(["", " ", "\n", "\r\n"]), st.none() | st.integers(0, 3), SIZES)
def test_the_elements_of_an_array_come_one_by_one(
    values: list[Any], space: str, indent: int | None, sizes: list[int]
) -> None:
    written = [json.dumps(value, indent=indent, ensure_ascii=False) for value in values]
    data = f"{space}[{space}{f'{space},{space}'.join(written)}{space}]{space}".encode()
    found = same_for_all_cuts(ArrayStream, data, sizes)
    assert [json.loads(one) for one in payloads(found)] == values
    assert [frame.kind for frame in found].count("last") == 1


@pytest.mark.parametrize(
    "data", [b"{}", b"[1]", b"[{}{}]", b"[,{}]", b"[{}]]", b"[{}],", b"x", b"[{} ]x"]
)
def test_what_is_no_array_of_objects_is_an_error(data: bytes) -> None:
    with pytest.raises(MalformedFrame, match="not-an-array"):
        frames(ArrayStream(), data, [])


@pytest.mark.parametrize("data", [b"", b"[", b"[{}", b"[{},", b'[{"a":"]"'])
def test_an_array_that_does_not_end_is_an_error(data: bytes) -> None:
    with pytest.raises(MalformedFrame, match="truncated"):
        frames(ArrayStream(), data, [])


def message(payload: bytes, headers: dict[str, str]) -> bytes:
    """An AWS event stream message."""
    head = b"".join(
        bytes([len(name)])
        + name.encode()
        + b"\x07"
        + struct.pack(">H", len(value))
        + value.encode()
        for name, value in headers.items()
    )
    prelude = struct.pack(">II", 16 + len(head) + len(payload), len(head))
    prelude += struct.pack(">I", zlib.crc32(prelude))
    body = prelude + head + payload
    return body + struct.pack(">I", zlib.crc32(body))


EVENT = {":event-type": "chunk", ":content-type": "application/json", ":message-type": "event"}


@UNTIMED
@given(st.lists(st.binary(max_size=40), max_size=4), SIZES)
def test_aws_messages_are_read_with_their_headers(bodies: list[bytes], sizes: list[int]) -> None:
    data = b"".join(message(body, EVENT) for body in bodies)
    found = same_for_all_cuts(MessageStream, data, sizes)
    assert [(frame.event, frame.data) for frame in found] == [("chunk", body) for body in bodies]


def test_an_exception_of_aws_is_told_from_an_event() -> None:
    headers = {":exception-type": "throttlingException", ":message-type": "exception"}
    [frame] = MessageStream().feed(message(b"{}", headers))
    assert frame.event == "!throttlingException"


def test_every_damaged_byte_of_an_aws_message_is_noticed() -> None:
    good = message(b'{"text":"hi"}', EVENT)
    for at in range(len(good)):
        damaged = bytearray(good)
        damaged[at] ^= 0x10
        with pytest.raises(MalformedFrame, match="bad-checksum"):
            frames(MessageStream(), bytes(damaged), [])


def test_an_aws_message_that_is_cut_off_is_an_error() -> None:
    one = message(b"{}", EVENT)
    with pytest.raises(MalformedFrame, match=f"frame 1, byte {len(one)}: truncated"):
        frames(MessageStream(), one + one[:-1], [])


@pytest.mark.parametrize("make", [EventStream, Lines, ArrayStream, MessageStream, Whole])
def test_a_frame_beyond_the_limit_is_an_error_before_it_is_complete(
    make: Callable[[int], Framing],
) -> None:
    framing = make(1_000)
    beginning = {EventStream: b"data: ", ArrayStream: b'[{"a":"'}.get(make, b"")  # type: ignore[call-overload]
    if make is MessageStream:
        beginning = message(b"x" * 2_000, EVENT)[:12]
    with pytest.raises(MalformedFrame, match="too-large"):
        list(framing.feed(beginning + b"x" * 2_000))


def test_a_long_line_in_pieces_is_looked_through_once() -> None:
    def seconds(pieces: int) -> float:
        stream = EventStream()
        begun = time.process_time()
        for piece in [b"data: ", *[b"x" * 4_096] * pieces, b"\n\n"]:
            list(stream.feed(piece))
        return time.process_time() - begun

    seconds(100)
    # 16 times as long, not 256.
    assert seconds(3_200) < 80 * max(seconds(200), 0.002)
