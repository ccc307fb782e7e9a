"""Records of the topic `policies`: what is an activation, from when it holds, what it brings."""

import pytest

from guardrails.activation import decode_activation
from guardrails.errors import MalformedEvent, PolicyError
from guardrails.events import ACTIVATION_LEAD_MS, PolicyActivation, encode
from guardrails.records import Record

GOOD = PolicyActivation("mine", "0" * 16, "name: mine\nguardrails: {email: {}}\n", by="ada")


def record(value: bytes) -> Record:
    return Record("policies", 0, 7, 1_000_000, b"mine/1", value)


def test_an_activation_holds_from_its_lead_behind_the_brokers_timestamp() -> None:
    activation = decode_activation(record(encode(GOOD)))
    assert activation.at_ms == 1_000_000 + ACTIVATION_LEAD_MS
    assert (activation.event, activation.offset) == (GOOD, 7)
    assert activation.read().name == "mine"


def test_a_source_may_be_json() -> None:
    event = PolicyActivation("mine", "0" * 16, '{"name": "mine", "guardrails": {"email": {}}}')
    assert decode_activation(record(encode(event))).read().name == "mine"


@pytest.mark.parametrize(
    "value",
    [
        b"nope",
        b"[]",
        b'{"name": "mine"}',
        b'{"name": "", "version": "v", "source": "s"}',
        b'{"name": "mine", "version": "v", "source": "s", "v": 2}',
        # Guards that have not asked yet would judge streams by the one before.
        b'{"name": "mine", "version": "v", "source": "s", "lead_ms": 4999}',
        b'{"name": "mine", "version": "v", "source": "s", "lead_ms": 9007199254740991}',
        b'{"name": "\xff", "version": "v", "source": "s"}',
    ],
)
def test_what_is_no_activation_is_malformed(value: bytes) -> None:
    with pytest.raises(MalformedEvent) as caught:
        decode_activation(record(value))
    assert caught.value.reason == "bad-activation"


def test_a_broken_source_is_told_with_record_line_and_column() -> None:
    event = PolicyActivation("mine", "0" * 16, "name: mine\nguardrails: {emial: {}}\n")
    with pytest.raises(PolicyError, match=r"^mine@7:2:14: 'emial' is no guardrail"):
        decode_activation(record(encode(event))).read()


def test_a_source_that_names_another_policy_is_refused() -> None:
    event = PolicyActivation("mine", "0" * 16, "name: yours\nguardrails: {email: {}}\n")
    with pytest.raises(PolicyError, match="names policy 'mine', its source is 'yours'"):
        decode_activation(record(encode(event))).read()
