"""What gateways in front of one log tell of its policies: all of them the same, as they change."""

from __future__ import annotations

import json
import secrets
import time
from base64 import urlsafe_b64decode
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from connectors.kafka.settings import KafkaSettings
from tests.broker import Broker
from tests.flows.command import Command
from tests.gateway import Client, Gateway
from tests.integration.guarding import Deployment
from tests.integration.kafka_flow import write

pytestmark = pytest.mark.integration

FIRST = "name: p\nguardrails: {email: {}}\nlimits: {idle_timeout_s: 900}\n"
SECOND = FIRST.replace("{email: {}}", "{email: {}, credit-card: {action: block}}")
OTHER = "name: other\nguardrails: {keywords: {phrases: [Project Nightjar]}}\n"


class Site:
    """A guard, two gateways with one key for rules, and who changes policies."""

    def __init__(self, deployment: Deployment, directory: Path) -> None:
        settings = deployment.settings
        self._directory = directory
        self._log = {
            "KAFKA_BOOTSTRAP_SERVERS": settings.bootstrap_servers,
            "TIDEGATE_TOPIC_PREFIX": settings.topic_prefix,
        }
        self._environ = {
            **self._log,
            "TIDEGATE_GATEWAY_SECRET": secrets.token_hex(32),
            "TIDEGATE_RULES_KEY": secrets.token_hex(32),
        }
        self._policy = self.write("first", FIRST)
        recovery = str(deployment.recovery)
        deployment.start("-m", "flows", "run", "--policy", self._policy, "--recovery-dir", recovery)
        self._gateways: list[Gateway] = []
        self.clients: list[Client] = []
        for _ in range(2):
            self.open()

    def open(self) -> None:
        self._gateways.append(Gateway("--kafka", "--policy", self._policy, **self._environ))
        self.clients.append(Client(self._gateways[-1].url))

    def close(self) -> None:
        for client, gateway in zip(self.clients, self._gateways, strict=True):
            client.http.close()
            assert gateway.stop() == 0

    def write(self, label: str, policy: str) -> str:
        file = self._directory / f"{label}.yaml"
        file.write_text(policy)
        return str(file)

    def call(self, *arguments: str) -> None:
        done = Command(self._directory)("policy", *arguments, **self._log)
        assert (done.code, done.err) == (0, "")

    def rules(self, policy: str | None = None, *, above: int = -1) -> dict[str, Any]:
        """What every gateway tells of a policy, once all have come to a version above this one."""
        query = {} if policy is None else {"policy": policy}
        end = time.monotonic() + 30
        while True:
            answers = [client.http.get("/v1/rules", params=query) for client in self.clients]
            if {answer.status_code for answer in answers} == {200}:
                bundles = [_content(answer.json()) for answer in answers]
                if min(bundle["version"] for bundle in bundles) > above:
                    break
            assert time.monotonic() < end, [answer.text[:200] for answer in answers]
            time.sleep(0.2)
        assert len({answer.content for answer in answers}) == 1
        assert len({answer.headers["etag"] for answer in answers}) == 1
        return bundles[0]


def _content(envelope: dict[str, str]) -> dict[str, Any]:
    payload = envelope["payload"]
    content: dict[str, Any] = json.loads(urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    return content


@pytest.fixture
def deployment(broker: Broker, tmp_path: Path) -> Iterator[Deployment]:
    settings = KafkaSettings(bootstrap_servers=broker.bootstrap)
    with closing(Deployment(settings, tmp_path)) as deployment:
        yield deployment


@pytest.fixture
def site(deployment: Deployment, tmp_path: Path) -> Iterator[Site]:
    with closing(Site(deployment, tmp_path)) as site:
        yield site


def test_gateways_tell_the_same_rules_and_an_activation_and_a_rollback_raise_their_version(
    site: Site, deployment: Deployment
) -> None:
    first = site.rules()
    assert (first["policy"], first["version"]) == ("p", 0)
    assert {rule["type"] for rule in first["rules"]} == {"EMAIL_ADDRESS"}

    begun_ms = time.time() * 1000
    for label, policy in (("again", FIRST), ("second", SECOND), ("other", OTHER)):
        site.call("activate", site.write(label, policy))
    # The guard alone buries what is no policy.
    write(deployment.settings, deployment.settings.topic("policies"), [b"hunter2"])
    other = site.rules("other")
    second = site.rules(above=first["version"])
    while second["policy_version"] == first["policy_version"]:
        second = site.rules(above=second["version"])
    assert "CREDIT_CARD" in {rule["type"] for rule in second["rules"]}
    assert begun_ms < second["version"] <= other["version"] <= time.time() * 1000

    site.call("rollback", "p")
    third = site.rules(above=second["version"])
    assert third["policy_version"] == first["policy_version"]
    # Who comes later tells what the others tell.
    site.open()
    assert site.rules() == third
    assert len(deployment.records("dead-letters")) == 1


@pytest.mark.long
def test_a_stream_is_told_of_its_policy_and_the_page_of_all(site: Site) -> None:
    site.call("activate", site.write("other", OTHER))
    version = site.rules("other")["version"]
    for client in site.clients:
        assert client.http.get("/v1/samples").json()["policies"] == ["p", "other"]
        for policy, known, idle_s in (("p", 0, 900), ("other", version, 300)):
            told = _started(client, policy)
            assert told["clientRules"]["policy"] == policy
            assert told["clientRules"]["version"] == known
            left = datetime.fromisoformat(told["expiresAt"]) - datetime.now(UTC)
            assert idle_s - 10 < left.total_seconds() <= idle_s


def _started(client: Client, policy: str) -> dict[str, Any]:
    """What a new stream is told; the guard may still be starting itself."""
    for _ in range(12):
        answer = client.post("/v1/stream/start", policy=policy)
        if answer.status_code != 504:
            break
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told
