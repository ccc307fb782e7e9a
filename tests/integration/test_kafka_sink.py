"""The sink against a real broker: everything arrives, in order, where it belongs, or it fails."""

import time
from collections import defaultdict

import pytest

from connectors.kafka.client import open_client
from connectors.kafka.settings import KafkaSettings
from connectors.kafka.sink import KafkaSink, KafkaSinkPartition
from guardrails.errors import ConnectorError
from guardrails.records import Output
from tests.broker import Broker
from tests.conftest import MakeTopic
from tests.integration.kafka_flow import end_of, reason_of, send, stored

pytestmark = pytest.mark.integration


def open_writer(settings: KafkaSettings, topic: str) -> KafkaSinkPartition:
    return KafkaSink(settings, [topic]).build_part("test", "writer-0000", None)


def test_every_output_arrives_once_and_in_order_per_key(
    settings: KafkaSettings, make_topic: MakeTopic
) -> None:
    topic = make_topic(3)
    outputs = [Output(topic, b"stream-%d" % (n % 20), b"%d" % n) for n in range(2000)]
    send(settings, [topic], outputs, workers=2)
    by_key = defaultdict(list)
    for record in stored(settings, topic):
        by_key[record.key].append(int(record.value))
    assert sorted(n for numbers in by_key.values() for n in numbers) == list(range(2000))
    assert all(numbers == sorted(numbers) for numbers in by_key.values())


def test_an_explicit_partition_is_respected(settings: KafkaSettings, make_topic: MakeTopic) -> None:
    topic = make_topic(4)
    outputs = [Output(topic, b"key-%d" % n, b"%d" % (n % 4), n % 4) for n in range(40)]
    send(settings, [topic], outputs)
    assert {(r.partition, r.value) for r in stored(settings, topic)} == {
        (n, b"%d" % n) for n in range(4)
    }


def test_one_sink_writes_several_topics(settings: KafkaSettings, make_topic: MakeTopic) -> None:
    topics = [make_topic(), make_topic()]
    send(settings, topics, [Output(topic, b"k", topic.encode()) for topic in topics])
    for topic in topics:
        assert [record.value for record in stored(settings, topic)] == [topic.encode()]


def test_both_clients_and_the_java_default_choose_the_same_partition(
    broker: Broker, make_topic: MakeTopic
) -> None:
    pytest.importorskip("confluent_kafka")
    topic = make_topic(7)
    keys = [b"stream-%d" % n for n in range(200)] + ["ключ-鍵".encode(), b"x", b"0123456789abcdef"]
    places: dict[str, dict[bytes, int]] = {}
    for client in ("kafka-python", "confluent"):
        settings = KafkaSettings(bootstrap_servers=broker.bootstrap, client=client)
        send(settings, [topic], [Output(topic, key, client.encode()) for key in keys])
        places[client] = {
            record.key or b"": record.partition
            for record in stored(settings, topic)
            if record.value == client.encode()
        }
    assert places["kafka-python"] == places["confluent"]
    assert len(set(places["confluent"].values())) == 7


def test_at_a_low_rate_records_leave_without_waiting_for_the_epoch(
    settings: KafkaSettings, make_topic: MakeTopic
) -> None:
    topic = make_topic()
    writer = open_writer(settings, topic)
    try:
        writer.write_batch([Output(topic, b"k", b"alone")])
        deadline = time.monotonic() + 10
        while end_of(settings, topic) < 1 and time.monotonic() < deadline:
            time.sleep(0.05)
        assert end_of(settings, topic) == 1
    finally:
        writer.close()


@pytest.mark.parametrize("size", [200_000, 2_000_000])
def test_a_record_too_large_for_us_fails_loudly(
    settings: KafkaSettings, make_topic: MakeTopic, size: int
) -> None:
    topic = make_topic()
    ours = settings.model_copy(update={"max_record_bytes": 100_000})
    secret = b"user text " * (size // 10)
    with pytest.raises(BaseException, match=r".") as caught:
        send(ours, [topic], [Output(topic, b"k", b"small"), Output(topic, b"k", secret)])
    reason = reason_of(caught.value)
    assert f"{topic} has {size + 1} bytes" in reason
    assert "TIDEGATE_KAFKA_MAX_RECORD_BYTES=100000" in reason
    assert "user text" not in reason


def test_a_record_the_broker_finds_too_large_fails_loudly(
    settings: KafkaSettings, broker: Broker, make_topic: MakeTopic
) -> None:
    if broker.kind == "noida":
        pytest.skip("noida-db does not know max.message.bytes")
    topic = make_topic(max_message_bytes="50000")
    with pytest.raises(BaseException, match=r".") as caught:
        send(settings, [topic], [Output(topic, b"k", b"user text " * 20_000)])
    reason = reason_of(caught.value)
    assert f"{topic}/0 was refused by the broker as too large" in reason
    assert "max.message.bytes" in reason
    assert "user text" not in reason


def test_a_failed_delivery_is_raised_at_the_next_batch_already(
    settings: KafkaSettings, broker: Broker, make_topic: MakeTopic
) -> None:
    if broker.kind == "noida":
        pytest.skip("noida-db does not know max.message.bytes")
    topic = make_topic(max_message_bytes="50000")
    writer = open_writer(settings, topic)
    try:
        writer.write_batch([Output(topic, b"k", b"x" * 200_000)])
        with pytest.raises(ConnectorError, match="too large"):
            write_until_it_fails(writer, topic)
    finally:
        writer.close()


def write_until_it_fails(writer: KafkaSinkPartition, topic: str) -> None:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        writer.write_batch([Output(topic, b"k", b"small")])
        time.sleep(0.02)


def test_an_unknown_partition_fails_loudly(settings: KafkaSettings, make_topic: MakeTopic) -> None:
    topic = make_topic(2)
    with pytest.raises(BaseException, match=r".") as caught:
        send(settings, [topic], [Output(topic, b"k", b"v", 9)])
    assert f"a record for {topic}/9 was not delivered" in reason_of(caught.value)


def test_a_missing_topic_is_named_at_the_start(settings: KafkaSettings, broker: Broker) -> None:
    if broker.kind == "noida":
        pytest.skip("noida-db makes every topic it is asked about")
    with pytest.raises(ConnectorError, match="no topic absent-topic"):
        open_writer(settings, "absent-topic")


def test_the_number_of_unsent_records_is_bounded(
    settings: KafkaSettings, make_topic: MakeTopic
) -> None:
    topic = make_topic()
    ours = settings.model_copy(update={"max_unsent_records": 100, "linger_ms": 50})
    producer = open_client(ours).producer()
    try:
        for number in range(1000):
            producer.send(Output(topic, b"k", b"%d" % number))
        producer.flush(30)
    finally:
        producer.close()
    assert [int(r.value) for r in stored(settings, topic)] == list(range(1000))
