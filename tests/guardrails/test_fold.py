"""One code point at a time: folding must not know where a text was cut."""

from __future__ import annotations

import sys
from random import Random

import pytest

from guardrails.fold import MAX_INVISIBLE_RUN, FoldedTail, clean, fold
from tests import chunking, random_rules
from tests.oracle import clean as plainly_cleaned
from tests.oracle import folded_with_origins


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("４１１１　１１１１", "4111 1111"),
        ("٤٢", "42"),
        ("ｓｋ－ａ", "sk-a"),
        ("𝓈𝓀‐𝟙", "sk-1"),
        ("раssword", "password"),
        ("Cafe\u0301 Café", "Cafe Cafe"),
        ("a\u200bb\u2060c\ufeff", "abc"),
        ("ﬁn ½", "fin 1⁄2"),
        ("STRASSE Straße", "STRASSE Strasse"),
        ("İ", "I"),
    ],
)
def test_what_readers_take_for_the_same_is_the_same(text: str, folded: str) -> None:
    assert fold(text) == folded


def test_only_inherited_marks_are_dropped_vowel_signs_stay() -> None:
    for text in ("हिन्दी में कार्ड", "กลัง", "がぎ", "한국", "\u05e9\u05b8\u05dc\u05d5\u05b9\u05dd"):
        assert fold(text) == text


def test_case_stays_and_is_folded_by_no_one() -> None:
    assert fold("AKIA akia") == "AKIA akia"


def test_a_code_point_folds_alone_to_text_that_folds_to_itself() -> None:
    # All of the first plane, and one in 17 of the others.
    for code_point in (*range(0xD800), *range(0xE000, sys.maxunicode + 1, 17)):
        once = fold(chr(code_point))
        assert len(once) <= 18
        assert fold(once) == once or not once.isascii()


def folded_in(chunks: list[str]) -> tuple[str, list[int]]:
    tail = FoldedTail()
    for chunk in chunks:
        tail.append(chunk)
    return tail.text, [tail.raw(offset) for offset in range(len(tail.text))]


def test_folding_and_its_offsets_do_not_depend_on_chunks() -> None:
    random = Random(3)
    for _ in range(500):
        text = clean(random_rules.text(random) + "\u0301" * random.choice([0, 3, 70, 140]) + "a½")
        for chunks in chunking.strategies(text, random):
            assert folded_in(chunks) == folded_with_origins(text)


@pytest.mark.parametrize("count", [MAX_INVISIBLE_RUN - 1, MAX_INVISIBLE_RUN, MAX_INVISIBLE_RUN + 1])
def test_a_run_of_invisible_characters_counts_from_its_cap_on(count: int) -> None:
    text = "a" + "\u200b" * count + "b"
    shown = max(0, count - MAX_INVISIBLE_RUN)
    for chunks in ([text], list(text)):
        assert folded_in(chunks)[0] == "a" + "\ufffd" * shown + "b"


def test_spans_are_rounded_outward_to_whole_code_points() -> None:
    tail = FoldedTail()
    tail.append("xﬁy")
    assert tail.text == "xfiy"
    assert tail.raw_span(2, 4) == (1, 3)
    assert tail.raw_span(0, 2) == (0, 2)


def test_a_span_takes_the_marks_that_follow_it() -> None:
    tail = FoldedTail()
    tail.append("e\u0301\u0301x")
    assert tail.raw_span(0, 1) == (0, 3)


def test_offsets_survive_trimming() -> None:
    tail = FoldedTail()
    tail.append("a\u0301bﬁc\u200bd")
    expected = {offset: tail.raw(offset) for offset in range(len(tail.text))}
    for trimmed in range(1, len(tail.text)):
        tail.drop_before(trimmed)
        for offset in range(trimmed, len(expected)):
            assert tail.raw(offset) == expected[offset]


def test_cleaning_joins_pairs_and_replaces_what_no_text_may_hold() -> None:
    assert clean("\ud83d\ude00") == "😀"
    assert clean("a\ud83db\ude00c\0") == "a\ufffdb\ufffdc\ufffd"
    random = Random(5)
    for _ in range(300):
        text = "".join(random.choices("a\ud83d\ude00\0😀", k=random.randint(0, 9)))
        assert clean(text) == plainly_cleaned(text)
