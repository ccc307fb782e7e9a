"""JSON in pieces reads as what it says, and stays JSON whatever is replaced in it."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.providers.events import Channel
from connectors.providers.rewriting.arguments import ArgumentReader
from connectors.providers.rewriting.lane import Lane, Slot
from guardrails.events import Segment

CHANNEL = Channel("arguments", "0")
UNTIMED = settings(deadline=None)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=10,
)
WRITTEN = st.builds(
    lambda value, ascii_only, indent: json.dumps(value, ensure_ascii=ascii_only, indent=indent),
    VALUES.filter(lambda value: "\x00" not in str(value)),
    st.booleans(),
    st.sampled_from([None, 1]),
)


def pieces(text: str, sizes: list[int]) -> list[str]:
    found, at = [], 0
    for size in sizes:
        found.append(text[at : at + size])
        at += size
    return [*found, text[at:]]


def lane_of(text: str, sizes: list[int]) -> tuple[Lane, str]:
    lane, said = Lane(CHANNEL, json=True), ""
    for piece in pieces(text, sizes):
        slot = Slot((), piece)
        lane.add(slot)
        said += slot.said
    rest = lane.close()
    return lane, said + (rest.said if rest is not None else "")


@UNTIMED
@given(WRITTEN, st.lists(st.integers(0, 5), max_size=40), st.lists(st.integers(1, 5), max_size=40))
def test_what_is_released_as_it_came_is_written_as_it_came(
    text: str, sizes: list[int], released: list[int]
) -> None:
    lane, said = lane_of(text, sizes)
    at = 0
    for size in [*released, len(said)]:
        end = min(at + size, len(said))
        lane.release([Segment(at, end, said[at:end])])
        at = end
    assert (lane.shown, lane.changed) == (text, False)
    assert lane.complete()
    assert all(slot.complete() for slot in lane.slots)
    assert "".join(slot.pending for slot in lane.slots) == text


@UNTIMED
@given(WRITTEN, st.lists(st.integers(0, 5), max_size=40), st.data())
def test_what_is_replaced_anywhere_leaves_json_of_the_same_structure(
    text: str, sizes: list[int], data: st.DataObject
) -> None:
    lane, said = lane_of(text, sizes)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(said)), max_size=8)))
    bounds = [0, *cuts, len(said)]
    for place, (start, end) in enumerate(pairwise(bounds)):
        if place % 2 and start < end:
            lane.release([Segment(start, end, '[L"]', "rule")])
        else:
            lane.release([Segment(start, end, said[start:end])])
    assert marks(lane.shown) == marks(text)
    json.loads(lane.shown, object_pairs_hook=list)


def marks(text: str) -> str:
    """What stands between strings and scalars."""
    parts = [one for one in ArgumentReader().read(text, final=True) if one.part == "mark"]
    return "".join(one.raw for one in parts if not one.raw.isspace()).replace('"', "")


@UNTIMED
@given(st.text(alphabet='{}[]",:\\u0041dD8cn x1\ud83d', max_size=40), st.lists(st.integers(0, 4)))
def test_what_is_no_json_is_read_all_the_same(text: str, sizes: list[int]) -> None:
    whole = ArgumentReader().read(text, final=True)
    assert "".join(one.raw for one in whole) == text
    assert all(len(one.said) == 1 for one in whole)
    reader = ArgumentReader()
    parted = [one for piece in pieces(text, sizes) for one in reader.read(piece)]
    parted += reader.read("", final=True)
    assert parted == whole


@pytest.mark.parametrize(
    ("text", "hidden", "expected"),
    [
        (r'{"a": "\u0073ecret"}', "secret", {"a": "[L]"}),
        (r'{"a": "x\nsecret\ty"}', "secret", {"a": "x\n[L]\ty"}),
        (r'{"a": "\ud83d\ude00 secret"}', "😀 secret", {"a": "[L]"}),
        (r'{"a": "\"secret\""}', '"secret"', {"a": "[L]"}),
        ('{"n": 4111111111111111}', "4111111111111111", {"n": "[L]"}),
        ('{"n": -12.5e3}', "2.5", {"n": "[L]"}),
        ('{"secret": 1}', "secret", {"[L]": 1}),
        ('{"a": ["sec", "ret"]}', 'sec", "ret', {"a": ["[L]", ""]}),
        ('{"a": [1, 2, true]}', "1, 2, t", {"a": ["[L]", "", ""]}),
        ("12", "12", "[L]"),
    ],
)
@pytest.mark.parametrize("size", [1, 2, 3, 99])
def test_what_is_hidden_is_found_and_replaced(
    text: str, hidden: str, expected: Any, size: int
) -> None:
    lane, said = lane_of(text, [size] * len(text))
    at = said.index(hidden)
    lane.release([Segment(0, at, said[:at]), Segment(at, at + len(hidden), "[L]", "rule")])
    lane.release([Segment(at + len(hidden), len(said), said[at + len(hidden) :])])
    assert json.loads(lane.shown) == expected
    assert lane.changed
