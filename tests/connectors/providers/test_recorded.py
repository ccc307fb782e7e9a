"""Every recorded stream says exactly what it was recorded to say, however its bytes are cut."""

from __future__ import annotations

import json
import random
import re
from typing import Any

import pytest

from connectors.providers.decoder import Decoder
from connectors.providers.errors import MalformedFrame
from connectors.providers.events import Call, Channel, Close, Delta, Event, Finish, Opaque
from connectors.providers.sse import EventStream
from tests import corpus
from tests.connectors.providers.recorded import Row, api, cut, decode, raw, recorded

pytestmark = pytest.mark.data


def events(row: Row) -> list[Event]:
    return decode(Decoder(api(row), row["framing"]), [raw(row)])


def deltas(said: list[Event], kind: str) -> list[Delta]:
    return [event for event in said if isinstance(event, Delta) and event.channel.kind == kind]


def plain(index: str) -> str:
    """An index without the number of the response: recordings of several were joined."""
    return re.sub(r"^[mr]\d+/", "", index)


def by_key(said: list[Event]) -> dict[str, str]:
    found: dict[str, str] = {}
    for kind in ("text", "refusal"):
        for delta in deltas(said, kind):
            key = "refusal" if kind == "refusal" else plain(delta.key)
            found[key] = found.get(key, "") + delta.text
    return found


def calls(said: list[Event]) -> list[dict[str, Any]] | None:
    """Tool calls as the expectation has them: by index, without inputs that came whole, and
    without those that a message begins with.
    """
    found: dict[str, dict[str, Any]] = {}
    begun: set[Channel] = set()
    before = {one.channel for one in deltas(said, "arguments") if one.path[:1] == ("message",)}
    for event in said:
        if isinstance(event, Call) and event.channel not in before:
            begun.add(event.channel)
            found.setdefault(plain(event.channel.index), {"name": event.name, "args": ""})
        elif isinstance(event, Delta) and event.channel in begun and not event.value:
            found[plain(event.channel.index)]["args"] += event.text
    return list(found.values()) or None


def same_calls(row: Row, said: list[Event]) -> bool:
    expected = row["expected"]["tool_calls"]
    if row["api"] == "google.interactions":
        # The expectation has none of this API.
        return expected is None
    got = calls(said)
    if row["api"] == "openai.responses":
        # There only calls of functions count, none of tools by other names.
        names = [call["name"] for call in expected or ()]
        got = [call for call in got or () if call["name"] in names] or None
    if expected is None or got is None:
        return expected == got
    if row["api"] == "google.generateContent":
        # There a call that goes on in later parts counts as several without a name.
        named = [call for call in expected if call["name"]]
        whole = [json.loads(one.text) for one in deltas(said, "arguments") if one.value]
        wanted = [json.loads(call["args"]) for call in named if call["args"] != "null"]
        return [call["name"] for call in named] == [call["name"] for call in got] and (
            whole == wanted
        )
    return [call["args"] for call in expected] == [call["args"] for call in got] and all(
        one["name"] in (None, other["name"]) for one, other in zip(expected, got, strict=True)
    )


def test_every_recorded_stream_has_exactly_its_text_thoughts_calls_and_end() -> None:
    rows = recorded()
    assert len(rows) >= 397
    for row in rows:
        said, expected = events(row), row["expected"]
        where = row["id"]
        assert not [event for event in said if isinstance(event, Opaque)], where
        keys = by_key(said)
        assert keys == {key: text for key, text in expected["text_by_key"].items() if text}, where
        if expected["text"] is not None:
            assert "".join(keys.values()) == expected["text"], where
        pieces = [delta.text for delta in deltas(said, "text")]
        assert pieces == [piece for piece in expected["deltas"] if piece], where
        thoughts = "".join(
            delta.text for delta in deltas(said, "reasoning") if delta.channel.index != "plan"
        )
        assert thoughts == (expected["thinking"] or ""), where
        assert same_calls(row, said), where
        ends = [event.reason for event in said if isinstance(event, Finish)]
        if expected["finish"] is not None:
            assert expected["finish"].removeprefix("BLOCKED:") == ends[-1], where


def test_every_channel_is_closed_once_and_has_no_text_behind_that() -> None:
    for row in recorded():
        closed: set[Channel] = set()
        begun: set[Channel] = set()
        for event in events(row):
            if isinstance(event, Delta):
                assert event.channel not in closed, (row["id"], event.channel)
                begun.add(event.channel)
            elif isinstance(event, Close):
                assert event.channel not in closed, (row["id"], event.channel)
                closed.add(event.channel)
        assert begun <= closed, row["id"]


def test_however_the_bytes_are_cut_a_stream_says_the_same() -> None:
    chance = random.Random(1)
    for row in recorded():
        whole, data = events(row), raw(row)
        # Small pieces of what is short; of a stream with pictures they would be millions.
        for longest in (7, 300) if len(data) < 8_000 else (2_000,):
            sizes = [chance.randint(0, longest) for _ in range(2 * len(data) // longest + 2)]
            said = decode(Decoder(api(row), row["framing"]), cut(data, sizes))
            assert said == whole, row["id"]


def test_byte_by_byte_a_stream_says_the_same() -> None:
    shortest: dict[tuple[str, str], Row] = {}
    for row in recorded():
        kind = (api(row), row["framing"])
        if kind not in shortest or len(raw(row)) < len(raw(shortest[kind])):
            shortest[kind] = row
    assert len(shortest) > 15
    for row in shortest.values():
        data = raw(row)
        said = decode(Decoder(api(row), row["framing"]), cut(data, [1] * len(data)))
        assert said == events(row), row["id"]


def test_the_frames_of_a_stream_are_its_bytes() -> None:
    for row in recorded():
        decoder = Decoder(api(row), row["framing"])
        frames = [one.frame for one in [*decoder.feed(raw(row)), *decoder.close()[0]]]
        assert b"".join(frame.raw for frame in frames) == raw(row)
        assert [frame.number for frame in frames] == list(range(len(frames)))


def test_streams_of_apis_nobody_reads_are_still_cut_into_frames() -> None:
    rows = [row for row in corpus.rows("streams/recorded_streams.jsonl") if row["api"] == "other"]
    assert rows
    for row in rows:
        framing = EventStream()
        frames = [*framing.feed(raw(row)), *framing.close()]
        assert sum(b"data:" in frame.raw for frame in frames) >= row["n_events"], row["id"]


def test_the_malformed_stream_is_refused_at_its_first_line() -> None:
    [row] = corpus.rows("streams/malformed_stream.jsonl")
    with pytest.raises(MalformedFrame) as caught:
        list(Decoder("openai.responses", "ndjson").feed(row["raw"].encode()))
    assert str(caught.value).startswith("frame 0, byte 0: not-json: ")
    assert (caught.value.reason, caught.value.frame) == ("not-json", 0)
    assert "resp_parallel" not in str(caught.value)
