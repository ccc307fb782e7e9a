"""The place to resume at is gone from the log: both policies, both clients, a real broker."""

import logging
import time
from pathlib import Path

import pytest
from kafka import KafkaAdminClient, TopicPartition

from connectors.kafka.settings import KafkaSettings
from connectors.kafka.source import KafkaSource, KafkaSourcePartition
from guardrails.errors import ConnectorError
from tests.broker import Broker
from tests.conftest import MakeTopic
from tests.integration.kafka_flow import numbered, read, reason_of, values_of, write

pytestmark = pytest.mark.integration


def drain(part: KafkaSourcePartition, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        part.next_batch()
        time.sleep(0.01)


def delete_before(broker: Broker, topic: str, offset: int) -> None:
    if broker.kind == "noida":
        pytest.skip("noida-db does not move the start of a log")
    admin = KafkaAdminClient(bootstrap_servers=broker.bootstrap)
    try:
        admin.delete_records({TopicPartition(topic, 0): offset})
    finally:
        admin.close()


def test_a_deleted_offset_stops_the_flow_and_says_what_to_do(
    settings: KafkaSettings, broker: Broker, make_topic: MakeTopic, tmp_path: Path
) -> None:
    topic = make_topic()
    write(settings, topic, numbered(10))
    read(KafkaSource(settings, [topic], until_end=True), recovery=tmp_path / "recovery")
    write(settings, topic, numbered(40, 10))
    delete_before(broker, topic, 30)
    with pytest.raises(BaseException) as caught:  # noqa: PT011
        read(KafkaSource(settings, [topic], until_end=True), recovery=tmp_path / "recovery")
    reason = reason_of(caught.value)
    assert f"{topic}/0: offset 10 is wanted, but the log holds offsets 30 to 49" in reason
    assert "TIDEGATE_KAFKA_ON_LOST_OFFSET=earliest" in reason


def test_a_deleted_offset_with_policy_earliest_goes_on_and_counts_the_loss(
    settings: KafkaSettings,
    broker: Broker,
    make_topic: MakeTopic,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    topic = make_topic()
    write(settings, topic, numbered(10))
    read(KafkaSource(settings, [topic], until_end=True), recovery=tmp_path / "recovery")
    write(settings, topic, numbered(40, 10))
    delete_before(broker, topic, 30)
    lenient = settings.model_copy(update={"on_lost_offset": "earliest"})
    with caplog.at_level(logging.WARNING, "connectors.kafka"):
        items = read(KafkaSource(lenient, [topic], until_end=True), recovery=tmp_path / "recovery")
    assert values_of(items) == numbered(20, 30)
    assert "records are lost" in caplog.text
    assert "records=20" in caplog.text


@pytest.mark.parametrize("policy", ["fail", "earliest"])
def test_a_topic_made_anew_is_noticed(
    settings: KafkaSettings, broker: Broker, make_topic: MakeTopic, tmp_path: Path, policy: str
) -> None:
    topic = make_topic()
    write(settings, topic, numbered(10))
    ours = settings.model_copy(update={"on_lost_offset": policy})
    read(KafkaSource(ours, [topic], until_end=True), recovery=tmp_path / "recovery")
    admin = KafkaAdminClient(bootstrap_servers=broker.bootstrap)
    admin.delete_topics([topic])
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            admin.create_topics({topic: {"num_partitions": 1, "replication_factor": 1}})
            break
        except Exception:  # noqa: BLE001 - the deletion takes a moment
            time.sleep(0.1)
    admin.close()
    write(settings, topic, numbered(3))
    source = KafkaSource(ours, [topic], until_end=True)
    if policy == "earliest":
        assert values_of(read(source, recovery=tmp_path / "recovery")) == numbered(3)
    else:
        with pytest.raises(BaseException) as caught:  # noqa: PT011
            read(source, recovery=tmp_path / "recovery")
        assert "the log holds offsets 0 to 2" in reason_of(caught.value)


def test_records_deleted_while_reading_are_noticed(
    settings: KafkaSettings, broker: Broker, make_topic: MakeTopic
) -> None:
    topic = make_topic()
    write(settings, topic, numbered(3))
    source = KafkaSource(settings, [topic])
    part = source.build_part("test", f"{topic}/0", 0)
    try:
        while part.snapshot() < 3:
            part.next_batch()
        delete_before(broker, topic, 3)
        write(settings, topic, numbered(10, 3))
        # Back to a place that is gone, as after a long pause of the process.
        part._reader.seek(1)
        with pytest.raises(ConnectorError, match="offset 1 is wanted"):
            drain(part, 10)
    finally:
        part.close()
