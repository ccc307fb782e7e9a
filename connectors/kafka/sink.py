"""The flow's outputs into Kafka: sent at once, verified before an epoch closes."""

from __future__ import annotations

from collections.abc import Sequence
from zlib import crc32

from bytewax.outputs import FixedPartitionedSink, StatefulSinkPartition

from connectors.kafka.client import Client, Producer, open_client
from connectors.kafka.settings import KafkaSettings
from connectors.metrics.kafka import FLUSH_S
from guardrails.errors import ConnectorError
from guardrails.records import Output

# Seconds on top of `delivery_timeout_s`: the client reports a record that ran out of time itself,
# with topic and partition, which says more than our own timeout would.
FLUSH_GRACE_S = 5.0


class KafkaSink(FixedPartitionedSink[Output, None]):
    """Takes `(key, Output)` pairs and writes them, in order per key.

    Delivery: at least once. A batch is handed to the client and leaves after `linger_ms` on its
    own; when the epoch closes every record of it must be acknowledged, or the flow ends with a
    ConnectorError and its restart writes them again. Nothing is dropped: a record too large for
    the topic ends the flow and says which setting to raise.

    Its Bytewax partitions are `writer-0`, `writer-1`, ...: one producer each, spread over the
    workers; one per worker is enough. They hold no state, but Bytewax refuses to resume where one
    that had a snapshot is missing: their number may grow at a restart, and never shrink.
    """

    def __init__(self, settings: KafkaSettings, topics: Sequence[str], writers: int = 1) -> None:
        """Nothing is connected before the flow runs.

        topics: full names of all topics that may be written; they must exist. writers: producers,
        the largest worker count that the whole cluster ever had. Raises ConnectorError if the
        client is missing.
        """
        self._settings = settings
        self._topics = list(topics)
        self._writers = writers
        self._client: Client = open_client(settings)

    def list_parts(self) -> list[str]:
        """The writers; any worker can be any of them."""
        # Zero-padded: Bytewax sorts the names, and the order must not change between runs.
        return [f"writer-{index:04d}" for index in range(self._writers)]

    def part_fn(self, item_key: str) -> int:
        """The writer of a key, the same in every process."""
        return crc32(item_key.encode())

    def build_part(
        self,
        step_id: str,  # noqa: ARG002 - Bytewax's signature
        for_part: str,  # noqa: ARG002
        resume_state: None,  # noqa: ARG002
    ) -> KafkaSinkPartition:
        """Open a producer. Raises ConnectorError if a topic is missing or no broker answers."""
        require_topics(self._client, self._settings, self._topics)
        return KafkaSinkPartition(self._settings, self._client.producer())


def require_topics(client: Client, settings: KafkaSettings, topics: Sequence[str]) -> None:
    """Raise ConnectorError if a topic is missing or no broker answers."""
    admin = client.admin()
    try:
        known = admin.describe(topics)
    finally:
        admin.close()
    if missing := [topic for topic in topics if topic not in known]:
        raise ConnectorError(
            f"there is no topic {', '.join(missing)} at {settings.bootstrap_servers};"
            " run `tidegate topics create` or correct TIDEGATE_TOPIC_PREFIX"
        )


class KafkaSinkPartition(StatefulSinkPartition[Output, None]):
    """One writer: a producer and the deliveries of the open epoch. Built by `KafkaSink`."""

    def __init__(self, settings: KafkaSettings, producer: Producer) -> None:
        """producer: owned, and closed with the partition."""
        self._flush_s = settings.delivery_timeout_s + FLUSH_GRACE_S
        self._producer = producer

    def write_batch(self, values: list[Output]) -> None:
        """Hand the records over. Raises ConnectorError for a delivery already known to be lost."""
        for output in values:
            self._producer.send(output)
        self._producer.check()

    def snapshot(self) -> None:
        """Wait until all is acknowledged: only then may the epoch close. Raises ConnectorError."""
        with FLUSH_S.time():
            self._producer.flush(self._flush_s)

    def close(self) -> None:
        """Close the producer; the last snapshot came before."""
        self._producer.close()
