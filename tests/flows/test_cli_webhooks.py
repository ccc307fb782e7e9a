"""`tidegate webhooks`: files that are checked, and a message that is sent by hand."""

import pytest
from standardwebhooks import Webhook

from connectors.webhooks.signature import Signer, new_secret
from tests.connectors.webhooks.receiver import receiving
from tests.flows.command import Command

SECRET = new_secret()
GOOD = """\
subscriptions:
  - id: acme-siem
    tenant: acme
    url: https://siem.acme.example/tidegate
    events: [verdict.block, audit]
    secrets:
      - env: ACME_SECRET
  - id: house
    all_tenants: true
    url: https://siem.example/all
    events: [audit]
    secrets: [{env: HOUSE_SECRET}]
    enabled: false
"""
SET = {"ACME_SECRET": SECRET}


@pytest.fixture
def hooks(tidegate: Command) -> Command:
    tidegate.write("hooks.yaml", GOOD)
    return tidegate


def test_a_file_that_can_be_used_is_told_line_by_line(hooks: Command) -> None:
    result = hooks("webhooks", "check", "hooks.yaml", **SET)
    assert (result.code, result.err) == (0, "")
    assert result.out.splitlines() == [
        "ok  acme-siem: verdict.block, audit of tenant acme",
        "ok  house: audit of all tenants (disabled)",
    ]


def test_a_file_that_cannot_is_refused_with_the_lines_at_fault(hooks: Command) -> None:
    hooks.write("bad.yaml", GOOD.replace("https://siem.acme.example", "http://10.0.0.1"))
    result = hooks("webhooks", "check", "bad.yaml", **SET)
    assert (result.code, result.out) == (1, "")
    assert result.err.startswith("error: bad.yaml:4:10: 'subscriptions[0].url': expected https://")
    result = hooks("webhooks", "check", "hooks.yaml")
    assert result.code == 1
    assert "hooks.yaml:7:9: 'acme-siem': the environment has no ACME_SECRET; set it" in result.err


def test_a_test_message_is_signed_and_its_fate_is_told(hooks: Command) -> None:
    with receiving() as receiver:
        text = GOOD.replace("https://siem.acme.example/tidegate", receiver.url)
        hooks.write("near.yaml", text)
        near = {**SET, "TIDEGATE_WEBHOOKS_LOOPBACK": "1", "TIDEGATE_WEBHOOKS_FILE": "near.yaml"}
        call = ("webhooks", "send-test", "acme-siem")
        result = hooks(*call, **near)
        assert (result.code, result.out) == (0, "ok       acme-siem: status 204\n")
        (got,) = receiver.taken
        assert Webhook(SECRET).verify(got.body, got.headers)["type"] == "test"
        receiver.answer = lambda _: 403
        result = hooks(*call, **near)
        assert (result.code, result.out) == (1, "PROBLEM  acme-siem: status 403\n")
        assert "in-the-query" not in result.out + result.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("send-test", "acme-seim"), "did you mean acme-siem?"),
        (("send-test", "house"), "subscription house is disabled"),
        (("run",), "add --recovery-dir"),
    ],
)
def test_a_wrong_call_says_what_to_do(hooks: Command, arguments, said: str) -> None:
    result = hooks("webhooks", *arguments, TIDEGATE_WEBHOOKS_FILE="hooks.yaml", **SET)
    assert result.code == 2
    assert said in result.err


def test_without_a_file_it_is_asked_for(tidegate: Command) -> None:
    result = tidegate("webhooks", "send-test", "a")
    assert result.code == 2
    assert "--subscriptions FILE" in result.err
    result = tidegate("webhooks", "check", "nowhere.yaml")
    assert result.code == 2
    assert "nowhere.yaml: there is no such file" in result.err


def test_secrets_are_made_that_can_sign(tidegate: Command) -> None:
    shared = tidegate("webhooks", "secret")
    assert shared.err == ""
    assert Signer([shared.out.strip()]).sign("m", 1, b"{}").startswith("v1,")
    pair = tidegate("webhooks", "secret", "--key-pair")
    assert Signer([pair.out.strip()]).sign("m", 1, b"{}").startswith("v1a,")
    assert pair.err.startswith("whpk_")
