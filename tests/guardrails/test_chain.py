"""Entries and heads of a hash chain, as bytes that any tool can check."""

import hashlib
import hmac
import json

import pytest

from guardrails.chain import (
    GENESIS,
    Chain,
    ChainError,
    Seal,
    check_entry,
    parse_entry,
    read_head,
)
from guardrails.records import Record
from tests.audits import NOON_MS, audit, record

KEY = b"0123456789abcdef0123456789abcdef"


def lines(count: int, seal: Seal) -> list[bytes]:
    chain = Chain("audit/0", seal)
    return [
        chain.open_file(1),
        *(chain.append(record(audit(f"s{n}"), n)) for n in range(count)),
    ]


def test_an_entry_is_one_line_of_json_with_the_record_as_it_was_read():
    first, second = lines(1, Seal())
    assert b"\n" not in first + second
    opening, entry = json.loads(first), json.loads(second)
    assert (opening["index"], opening["previous"], opening["chain"]) == (0, GENESIS, "audit/0")
    assert (opening["file"], opening["algorithm"], opening["key_id"]) == (1, "sha256", "")
    assert (entry["index"], entry["previous"]) == (1, opening["hash"])
    assert (entry["offset"], entry["timestamp_ms"]) == (0, NOON_MS + 200)
    assert entry["record"] == json.loads(record(audit("s0"), 0).value)


@pytest.mark.parametrize("key", [None, KEY])
def test_the_hash_is_that_of_the_bytes_before_it_and_needs_no_code_of_ours(key):
    for line in lines(3, Seal(key)):
        content, _, rest = line.rpartition(b',"hash":"')
        expected = (
            hashlib.sha256(content).hexdigest()
            if key is None
            else hmac.new(key, content, hashlib.sha256).hexdigest()
        )
        assert rest == expected.encode() + b'"}'


def test_white_space_of_a_record_is_removed_and_nothing_else():
    value = b'{\n  "stream_id" : "a",\r\n "n": [1.50, "\\u00e9 x"] }'
    chain = Chain("audit/0", Seal())
    line = chain.append(Record("audit", 0, 1, 2, None, value))
    assert b'"record":{"stream_id":"a","n":[1.50,"\\u00e9 x"]},"hash"' in line


def test_a_record_that_contradicts_another_one_is_marked():
    chain = Chain("audit/0", Seal())
    line = chain.append(record(audit(), 3), contradicts=True)
    assert parse_entry(line).contradicts
    assert not parse_entry(chain.append(record(audit(), 4))).contradicts


def test_any_changed_byte_of_a_line_is_noticed():
    seal = Seal(KEY)
    line = lines(1, seal)[1]
    for place in range(len(line)):
        changed = bytearray(line)
        changed[place] ^= 1
        with pytest.raises(ChainError):
            check_entry(bytes(changed), parse_entry(bytes(changed)), seal)


def test_another_key_gives_another_hash_and_another_key_id():
    one, other = Seal(KEY), Seal(KEY[::-1])
    line = lines(0, one)[0]
    with pytest.raises(ChainError, match="altered"):
        check_entry(line, parse_entry(line), other)
    assert one.key_id != other.key_id
    assert KEY.hex() not in one.key_id
    assert not other.fits("hmac-sha256", one.key_id)


@pytest.mark.parametrize(
    "line",
    [b"", b"{}", b"[]", b"nonsense", b"\xff", b'{"index":1,"previous":"x","hash":"y","offset":1}'],
)
def test_what_is_no_entry_is_refused(line):
    with pytest.raises(ChainError, match="no entry"):
        parse_entry(line)


def test_a_value_that_is_no_json_is_refused_without_being_shown():
    with pytest.raises(ChainError) as caught:
        Chain("audit/0", Seal()).append(Record("audit", 0, 9, 1, None, b"text of a user"))
    assert "offset 9" in str(caught.value)
    assert "text" not in str(caught.value)


def test_a_head_names_the_last_entry_and_is_sealed():
    seal = Seal(KEY)
    chain = Chain("audit/0", seal)
    chain.open_file(1)
    chain.append(record(audit(), 0))
    line = chain.head()
    head = read_head(line, seal)
    assert (head.head, head.hash, head.chain) == (1, chain.previous, "audit/0")
    assert head.at_ms == NOON_MS + 200
    content, _, rest = line.rpartition(b',"seal":"')
    assert rest == hmac.new(KEY, content, hashlib.sha256).hexdigest().encode() + b'"}'


def test_an_altered_head_and_one_of_another_key_are_refused():
    seal = Seal(KEY)
    chain = Chain("audit/0", seal)
    chain.open_file(1)
    line = chain.head()
    with pytest.raises(ChainError, match="altered"):
        read_head(line.replace(b'"head":0', b'"head":5'), seal)
    with pytest.raises(ChainError, match="with another key"):
        read_head(line, Seal(KEY[::-1]))
    with pytest.raises(ChainError, match="with a key"):
        read_head(line, Seal())
    with pytest.raises(ChainError, match="no head"):
        read_head(b"{}", seal)


def test_a_head_is_no_entry_and_an_entry_no_head():
    seal = Seal(KEY)
    chain = Chain("audit/0", seal)
    entry = chain.open_file(1)
    with pytest.raises(ChainError):
        parse_entry(chain.head())
    with pytest.raises(ChainError):
        read_head(entry, seal)


def test_an_empty_chain_has_no_head():
    with pytest.raises(ChainError, match="empty"):
        Chain("audit/0", Seal()).head()
