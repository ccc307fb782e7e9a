"""Webhooks over a real broker: receivers that are well and away, kills and restarts."""

import signal
import time
from zlib import crc32

import pytest

from connectors.kafka.client import open_client
from connectors.kafka.settings import KafkaSettings
from connectors.webhooks.signature import new_secret
from guardrails.events import encode
from guardrails.guardrail import Action
from guardrails.records import Output
from tests.audits import audit
from tests.broker import Broker, free_ports
from tests.connectors.webhooks.receiver import receiving
from tests.connectors.webhooks.subscribing import verdict
from tests.integration.guarding import Deployment, stop

pytestmark = pytest.mark.integration

PARTITIONS = 2
# Starting a process takes seconds where others are busy.
PATIENCE_S = 120
SUBSCRIPTIONS = """\
subscriptions:
  - id: well
    tenant: acme
    url: {well}
    events: [verdict, audit]
    secrets: [{{env: SECRET}}]
  - id: away
    tenant: acme
    url: {away}
    events: [verdict, audit]
    secrets: [{{env: SECRET}}]
"""


@pytest.fixture
def deployment(request, broker: Broker, tmp_path):
    settings = KafkaSettings(bootstrap_servers=broker.bootstrap, client=request.param)
    deployment = Deployment(settings, tmp_path, PARTITIONS)
    yield deployment
    deployment.close()


def produce(deployment: Deployment, first: int, count: int) -> None:
    """Write so many verdicts, every tenth a block, and as many audit records."""
    producer = open_client(deployment.settings).producer()
    name = deployment.settings.topic
    try:
        for number in range(first, first + count):
            key = f"s{number}".encode()
            action = Action.ALLOW if number % 10 else Action.BLOCK
            said = verdict(number, stream_id=f"s{number}", action=action)
            partition = crc32(key) % PARTITIONS
            producer.send(Output(name("verdicts"), key, encode(said), partition))
            producer.send(Output(name("audit"), key, encode(audit(f"s{number}")), partition))
        producer.flush(60)
    finally:
        producer.close()


def start(deployment: Deployment, tmp_path, well: str, away: str, **extra: str):
    file = tmp_path / "hooks.yaml"
    file.write_text(SUBSCRIPTIONS.format(well=well, away=away))
    return deployment.start(
        *("-m", "flows", "webhooks", "run", "--subscriptions", str(file), "--epoch-s", "0.3"),
        *("--recovery-dir", str(tmp_path / "webhooks")),
        SECRET=new_secret(),
        TIDEGATE_WEBHOOKS_LOOPBACK="1",
        **extra,
    )


def names(receiver, kind: str) -> set[str]:
    events = [one.event for one in receiver.taken]
    return {one["data"]["stream_id"] for one in events if one["type"].startswith(kind)}


def wait_until(enough) -> None:
    """Look now and then: everything that was taken is read each time."""
    deadline = time.monotonic() + PATIENCE_S
    while not enough():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.2)


@pytest.mark.parametrize(
    "deployment", ["kafka-python", pytest.param("confluent", marks=pytest.mark.long)], indirect=True
)
def test_kills_and_a_receiver_that_is_away_lose_nothing(deployment, tmp_path) -> None:
    """The one that is away lacks more than it has room for: the log keeps the rest."""
    (port,) = free_ports(1)
    away = f"http://127.0.0.1:{port}/"
    everything = {f"s{number}" for number in range(600)}
    with receiving() as well:
        for part in range(3):
            process = start(deployment, tmp_path, well.url, away, TIDEGATE_KAFKA_START="earliest")
            produce(deployment, 200 * part, 200)
            seen = 200 * part + 100
            wait_until(lambda seen=seen: len(names(well, "audit")) >= seen)
            stop(process, signal.SIGKILL)
        process = start(deployment, tmp_path, well.url, away, TIDEGATE_KAFKA_START="earliest")
        whole = [everything, everything]
        wait_until(lambda: [names(well, "verdict"), names(well, "audit")] == whole)
        # It may have begun only now: what was killed before it had delivered the rest already.
        stop(process, signal.SIGTERM)
        with receiving(port) as back:
            process = start(deployment, tmp_path, well.url, away)
            wait_until(lambda: [names(back, "verdict"), names(back, "audit")] == whole)
            assert stop(process, signal.SIGTERM) == 0
        # Under one id each, however often they came.
        for one in (well, back):
            assert len({got.headers["webhook-id"] for got in one.taken}) == 1_200
    assert deployment.ends("dead-letters") == 0


@pytest.mark.parametrize(
    "deployment", [pytest.param("kafka-python", marks=pytest.mark.long), "confluent"], indirect=True
)
def test_without_a_snapshot_it_begins_with_what_comes_now(deployment, tmp_path) -> None:
    produce(deployment, 0, 20)
    with receiving() as well:
        process = start(deployment, tmp_path, well.url, well.url)
        number = 100
        # Until the first one arrives, it has not begun.
        while not names(well, "audit"):
            produce(deployment, number, 1)
            number += 1
            assert process.poll() is None
            assert number < 400, "it does not begin"
            time.sleep(0.2)
        stop(process, signal.SIGTERM)
    assert min(int(name[1:]) for name in names(well, "audit")) >= 100
