"""Choosing a client, and what both are told."""

import logging
import sys
from typing import Any

import pytest

from connectors.kafka.client import Partition, open_client
from connectors.kafka.kafka_python_options import common_options
from connectors.kafka.settings import KafkaSettings
from guardrails.errors import ConnectorError

SECURE = KafkaSettings.from_env(
    {
        "KAFKA_BOOTSTRAP_SERVERS": "a:1,b:2",
        "KAFKA_SECURITY_PROTOCOL": "SASL_SSL",
        "KAFKA_SASL_MECHANISM": "SCRAM-SHA-256",
        "KAFKA_SASL_USERNAME": "guard",
        "KAFKA_SASL_PASSWORD": "hunter2",
        "KAFKA_SSL_CAFILE": "/etc/ssl/kafka-ca.pem",
        "KAFKA_SSL_CHECK_HOSTNAME": "false",
    }
)


def test_a_missing_confluent_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.startswith("connectors.kafka.confluent")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "confluent_kafka", None)
    with pytest.raises(ConnectorError, match=r"tidegate\[fast\]"):
        open_client(KafkaSettings(client="confluent"))


def test_opening_a_client_connects_nothing() -> None:
    open_client(KafkaSettings(bootstrap_servers="256.256.256.256:1"))


def test_kafka_python_is_told_the_security_settings() -> None:
    options = common_options(SECURE)
    assert options["bootstrap_servers"] == ["a:1", "b:2"]
    assert options["security_protocol"] == "SASL_SSL"
    assert options["sasl_mechanism"] == "SCRAM-SHA-256"
    assert options["sasl_plain_password"] == "hunter2"
    assert options["ssl_cafile"] == "/etc/ssl/kafka-ca.pem"
    assert options["ssl_check_hostname"] is False


def test_confluent_is_told_the_security_settings() -> None:
    producer: Any = pytest.importorskip("connectors.kafka.confluent_producer")
    options = producer.common_options(SECURE)
    assert options["bootstrap.servers"] == "a:1,b:2"
    assert options["security.protocol"] == "SASL_SSL"
    assert options["sasl.mechanism"] == "SCRAM-SHA-256"
    assert options["sasl.password"] == "hunter2"
    assert options["ssl.ca.location"] == "/etc/ssl/kafka-ca.pem"
    assert options["ssl.endpoint.identification.algorithm"] == "none"


def test_the_library_never_logs_records() -> None:
    open_client(KafkaSettings())
    assert not logging.getLogger("kafka.producer.kafka").isEnabledFor(logging.DEBUG)
    assert not logging.getLogger("kafka.protocol.parser").isEnabledFor(logging.DEBUG)


def test_a_partition_is_written_topic_slash_number() -> None:
    assert str(Partition("tidegate.chunks", 7)) == "tidegate.chunks/7"
