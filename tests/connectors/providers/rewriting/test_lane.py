"""A channel's text is sent once, in order, in place of the text that came."""

from __future__ import annotations

import pytest

from connectors.providers.events import Channel
from connectors.providers.rewriting.lane import Lane, ReleaseError, Slot
from guardrails.events import Segment


def lane(*texts: str) -> Lane:
    made = Lane(Channel("text", "0"))
    for text in texts:
        made.add(Slot((), text))
    return made


def pending(made: Lane) -> list[str]:
    return [slot.pending for slot in made.slots]


def test_segments_that_came_before_are_passed_over() -> None:
    made = lane("hello ", "world")
    first = [Segment(0, 3, "hel"), Segment(3, 8, "lo wo")]
    made.release(first)
    made.release(first)
    made.release([Segment(2, 11, "llo world")])
    assert pending(made) == ["hello ", "world"]
    assert not made.changed


def test_a_label_stands_where_its_span_begins() -> None:
    made = lane("to se", "cr", "et now")
    made.release([Segment(0, 3, "to "), Segment(3, 9, "[L]", "r"), Segment(9, 13, " now")])
    assert pending(made) == ["to [L]", "", " now"]
    assert (made.said, made.shown) == ("to secret now", "to [L] now")
    assert made.changed


def test_plain_text_that_is_not_what_came_counts_as_changed() -> None:
    made = lane("a\0b")
    made.release([Segment(0, 3, "a\ufffdb")])
    assert not made.changed
    other = lane("abc")
    other.release([Segment(0, 3, "abd")])
    assert other.changed


@pytest.mark.parametrize(
    "segment", [Segment(2, 3, "Ü"), Segment(1, 4, "ÖÜÄ"), Segment(0, 2, "[L]", "rule")]
)
def test_segments_that_do_not_fit_are_refused_without_their_text(segment: Segment) -> None:
    made = lane("ÄÖÜ")
    made.release([Segment(0, 1, "Ä")])
    with pytest.raises(ReleaseError) as caught:
        made.release([segment])
    assert f"{segment.start}-{segment.end}" in str(caught.value)
    assert segment.text not in str(caught.value)


def test_a_closed_channel_is_complete_when_all_of_it_is_decided() -> None:
    made = lane("ab")
    assert made.close() is None
    assert not made.complete()
    made.release([Segment(0, 2, "ab")])
    assert made.complete()
