"""Files of subscriptions: what is read, and what is said of what is wrong."""

import re
from pathlib import Path

import pytest

from connectors.settings import SettingError
from connectors.webhooks.reach import Reach
from connectors.webhooks.settings import WebhookSettings
from connectors.webhooks.signature import new_secret
from connectors.webhooks.targets import SubscriptionError, parse_targets, read_targets

SECRET = new_secret()
ENVIRON = {"ACME_SECRET": SECRET, "ACME_TOKEN": "Bearer let-me-in"}
GOOD = """\
subscriptions:
  - id: acme-siem
    tenant: acme
    url: https://siem.acme.example/tidegate
    events: [verdict.block, audit]
    secrets:
      - env: ACME_SECRET
"""


def parse(text: str, environ=None, reach: Reach | None = None):
    return parse_targets(
        text, "hooks.yaml", reach or Reach(), ENVIRON if environ is None else environ
    )


def refused(text: str, environ=None) -> str:
    with pytest.raises(SubscriptionError) as error:
        parse(text, environ)
    return str(error.value)


def test_a_file_of_one_subscription_is_read_with_its_defaults() -> None:
    (target,) = parse(GOOD)
    one = target.subscription
    assert (one.id, one.tenant, one.events) == ("acme-siem", "acme", ("verdict.block", "audit"))
    assert (one.enabled, one.include_text, one.rate, one.concurrency) == (True, False, None, 4)
    assert target.signer.sign("m", 1, b"{}").startswith("v1,")
    assert target.headers == {}


def test_headers_come_from_the_file_and_their_secrets_from_the_environment() -> None:
    more = "    headers: {X-Team: guards}\n    headers_env: {Authorization: ACME_TOKEN}\n"
    (target,) = parse(GOOD + more)
    assert target.headers == {"X-Team": "guards", "Authorization": "Bearer let-me-in"}


