"""Records into Kafka from outside of a flow's steps: the results of checks."""

from __future__ import annotations

from collections.abc import Sequence

from connectors.kafka.client import open_client
from connectors.kafka.settings import KafkaSettings
from connectors.kafka.sink import FLUSH_GRACE_S, require_topics
from guardrails.records import Output


class KafkaPublisher:
    """A producer whose deliveries are known to have arrived once `flush` returns."""

    def __init__(self, settings: KafkaSettings, topics: Sequence[str]) -> None:
        """topics: full names of all that may be written. Raises ConnectorError if one is missing or
        no broker answers.
        """
        # Few and awaited: text is held back until an answer comes.
        client = open_client(settings.model_copy(update={"linger_ms": 0.0}))
        require_topics(client, settings, topics)
        self._flush_s = settings.delivery_timeout_s + FLUSH_GRACE_S
        self._producer = client.producer()

    def send(self, output: Output) -> None:
        """Hand one record over; it leaves at once. Raises ConnectorError."""
        self._producer.send(output)

    def flush(self) -> None:
        """Wait until all is acknowledged. Raises ConnectorError."""
        self._producer.flush(self._flush_s)

    def close(self) -> None:
        """Close the producer."""
        self._producer.close()
