"""Making Tidegate's topics on a real broker, with both clients."""

import time

import pytest
from kafka import KafkaAdminClient
from kafka.admin import ConfigResource

from connectors.kafka.client import open_client
from connectors.kafka.settings import KafkaSettings
from connectors.kafka.topics import create_topics, topic_specs
from guardrails.errors import ConnectorError
from tests.broker import Broker
from tests.conftest import MakeTopic

pytestmark = pytest.mark.integration


def with_fresh_prefix(settings: KafkaSettings, make_topic: MakeTopic) -> KafkaSettings:
    return settings.model_copy(update={"topic_prefix": f"{make_topic()}."})


def test_all_topics_are_made_once_with_their_settings(
    settings: KafkaSettings, broker: Broker, make_topic: MakeTopic
) -> None:
    ours = with_fresh_prefix(settings, make_topic)
    admin = open_client(ours).admin()
    specs = topic_specs(ours, 4, 1)
    try:
        assert create_topics(admin, specs) == [spec.name for spec in specs]
        assert create_topics(admin, specs) == []
        counts = admin.describe([spec.name for spec in specs])
        assert counts == {spec.name: spec.partitions for spec in specs}
        assert counts[ours.topic("policies")] == 1
        assert set(counts.values()) == {1, 4}
    finally:
        admin.close()
    if broker.kind == "noida":
        return
    plain = KafkaAdminClient(bootstrap_servers=broker.bootstrap)
    try:
        found = plain.describe_configs([ConfigResource("TOPIC", ours.topic("audit"))])
    finally:
        plain.close()
    text = str(found)
    assert "LogAppendTime" in text
    assert "compact,delete" in text


def test_another_partition_count_is_refused(settings: KafkaSettings, make_topic: MakeTopic) -> None:
    ours = with_fresh_prefix(settings, make_topic)
    admin = open_client(ours).admin()
    try:
        specs = topic_specs(ours, 2, 1)
        create_topics(admin, specs)
        # A broker under load tells of new topics a little later.
        until = time.monotonic() + 30
        while len(admin.describe([spec.name for spec in specs])) < len(specs):
            assert time.monotonic() < until
            time.sleep(0.1)
        with pytest.raises(ConnectorError, match="has 2 partitions, wanted 3"):
            create_topics(admin, topic_specs(ours, 3, 1))
    finally:
        admin.close()


def test_a_topic_that_cannot_be_made_is_named(
    settings: KafkaSettings, broker: Broker, make_topic: MakeTopic
) -> None:
    if broker.kind == "noida":
        pytest.skip("noida-db accepts any replication factor")
    ours = with_fresh_prefix(settings, make_topic)
    admin = open_client(ours).admin()
    try:
        with pytest.raises(ConnectorError, match=r"chunks: \w*"):
            create_topics(admin, topic_specs(ours, 1, 99))
    finally:
        admin.close()
