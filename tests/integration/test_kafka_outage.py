"""The broker goes away and comes back: nothing is lost, and one line is logged each way."""

import logging
import threading
import time
from collections.abc import Iterator

import pytest

from connectors.kafka.client import TopicSpec, open_client
from connectors.kafka.settings import KafkaSettings
from connectors.kafka.sink import KafkaSink
from connectors.kafka.source import KafkaSource
from guardrails.errors import ConnectorError
from guardrails.records import Clock, Output, Record
from tests.broker import Broker, free_ports
from tests.integration.kafka_flow import Item, read, stored, write

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def own_broker() -> Iterator[Broker]:
    """A broker of our own to kill; the session's serves the others."""
    broker = Broker()
    if not broker.survives_kill:
        pytest.skip(f"cannot kill and restart {broker.name}; run `make kafka`")
    broker.start()
    yield broker
    broker.stop()


@pytest.mark.parametrize(
    "client", [pytest.param("kafka-python", marks=pytest.mark.long), "confluent"]
)
def test_a_broker_killed_and_restarted_costs_nothing_but_time(
    own_broker: Broker, client: str, caplog: pytest.LogCaptureFixture
) -> None:
    if client == "confluent":
        pytest.importorskip("confluent_kafka")
    settings = KafkaSettings(bootstrap_servers=own_broker.bootstrap, client=client)
    topic = f"outage-{client}"
    admin = open_client(settings).admin()
    admin.create([TopicSpec(topic, 1, 1)])
    admin.close()
    write(settings, topic, [b"%d" % n for n in range(100)])

    stop = threading.Event()
    seen: list[int] = []
    halfway = threading.Event()

    def note(item: Item) -> Item:
        if isinstance(item, Record):
            seen.append(int(item.value))
            if len(seen) == 100:
                halfway.set()
            if len(seen) == 200:
                stop.set()
        return item

    def break_and_mend() -> None:
        halfway.wait(20)
        # 2.5 s: two rounds of the watch find nobody.
        own_broker.kill()
        time.sleep(2.5)
        own_broker.start()
        write(settings, topic, [b"%d" % n for n in range(100, 200)])
        time.sleep(1.5)
        stop.wait(20)
        stop.set()

    chaos = threading.Thread(target=break_and_mend)
    chaos.start()
    with caplog.at_level(logging.WARNING, "connectors.kafka"):
        items = read(KafkaSource(settings, [topic], stop=stop), each=note)
        chaos.join(30)
    assert seen == list(range(200))
    lines = [record.message for record in caplog.records if record.name.startswith("connectors")]
    assert sum("no Kafka broker answered" in line for line in lines) == 1, lines
    assert sum("answer again" in line for line in lines) <= 1, lines
    clocks = [item.timestamp_ms for item in items if isinstance(item, Clock)]
    assert clocks == sorted(clocks)


@pytest.mark.parametrize(
    "client", ["kafka-python", pytest.param("confluent", marks=pytest.mark.long)]
)
def test_an_epoch_waits_through_a_short_outage_and_fails_in_a_long_one(
    own_broker: Broker, client: str
) -> None:
    if client == "confluent":
        pytest.importorskip("confluent_kafka")
    patient = KafkaSettings(bootstrap_servers=own_broker.bootstrap, client=client)
    hasty = patient.model_copy(update={"delivery_timeout_s": 1.5})
    topics = [f"patient-{client}", f"hasty-{client}"]
    admin = open_client(patient).admin()
    admin.create([TopicSpec(topic, 1, 1) for topic in topics])
    admin.close()
    writers = [
        KafkaSink(settings, [topic]).build_part("test", "writer-0000", None)
        for settings, topic in zip((patient, hasty), topics, strict=True)
    ]
    for writer, topic in zip(writers, topics, strict=True):
        writer.write_batch([Output(topic, b"k", b"0")])
        writer.snapshot()
    own_broker.kill()
    try:
        for writer, topic in zip(writers, topics, strict=True):
            writer.write_batch([Output(topic, b"k", b"%d" % n) for n in range(1, 50)])
        with pytest.raises(ConnectorError, match=r"not delivered|not acknowledged"):
            writers[1].snapshot()
    finally:
        own_broker.start()
    writers[0].snapshot()
    for writer in writers:
        writer.close()
    assert [int(record.value) for record in stored(patient, topics[0])] == list(range(50))


@pytest.mark.parametrize("client", ["kafka-python", "confluent"])
def test_no_broker_at_the_start_is_an_error_with_the_address(client: str) -> None:
    if client == "confluent":
        pytest.importorskip("confluent_kafka")
    (port,) = free_ports(1)
    settings = KafkaSettings(
        bootstrap_servers=f"127.0.0.1:{port}", client=client, startup_timeout_s=1
    )
    with pytest.raises(ConnectorError, match=f"no Kafka broker answered at 127.0.0.1:{port}"):
        KafkaSource(settings, ["chunks"]).list_parts()
