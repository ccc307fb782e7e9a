"""What is sent: to whom, under which id, and with how much of the text."""

import json
from typing import Any

import msgspec
import pytest

from connectors.webhooks.message import read_event
from connectors.webhooks.subscription import Subscription
from guardrails.errors import MalformedEvent
from guardrails.guardrail import Action
from guardrails.records import Record
from tests.audits import audit
from tests.connectors.webhooks.subscribing import event, record, target, verdict

URL = "https://hooks.example.com/"


def subscription(**more: Any) -> Subscription:
    return target("a", URL, **more).subscription


def test_an_event_is_for_its_own_tenant_alone() -> None:
    ours, everybodys = subscription(), subscription(all_tenants=True)
    for said in (verdict(), audit()):
        assert event(said).is_for(ours)
        assert event(said).is_for(everybodys)
    for tenant in ("other", "ACME", "", None):
        for said in (verdict(tenant=tenant), audit(tenant=tenant)):
            assert not event(said).is_for(ours)
            assert event(said).is_for(everybodys)


@pytest.mark.parametrize("action", list(Action))
def test_verdicts_are_asked_for_all_at_once_or_by_action(action: Action) -> None:
    found = event(verdict(action=action))
    assert found.is_for(subscription(events=["verdict"]))
    assert found.is_for(subscription(events=[f"verdict.{action}"]))
    others = [f"verdict.{one}" for one in Action if one is not action]
    assert not found.is_for(subscription(events=[*others, "audit"]))
    assert not event(audit()).is_for(subscription(events=["verdict", *others]))


def test_a_verdict_is_sent_without_the_text_it_released() -> None:
    found = event(verdict(3, action=Action.REDACT), 7)
    body = found.parcel(subscription()).body
    assert b"geheim" not in body
    sent = json.loads(body)
    assert sent["type"] == "verdict.redact"
    assert sent["timestamp"] == "2025-06-01T12:00:00.007Z"
    assert sent["data"]["segments"] == [{"start": 18, "end": 24}]
    assert sent["data"]["findings"][0]["rule"] == "github-pat"
    assert sent["data"]["stream_id"] == "s"


def test_a_verdict_is_sent_with_its_text_to_those_whose_subscription_says_so() -> None:
    found = event(verdict())
    assert b"geheim" in found.parcel(subscription(include_text=True)).body
    assert b"geheim" not in found.parcel(subscription()).body
    sent = json.loads(found.parcel(subscription(include_text=True)).body)
    assert sent["data"] == json.loads(found.record.value)


def test_an_audit_record_is_sent_as_it_stands() -> None:
    found = event(audit("s1"))
    sent = json.loads(found.parcel(subscription()).body)
    assert (sent["type"], sent["data"]) == ("audit", json.loads(found.record.value))


def test_the_id_is_that_of_what_is_said_wherever_and_whenever_it_is_said() -> None:
    first = event(verdict(3), 7).parcel(subscription())
    again = event(verdict(3, latency_ms=90.0), 1_000).parcel(subscription(include_text=True))
    assert first.id == again.id
    assert first.id.startswith("msg_")
    assert "." not in first.id
    assert (first.offset, again.offset) == (7, 1_000)
    ids = {
        event(said).parcel(subscription()).id
        for said in (
            *(verdict(3), verdict(4), verdict(3, stream_id="t"), verdict(3, action=Action.WARN)),
            *(verdict(3, state="complete"), audit("s"), audit("t"), audit("s", chars=200)),
        )
    }
    assert len(ids) == 8


def test_a_repeated_audit_record_has_the_same_id_though_it_travelled_otherwise() -> None:
    first, again = (event(audit("s", verdicts=n)).parcel(subscription()) for n in (3, 5))
    assert first.id == again.id


def test_ids_say_nothing_of_the_stream_they_belong_to() -> None:
    said = verdict(stream_id="reply\r\nX-Evil: 1")
    assert event(said).parcel(subscription()).id.removeprefix("msg_").isalnum()


def test_the_id_does_not_depend_on_the_text() -> None:
    """An id travels in a header, and who guesses the text could tell by it."""
    ids = {event(verdict(text=text)).parcel(subscription()).id for text in ("geheim", "gestern")}
    assert len(ids) == 1


@pytest.mark.parametrize("value", [b"", b"no json", b"{}", b'{"stream_id": 1}', b"\xff"])
@pytest.mark.parametrize("kind", ["verdicts", "audit"])
def test_what_is_no_event_is_refused_without_being_quoted(kind: str, value: bytes) -> None:
    with pytest.raises(MalformedEvent):
        read_event(Record(kind, 0, 0, 1, b"k", value), kind)


@pytest.mark.parametrize("timestamp_ms", [-1, 0, 2**62])
def test_a_timestamp_out_of_all_bounds_is_written_as_the_nearest_one(timestamp_ms: int) -> None:
    said = msgspec.structs.replace(record(verdict()), timestamp_ms=timestamp_ms)
    parcel = read_event(said, "verdicts").parcel(subscription())
    assert json.loads(parcel.body)["timestamp"][:4] in ("1970", "9999")
