"""Several gateways in front of one log: any of them serves any stream, and none is missed."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from connectors.kafka.settings import KafkaSettings
from tests.broker import Broker
from tests.gateway import Client, Gateway, running, text_of
from tests.integration.guarding import Deployment

pytestmark = pytest.mark.integration

TEXT = "Pay with 4111 1111 1111 1111 or write to ada@example.com, and thank you very much."


class Replicas:
    """A guard, and gateways that share a secret."""

    def __init__(self, deployment: Deployment) -> None:
        self._deployment = deployment
        settings = deployment.settings
        self._environ = {
            "KAFKA_BOOTSTRAP_SERVERS": settings.bootstrap_servers,
            "TIDEGATE_TOPIC_PREFIX": settings.topic_prefix,
            "TIDEGATE_KAFKA_CLIENT": settings.client,
            "TIDEGATE_GATEWAY_SECRET": secrets.token_hex(32),
        }
        self.gateways = [self.open(), self.open()]

    def open(self) -> Gateway:
        return Gateway("--kafka", **self._environ)


@pytest.fixture
def replicas(settings: KafkaSettings, tmp_path: Path) -> Iterator[Replicas]:
    with closing(Deployment(settings, tmp_path)) as deployment:
        deployment.start("-m", "flows", "run", "--recovery-dir", str(deployment.recovery))
        replicas = Replicas(deployment)
        yield replicas
        for gateway in replicas.gateways:
            gateway.stop()


def started(client: Client) -> str:
    """The id of a stream; the guard may still be starting itself."""
    for _ in range(12):
        answer = client.post("/v1/stream/start", context={})
        if answer.status_code != 504:
            break
    assert answer.status_code == 200, answer.text
    stream_id: str = answer.json()["streamId"]
    return stream_id


@pytest.mark.parametrize(
    "settings", [pytest.param("kafka-python", marks=pytest.mark.long), "confluent"], indirect=True
)
def test_a_stream_goes_on_at_another_gateway(replicas: Replicas) -> None:
    one, two = (Client(gateway.url) for gateway in replicas.gateways)
    stream = started(one)
    answers = []
    for seq, at in enumerate(range(0, len(TEXT), 6)):
        client = two if seq % 2 else one
        frontier = answers[-1]["frontier"] if answers else 0
        answers.append(client.send(stream, TEXT[at : at + 6], seq, position=frontier))
    last = two.finish(stream, position=answers[-1]["frontier"])
    shown = text_of(*answers, last)
    assert "4111" not in shown
    assert "ada@" not in shown
    assert shown.startswith("Pay with [")

    events = one.events(stream, detail="concise")
    seen = []
    for event in events:
        seen.append(event)
        if len(seen) == 4:
            break
    replicas.gateways[0].kill()
    rest = two.events(stream, detail="concise")
    rest.last_id = events.last_id
    seen += list(rest)
    partial = [event for event in seen if event["type"] == "partial_result"]
    assert text_of(*partial) == shown
    assert not [event for event in seen if event["type"] == "gap"]

    replicas.gateways.append(replicas.open())
    again = Client(replicas.gateways[-1].url)
    assert again.finish(stream)["summary"] == last["summary"]
    told = [e for e in again.events(stream, detail="concise") if e["type"] == "partial_result"]
    assert text_of(*told) == shown
    for client in (one, two, again):
        client.http.close()


@pytest.mark.parametrize(
    "settings", ["kafka-python", pytest.param("confluent", marks=pytest.mark.long)], indirect=True
)
def test_a_ticket_counts_once_among_all_gateways(replicas: Replicas) -> None:
    one, two = (Client(gateway.url) for gateway in replicas.gateways)
    stream = started(one)
    two.send(stream, "Good morning. ", 0)
    two.finish(stream)

    def opens(client: Client, ticket: str) -> bool:
        events = client.events(stream, ticket=ticket)
        try:
            return bool(list(events))
        except AssertionError:
            assert events.status == 401
            return False

    for clients in ((one, two), (two, one), (one, one)):
        ticket = one.http.post(f"/v1/streams/{stream}/ticket?purpose=events").json()["ticket"]
        assert [opens(client, ticket) for client in clients] == [True, False]
    ticket = one.http.post(f"/v1/streams/{stream}/ticket?purpose=events").json()["ticket"]
    with ThreadPoolExecutor(8) as pool:
        opened = list(pool.map(opens, [one, two] * 4, [ticket] * 8))
    assert opened.count(True) == 1
    # Who comes later knows what was used, and takes what was issued before it began.
    unused = one.http.post(f"/v1/streams/{stream}/ticket?purpose=events").json()["ticket"]
    replicas.gateways.append(replicas.open())
    three = Client(replicas.gateways[-1].url)
    assert not opens(three, ticket)
    assert opens(three, unused)
    for client in (one, two, three):
        client.http.close()


def test_a_gateway_without_topics_says_what_to_do(broker: Broker) -> None:
    environ = {
        "KAFKA_BOOTSTRAP_SERVERS": broker.bootstrap,
        "TIDEGATE_TOPIC_PREFIX": f"none-{secrets.token_hex(4)}.",
        "TIDEGATE_GATEWAY_SECRET": secrets.token_hex(32),
    }
    with (
        pytest.raises(AssertionError, match="tidegate topics create"),
        running("--kafka", **environ),
    ):
        pass
