"""Payloads are read strictly: what readers could read differently is refused."""

from __future__ import annotations

import pytest

from connectors.providers.decoder import APIS, Decoder
from connectors.providers.errors import MalformedFrame
from connectors.providers.events import Opaque
from connectors.providers.payload import WrongShape, parse, word


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"{", "not-json"),
        (b"[]", "wrong-shape"),
        (b'"secret"', "wrong-shape"),
        (b'{"a": NaN}', "not-json"),
        (b'{"a": 1, "a": 2}', "twice"),
        (b'{"a": {"b": 1, "b": 2}}', "twice"),
        (b'{"a": "\xff"}', "not-utf8"),
        (b'{"a":' * 100_000, "not-json"),
        (b'{"a": ' + b"1" * 10_000 + b"}", "not-json"),
    ],
)
def test_what_is_no_single_object_is_refused(data: bytes, reason: str) -> None:
    with pytest.raises(WrongShape, match=f"^{reason}: "):
        parse(data)


@pytest.mark.parametrize(
    "data",
    [
        b'{"choices": {"0": "secret"}}',
        b'{"choices": ["secret"]}',
        b'{"choices": [{"delta": "secret"}]}',
        b'{"choices": [{"delta": {"content": {"secret": 1}}}]}',
        b'{"choices": [{"index": "secret", "delta": {}}]}',
        b'{"choices": [{"delta": {"tool_calls": [{"function": {"arguments": ["secret"]}}]}}]}',
    ],
)
def test_something_else_where_text_belongs_is_an_error_that_shows_none_of_it(data: bytes) -> None:
    with pytest.raises(MalformedFrame, match="frame 1, byte 3: wrong-shape: expected") as caught:
        list(Decoder("openai.chat", "ndjson").feed(b"  \n" + data + b"\n"))
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("api", APIS)
def test_a_frame_of_an_unknown_type_is_opaque_and_not_read_as_nothing(api: str) -> None:
    [decoded] = Decoder(api, "ndjson").feed(b'{"type": "new.thing", "said": "secret"}\n')
    [event] = decoded.events
    assert isinstance(event, Opaque)
    assert "secret" not in event.what


@pytest.mark.parametrize("api", ["anthropic.messages", "openai.responses"])
def test_an_event_whose_name_is_not_its_type_is_opaque(api: str) -> None:
    [decoded] = Decoder(api).feed(b'event: ping\ndata: {"type": "error", "error": {}}\n\n')
    assert [type(event) for event in decoded.events] == [Opaque]


def test_a_word_is_shown_only_if_it_can_be_no_text() -> None:
    assert word("rate_limit-exceeded/v1:x.y") == "rate_limit-exceeded/v1:x.y"
    assert {word("a secret"), word("a" * 65), word({"a": 1}), word("ü")} == {"?"}
    assert word(None) == ""
