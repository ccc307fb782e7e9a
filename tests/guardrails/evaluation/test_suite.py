"""Reading labelled texts: what is a case, and what is said of what is none."""

import base64
import json
from typing import Any

import pytest

from guardrails.evaluation.suite import Case, Span, SuiteError, read_suite


def read(*rows: Any) -> list[Case]:
    return list(read_suite([json.dumps(row).encode() + b"\n" for row in rows], "s.jsonl"))


def test_a_text_is_streamed_in_pieces_as_long_as_tokens_and_chunks_as_they_are() -> None:
    cases = read({"text": "abcdefghij", "spans": []}, {"chunks": ["ab", "", "c"], "spans": []})
    assert [case.chunks for case in cases] == [("abcd", "efgh", "ij"), ("ab", "", "c")]


def test_spans_count_code_points_of_the_decoded_text_and_come_in_order() -> None:
    encoded = base64.b64encode("日本 ab".encode()).decode()
    spans = [{"start": 3, "end": 5, "type": "B"}, {"start": 0, "end": 2, "type": "A"}]
    case = read({"text_b64": encoded, "spans": spans, "id": 7, "source": "unknown keys may stand"})
    assert case[0].spans == (Span(0, 2, "A"), Span(3, 5, "B"))


def test_a_label_says_whether_there_is_something_and_not_where() -> None:
    found = read({"text": "x", "label": "positive"}, {"text": "x", "label": "negative"})
    assert [(case.positive, case.spans) for case in found] == [(True, None), (False, ())]


def test_empty_lines_and_a_byte_order_mark_are_no_cases() -> None:
    lines = [b'\xef\xbb\xbf{"text": "x", "label": "negative"}\n', b"\n", b"  \n"]
    assert len(list(read_suite(lines, "s.jsonl"))) == 1


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (b"{", "this is not JSON"),
        (b'{"text": "\xff"}', "this is not JSON in UTF-8"),
        (b"[1]", "expected object, got array"),
        (b'{"text": "abc"}', "neither 'spans' nor 'label'"),
        (b'{"text": "abc", "label": "tp"}', "'label': invalid enum value"),
        (b'{"spans": []}', "exactly one of 'text'"),
        (b'{"text": "a", "chunks": ["a"], "spans": []}', "exactly one of 'text'"),
        (b'{"text_b64": "?", "spans": []}', "base64 of UTF-8"),
        (b'{"text_b64": "/w==", "spans": []}', "base64 of UTF-8"),
        (
            b'{"text": "abc", "spans": [{"start": 2, "end": 4, "type": "A"}]}',
            "'spans[0]': expected 0 <= start < end <= 3, got 2 to 4",
        ),
        (b'{"text": "abc", "spans": [{"start": 1, "end": 1, "type": "A"}]}', "start < end"),
        (b'{"text": "abc", "spans": [{"start": 1, "end": 2}]}', "missing required field type"),
        (b'{"text": "abc", "spans": [], "label": "positive"}', "'label' is positive, but"),
    ],
)
def test_a_bad_line_is_named_and_what_was_expected(row: bytes, said: str) -> None:
    good = b'{"text": "x", "label": "negative"}\n'
    with pytest.raises(SuiteError) as raised:
        list(read_suite([good, row + b"\n"], "s.jsonl"))
    assert str(raised.value).startswith("s.jsonl:2: ")
    assert said in str(raised.value)


def test_an_error_holds_no_text_of_the_suite() -> None:
    with pytest.raises(SuiteError) as raised:
        read({"text": "private", "spans": [{"start": 0, "end": 99, "type": "A"}]})
    assert "private" not in str(raised.value)
