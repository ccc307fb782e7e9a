"""A broker for one measure, and the topics of one flow on it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from benchmarks.figure import NotMeasured
from connectors.kafka.client import open_client
from connectors.kafka.settings import KafkaSettings
from connectors.kafka.topics import create_topics, topic_specs
from tests.broker import Broker, NoBrokerError

CLIENTS = ("kafka-python", "confluent")


@contextmanager
def running_broker() -> Iterator[Broker]:
    """Start the broker the tests would use. Raises NotMeasured when there is none."""
    broker = Broker()
    try:
        broker.start()
    except NoBrokerError as error:
        raise NotMeasured(str(error)) from error
    try:
        yield broker
    finally:
        broker.stop()


def broker_name() -> str:
    """Return which broker that is, without its address."""
    broker = Broker()
    return "a given broker" if broker.kind == "given" else broker.name


def prepare(broker: Broker, client: str, prefix: str) -> KafkaSettings:
    """Create the topics of one flow, of one partition each; return its settings."""
    settings = KafkaSettings(
        bootstrap_servers=broker.bootstrap, topic_prefix=f"{prefix}.", client=client
    )
    admin = open_client(settings).admin()
    try:
        create_topics(admin, topic_specs(settings, partitions=1))
    finally:
        admin.close()
    return settings