def test_a_secret_may_stand_in_a_file_and_several_sign(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text(new_secret() + "\n")
    (target,) = parse(GOOD + f"      - file: {tmp_path / 'secret'}\n")
    assert len(target.signer.sign("m", 1, b"{}").split(" ")) == 2


def test_what_is_disabled_needs_no_secret_yet() -> None:
    (target,) = parse(GOOD + "    enabled: false\n", environ={})
    assert not target.subscription.enabled


def test_every_change_of_an_entry_makes_another_version() -> None:
    (first,), (same,) = (
        parse(GOOD),
        parse(GOOD.replace("[verdict.block, audit]", "[verdict.block,  audit]")),
    )
    (other,) = parse(GOOD + "    description: the receiver is back\n")
    assert first.version == same.version != other.version


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("tenant: acme", "tenat: acme", r"3:5: 'tenat' is no known key.*did you mean 'tenant'\?"),
        ("    tenant: acme\n", "", r"2:5: .*expected either 'tenant' or 'all_tenants: true'"),
        ("tenant: acme", "tenant: acme\n    all_tenants: true", "expected either 'tenant'"),
        ("https:", "http:", r"4:10: 'subscriptions\[0\].url': expected https://"),
        ("siem.acme.example", "169.254.169.254", "4:10: .*an address of a metadata service"),
        ("siem.acme.example", "me:geheim@acme.example", "4:10: .*holds a name or a password"),
        ("verdict.block", "verdict.blocked", r"5:14: .*got 'verdict.blocked'; did you mean"),
        ("[verdict.block, audit]", "[]", "5:13: .*at least 1"),
        ("env: ACME_SECRET", "env: ACME_SECERT", "7:9: 'acme-siem': the environment has no ACME_"),
        ("env: ACME_SECRET", "whsec_abc", r"7:9: .*must be a mapping of keys to values"),
        ("env: ACME_SECRET", "file: /no/where", r"7:9: .*/no/where: expected a readable text file"),
        ("env: ACME_SECRET", "env: A\n        file: b", "7:9: .*expected either 'env' or 'file'"),
        ("id: acme-siem", "id: Acme!", "2:9: .*pattern"),
        ("events:", "rate: 0\n    events:", "5:11: .*greater than 0"),
        ("events:", "headers: {Authorization: x}\n    events:", "looks like a credential"),
        ("events:", "headers: {X-Api-Key: x}\n    events:", "looks like a credential"),
        ("events:", "headers: {Webhook-Id: x}\n    events:", "is set by Tidegate or by HTTP"),
        ("events:", "headers: {Host: x}\n    events:", "is set by Tidegate or by HTTP"),
        ("events:", 'headers: {"a b": x}\n    events:', "is no name of a header"),
        ("events:", 'headers: {a: "x\\r\\ny"}\n    events:', "expected printable ASCII"),
        ("events:", "headers_env: {A: NOPE}\n    events:", "the environment has no NOPE"),
        ("events:", "headers: {a: x}\n    headers_env: {A: ACME_TOKEN}\n    events:", "twice"),
        ("subscriptions:", "subscription:", r"1:1: .*did you mean 'subscriptions'\?"),
        ("tenant: acme", "tenant: acme\n    tenant: acme", "key 'tenant' stands here again"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(before: str, after: str, said: str) -> None:
    text = GOOD.replace(before, after, 1)
    assert text != GOOD
    message = refused(text)
    assert re.search(said, message), message
    assert all(line.startswith("hooks.yaml:") for line in message.splitlines())
    assert "geheim" not in message
    assert SECRET not in message


def test_two_subscriptions_may_not_share_an_id() -> None:
    message = refused(GOOD + GOOD.split("\n", 1)[1])
    assert message.count("id 'acme-siem' stands here more than once") == 2


def test_a_secret_that_is_none_is_not_repeated() -> None:
    message = refused(GOOD, {"ACME_SECRET": "geheimnis"})
    assert "7:9: 'acme-siem': ACME_SECRET expected whsec_" in message
    assert "geheimnis" not in message


@pytest.mark.parametrize("text", ["", "- a", "42"])
def test_what_is_no_mapping_is_refused(text: str) -> None:
    assert "expected a mapping with the key 'subscriptions'" in refused(text)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(SubscriptionError, match=r"hooks\.yaml: expected a readable text file"):
        read_targets(tmp_path / "hooks.yaml", Reach(), {})


def test_settings_say_how_far_webhooks_reach() -> None:
    settings = WebhookSettings.from_env(
        {
            "TIDEGATE_WEBHOOKS_FILE": "hooks.yaml",
            "TIDEGATE_WEBHOOKS_LOOPBACK": "1",
            "TIDEGATE_WEBHOOKS_NETWORKS": "10.1.0.0/16, fd12::/48",
            "TIDEGATE_WEBHOOKS_PORTS": "8443",
            "TIDEGATE_WEBHOOKS_ACME_SECRET": "whsec_",
        }
    )
    assert settings.file == Path("hooks.yaml")
    assert settings.reach.loopback
    assert [str(one) for one in settings.reach.networks] == ["10.1.0.0/16", "fd12::/48"]
    assert settings.reach.ports == {443, 8443}
    assert WebhookSettings.from_env({}) == WebhookSettings()


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("LOOPBACK", "yes", "expected 0 or 1"),
        ("NETWORKS", "10.1.0.1/16", "expected networks"),
        ("PORTS", "https", "expected ports"),
        ("PORTS", "70000", "expected ports"),
        ("NETWORK", "10.1.0.0/16", "did you mean TIDEGATE_WEBHOOKS_NETWORKS"),
    ],
)
def test_a_wrong_setting_is_refused_by_name(name: str, value: str, said: str) -> None:
    with pytest.raises(SettingError, match=f"TIDEGATE_WEBHOOKS_{name}.*{said}"):
        WebhookSettings.from_env({f"TIDEGATE_WEBHOOKS_{name}": value})
