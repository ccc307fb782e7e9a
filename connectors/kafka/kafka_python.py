"""The default client: kafka-python, pure Python, one library to install."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from kafka import KafkaAdminClient, TopicPartition
from kafka import errors as kafka_errors
from kafka.structs import OffsetAndMetadata

from connectors.kafka.client import Partition, TopicSpec
from connectors.kafka.failures import topic_failed, unreachable
from connectors.kafka.kafka_python_feed import Feed
from connectors.kafka.kafka_python_options import (
    REQUEST_TIMEOUT_MS,
    common_options,
    open_consumer,
    quiet_logging,
)
from connectors.kafka.kafka_python_producer import KafkaPythonProducer
from connectors.kafka.kafka_python_reader import KafkaPythonReader
from connectors.kafka.settings import KafkaSettings


class KafkaPythonClient:
    """Opens readers, producers and admins of kafka-python with one set of settings."""

    def __init__(self, settings: KafkaSettings) -> None:
        """settings: used as they are; nothing is connected before the first method call."""
        self._settings = settings
        self._feed = Feed(settings)
        quiet_logging()

    def reader(self, partition: Partition) -> KafkaPythonReader:
        """See `Client.reader`."""
        return KafkaPythonReader(self._feed, partition)

    def offsets(self) -> KafkaPythonOffsets:
        """See `Client.offsets`."""
        return KafkaPythonOffsets(self._settings)

    def producer(self) -> KafkaPythonProducer:
        """See `Client.producer`."""
        return KafkaPythonProducer(self._settings)

    def admin(self) -> KafkaPythonAdmin:
        """See `Client.admin`."""
        return KafkaPythonAdmin(self._settings)


class KafkaPythonOffsets:
    """End offsets and the published group offsets."""

    def __init__(self, settings: KafkaSettings) -> None:
        """Connect. Raises ConnectorError if no broker answers."""
        self._settings = settings
        self._consumer = open_consumer(settings, group_id=settings.group or None)

    def ends(self, partitions: Sequence[Partition]) -> Mapping[Partition, int]:
        """See `Offsets.ends`."""
        try:
            found = self._consumer.end_offsets(
                [TopicPartition(*p) for p in partitions], timeout_ms=REQUEST_TIMEOUT_MS
            )
        except kafka_errors.KafkaError as error:
            raise unreachable(self._settings, type(error).__name__) from error
        return {Partition(p.topic, p.partition): end for p, end in found.items()}

    def publish(self, offsets: Mapping[Partition, int]) -> None:
        """See `Offsets.publish`."""
        if self._settings.group:
            self._consumer.commit_async(
                {TopicPartition(*p): OffsetAndMetadata(o, "", -1) for p, o in offsets.items()}
            )

    def close(self) -> None:
        """See `Offsets.close`."""
        self._consumer.close(autocommit=False, timeout_ms=0)


class KafkaPythonAdmin:
    """Topics, through the library's admin client."""

    def __init__(self, settings: KafkaSettings) -> None:
        """Connect. Raises ConnectorError if no broker answers."""
        try:
            self._admin = KafkaAdminClient(**common_options(settings))
        except kafka_errors.KafkaError as error:
            raise unreachable(settings, type(error).__name__) from error

    def create(self, specs: Sequence[TopicSpec]) -> None:
        """See `Admin.create`. Returns when every partition has a leader."""
        for spec in specs:
            options = {
                "num_partitions": spec.partitions,
                "replication_factor": spec.replicas,
                "configs": dict(spec.config),
            }
            try:
                self._admin.create_topics({spec.name: options}, wait_for_metadata=True)
            except kafka_errors.KafkaError as error:
                raise topic_failed(spec.name, type(error).__name__) from error

    def describe(self, names: Sequence[str]) -> Mapping[str, int]:
        """See `Admin.describe`."""
        try:
            found: list[dict[str, Any]] = self._admin.describe_topics(list(names))
        except kafka_errors.KafkaError as error:
            raise topic_failed(", ".join(names), type(error).__name__) from error
        counts = {}
        for topic in found:
            error_type = kafka_errors.for_code(topic["error_code"])
            if error_type is kafka_errors.NoError:
                counts[topic["name"]] = len(topic["partitions"])
            elif error_type is not kafka_errors.UnknownTopicOrPartitionError:
                raise topic_failed(topic["name"], error_type.__name__)
        return counts

    def close(self) -> None:
        """See `Admin.close`."""
        self._admin.close()
