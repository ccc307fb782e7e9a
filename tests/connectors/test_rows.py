"""Rows to scan: what is read, what is refused, and the ways to cut."""

import io
import json
import random

import pytest

from connectors.rows import Row, RowError, cut_evenly, cut_randomly, parse_cut, read_rows

TEXTS = ["", "a", "two\u2028lines\u0085here\x0b", "日本語と😀", "e\u0301" * 50, "word " * 400]


def read(content: bytes) -> list[Row | RowError]:
    return list(read_rows(io.BytesIO(content), "in.jsonl"))


def the_error(line: bytes) -> str:
    (found,) = read(line)
    assert isinstance(found, RowError)
    return str(found)


def test_rows_of_one_text_and_of_chunks_are_read() -> None:
    assert read(b'{"id":"a","text":"x"}\n{"id":2,"chunks":["x","","y"]}\n') == [
        Row(1, "a", ["x"]),
        Row(2, 2, ["x", "", "y"]),
    ]


def test_other_keys_empty_lines_a_byte_order_mark_and_windows_line_ends_do_no_harm() -> None:
    content = b'\xef\xbb\xbf{"id":"a","text":"x","label":3}\r\n\n  \n{"text":"y","id":"b"}'
    assert [row.id for row in read(content) if isinstance(row, Row)] == ["a", "b"]
    assert [row.line for row in read(content) if isinstance(row, Row)] == [1, 4]


@pytest.mark.parametrize("text", TEXTS)
def test_lines_end_with_a_line_feed_alone(text: str) -> None:
    line = json.dumps({"id": "a", "text": text}, ensure_ascii=False).encode()
    assert read(line + b"\n" + line) == [Row(1, "a", [text]), Row(2, "a", [text])]


def test_a_character_cut_in_two_chunks_keeps_its_halves() -> None:
    assert read(b'{"id":"a","chunks":["\\ud83d","\\ude00"]}') == [Row(1, "a", ["\ud83d", "\ude00"])]


def test_text_and_chunks_together_must_agree() -> None:
    assert read(b'{"id":"a","text":"xy","chunks":["x","y"]}') == [Row(1, "a", ["x", "y"])]
    assert "'text' is not its 'chunks' joined" in the_error(
        b'{"id":"a","text":"xz","chunks":["x","y"]}'
    )


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (b"nope", "not JSON (invalid character"),
        (b'{"id":"a","text":"x"', "not JSON"),
        (b'{"id":"a","text":"x"}{}', "not JSON"),
        (b"[]", "expected object, got array"),
        (b"null", "expected object, got null"),
        (b"{}", "missing required field id"),
        (b'{"id":"a"}', "row 'a' has neither 'text' nor 'chunks'"),
        (b'{"text":"x"}', "missing required field id"),
        (b'{"id":null,"text":"x"}', "'id': expected int | str, got null"),
        (b'{"id":1.5,"text":"x"}', "'id': expected int | str, got float"),
        (b'{"id":"a","text":5}', "'text': expected str, got int"),
        (b'{"id":"a","text":null}', "'text': expected str, got null"),
        (b'{"id":"a","chunks":"x"}', "'chunks': expected array, got str"),
        (b'{"id":"a","chunks":["x",1]}', "'chunks[1]': expected str, got int"),
        (b'{"id":"a","text":"\xff"}', "not UTF-8"),
        (b'{"id":"\\ud800","text":"x"}', "'id' holds half a character"),
        (b'{"id":"\\ud800","text":5}', "expected str, got int"),
        (b'{"id":"a","text":"\\ud800"', "not JSON"),
        (b'{"id":"a","x":' + b"[" * 100_000, "nested too deep"),
        (b'{"id":"a","x":"\\ud800","text":' + b"[" * 100_000, "not JSON"),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_a_bad_line_is_told_with_its_place_and_without_its_text(line: bytes, expected: str) -> None:
    message = the_error(b"\n" + line)
    assert message.startswith("in.jsonl:2: ")
    assert expected in message


def test_no_message_carries_text_or_a_long_id() -> None:
    secret = "4111 1111 1111 1111"
    for row in (
        {"id": "a", "text": secret, "chunks": [secret[:5]]},
        {"id": "a", "text": {"t": secret}},
        {"id": "a", "chunks": [[secret]]},
        {"id": {"x": secret}, "text": secret},
    ):
        assert secret not in the_error(json.dumps(row).encode())
    assert len(the_error(json.dumps({"id": "x" * 5000}).encode())) < 200


def test_a_bad_line_does_not_disturb_the_ones_behind_it() -> None:
    found = read(b'nope\n{"id":1,"text":"x"}\n{"id":2}\n{"id":3,"text":"y"}\n')
    assert [type(item) for item in found] == [RowError, Row, RowError, Row]


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("how", ["whole", "chars:1", "chars:7", "random:0", "random:1", "random:9"])
def test_every_cut_loses_nothing(text: str, how: str) -> None:
    rng = random.Random(text)
    chunks = [text[: (middle := rng.randint(0, len(text)))], "", text[middle:]]
    assert "".join(parse_cut(how)(Row(3, "a", chunks))) == text


def test_as_given_is_as_given() -> None:
    assert parse_cut("as-given")(Row(1, "a", ["x", "", "y"])) == ["x", "", "y"]


def test_random_cuts_are_repeatable_differ_by_row_and_seed_and_have_empty_chunks() -> None:
    rows = [Row(line, "a", ["word " * 100]) for line in range(1, 20)]
    first = [parse_cut("random:7")(row) for row in rows]
    assert first == [parse_cut("random:7")(row) for row in rows]
    assert first != [parse_cut("random:8")(row) for row in rows]
    assert len({tuple(pieces) for pieces in first}) == len(rows)
    assert any("" in pieces for pieces in first)
    assert {len(piece) for pieces in first for piece in pieces} >= {0, 1, 2, 3}
    assert max(len(piece) for pieces in first for piece in pieces) > 50


@pytest.mark.parametrize("how", ["", "all", "chars", "chars:", "chars:0", "chars:-1", "random:x"])
def test_an_unknown_cut_is_refused(how: str) -> None:
    with pytest.raises(ValueError, match="expected as-given, whole, chars:N or random:SEED"):
        parse_cut(how)


def test_even_pieces_have_the_size_asked_for() -> None:
    assert cut_evenly("abcdefg", 3) == ["abc", "def", "g"]
    assert "".join(cut_randomly("abc" * 99, "seed")) == "abc" * 99
