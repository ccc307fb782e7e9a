"""The text a check sees, and the way back to the stream."""

from __future__ import annotations

from itertools import pairwise
from random import Random

import pytest

from guardrails.checked_text import CheckedText
from guardrails.events import Segment

# "Write to ada@example.org now" at 40, the address replaced.
REDACTED = CheckedText(
    [Segment(40, 49, "Write to "), Segment(49, 64, "[MAIL]", "email"), Segment(64, 68, " now")]
)


def test_text_as_it_was_written_maps_one_to_one() -> None:
    text = CheckedText.original("a😀b", 7)
    assert (text.text, text.start, text.end) == ("a😀b", 7, 10)
    assert text.stream_span(1, 2) == (8, 9)
    assert text.stream_span(0, 3) == (7, 10)


@pytest.mark.parametrize(
    ("passage", "span"),
    [
        ("Write", (40, 45)),
        (" ", (45, 46)),
        ("MAIL", (49, 64)),
        ("to [", (46, 64)),
        ("L] n", (49, 66)),
        ("Write to [MAIL] now", (40, 68)),
        ("now", (65, 68)),
    ],
)
def test_a_span_is_rounded_outward_over_labels(passage: str, span: tuple[int, int]) -> None:
    start = REDACTED.text.index(passage)
    assert REDACTED.stream_span(start, start + len(passage)) == span


@pytest.mark.parametrize(("start", "end"), [(-1, 2), (3, 3), (4, 2), (0, 20), (19, 20)])
def test_a_span_that_is_empty_or_leaves_the_text_is_refused(start: int, end: int) -> None:
    assert len(REDACTED.text) == 19
    with pytest.raises(ValueError, match="expected a span within 0 and 19"):
        REDACTED.stream_span(start, end)


def test_an_empty_label_belongs_to_the_span_around_it() -> None:
    text = CheckedText([Segment(0, 2, "ab"), Segment(2, 9, "", "r"), Segment(9, 11, "cd")])
    assert text.text == "abcd"
    assert text.stream_span(1, 3) == (1, 10)
    assert text.stream_span(2, 3) == (9, 10)
    assert text.stream_span(0, 2) == (0, 2)


def test_a_cut_keeps_labels_whole() -> None:
    assert REDACTED.cut(40, 49).text == "Write to "
    assert REDACTED.cut(46, 66).text == "to [MAIL] n"
    cut = REDACTED.cut(50, 51)
    assert (cut.text, cut.start, cut.end) == ("[MAIL]", 49, 64)


@pytest.mark.parametrize(("start", "end"), [(39, 41), (67, 69), (50, 50), (60, 50)])
def test_a_cut_that_is_empty_or_leaves_the_text_is_refused(start: int, end: int) -> None:
    with pytest.raises(ValueError, match="expected a span within 40 and 68"):
        REDACTED.cut(start, end)


def test_nothing_and_text_with_a_gap_are_no_text() -> None:
    with pytest.raises(ValueError, match="at least one"):
        CheckedText([])
    with pytest.raises(ValueError, match="missing from 2 to 3"):
        CheckedText([Segment(0, 2, "ab"), Segment(3, 4, "d")])
    with pytest.raises(ValueError, match="missing from 2 to 7"):
        CheckedText.join([CheckedText.original("ab"), CheckedText.original("c", 7)])


def random_text(random: Random) -> CheckedText:
    segments, at = [], random.randint(0, 50)
    for _ in range(random.randint(1, 6)):
        length = random.randint(1, 5)
        if random.random() < 0.4:
            segments.append(Segment(at, at + length, "#" * random.randint(0, 4), "rule"))
        else:
            segments.append(Segment(at, at + length, "".join(random.choices("ab😀", k=length))))
        at += length
    return CheckedText(segments)


def test_pieces_joined_again_are_the_whole_and_map_alike() -> None:
    random = Random(5)
    for _ in range(300):
        whole = random_text(random)
        borders = [segment.end for segment in whole.segments[:-1]]
        cuts = [whole.start, *sorted(random.sample(borders, len(borders) // 2)), whole.end]
        parts = [whole.cut(low, high) for low, high in pairwise(cuts)]
        joined = CheckedText.join(parts)
        assert joined.text == whole.text
        for start in range(len(whole.text)):
            for end in range(start + 1, len(whole.text) + 1):
                assert joined.stream_span(start, end) == whole.stream_span(start, end)


def test_every_span_covers_all_characters_it_touches_and_no_other_plain_ones() -> None:
    random = Random(6)
    for _ in range(300):
        text = random_text(random)
        # Where each character of the text comes from, the slow way.
        origin = [
            (segment.start, segment.end) if segment.rule == "rule" else (segment.start + n,) * 2
            for segment in text.segments
            for n in range(len(segment.text))
        ]
        origin = [(low, high if high > low else low + 1) for low, high in origin]
        for start in range(len(text.text)):
            for end in range(start + 1, len(text.text) + 1):
                touched = origin[start:end]
                wanted = min(low for low, _ in touched), max(high for _, high in touched)
                assert text.stream_span(start, end) == wanted
