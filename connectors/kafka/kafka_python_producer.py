"""Writing with kafka-python: idempotent, and every delivery accounted for."""

from __future__ import annotations

import functools
from collections import deque
from typing import Any

from kafka import KafkaProducer
from kafka import errors as kafka_errors
from kafka.partitioner.default import murmur2

from connectors.kafka.failures import (
    refused_as_too_large,
    too_large,
    undelivered,
    unreachable,
)
from connectors.kafka.kafka_python_options import common_options
from connectors.kafka.settings import KafkaSettings
from connectors.logs import logger
from guardrails.errors import ConnectorError
from guardrails.records import Output

log = logger(__name__)


class KafkaPythonProducer:
    """An idempotent producer; every future is kept until it is known to be good."""

    def __init__(self, settings: KafkaSettings) -> None:
        """Connect. Raises ConnectorError if no broker answers."""
        self._settings = settings
        delivery_ms = int(settings.delivery_timeout_s * 1000)
        try:
            self._producer = KafkaProducer(
                **common_options(settings),
                acks="all",
                enable_idempotence=True,
                linger_ms=settings.linger_ms,
                batch_size=settings.batch_bytes,
                max_request_size=settings.max_record_bytes,
                compression_type=None if settings.compression == "none" else settings.compression,
                delivery_timeout_ms=delivery_ms,
                # The library wants room for one request and the linger within the delivery time.
                request_timeout_ms=min(30_000, int((delivery_ms - settings.linger_ms) / 2)),
                max_block_ms=delivery_ms,
                allow_auto_create_topics=False,
                metrics_enabled=False,
            )
        except kafka_errors.KafkaError as error:
            raise unreachable(settings, type(error).__name__) from error
        self._unacked: deque[tuple[Any, str, int]] = deque()
        self._counts: dict[str, int] = {}
        # A stream's key comes back with every verdict, and murmur2 in Python costs 10 µs a time.
        self._hash = functools.lru_cache(maxsize=65_536)(murmur2)

    def send(self, output: Output) -> None:
        """See `Producer.send`."""
        topic, partition = output.topic, output.partition
        try:
            if partition is None:
                partition = self._partition_of(topic, output.key)
            future = self._producer.send(
                topic, key=output.key, value=output.value, partition=partition
            )
        except kafka_errors.MessageSizeTooLargeError as error:
            raise too_large(self._settings, topic, len(output.key) + len(output.value)) from error
        except (kafka_errors.KafkaError, ValueError) as error:
            raise undelivered(topic, partition, type(error).__name__) from error
        self._unacked.append((future, topic, partition))
        if len(self._unacked) > self._settings.max_unsent_records:
            self._wait_for_oldest()

    def check(self) -> None:
        """See `Producer.check`."""
        while self._unacked and self._unacked[0][0].is_done:
            future, topic, partition = self._unacked.popleft()
            if future.exception is not None:
                raise _refused(topic, partition, future.exception)

    def flush(self, timeout_s: float) -> None:
        """See `Producer.flush`."""
        try:
            self._producer.flush(timeout_s)
        except kafka_errors.KafkaTimeoutError:
            self.check()
        self.check()
        if self._unacked:
            _, topic, partition = self._unacked[0]
            raise undelivered(topic, partition, f"not acknowledged within {timeout_s:g} s")

    def close(self) -> None:
        """See `Producer.close`."""
        try:
            self._producer.close(timeout=1)
        except kafka_errors.KafkaTimeoutError:
            # Nobody listens to the answer any more: the sink flushed before, or has failed.
            log.debug("producer closed with unacknowledged records")

    def _partition_of(self, topic: str, key: bytes) -> int:
        """Kafka's default partitioner: the Java client, kafka-python and murmur2_random agree."""
        count = self._counts.get(topic)
        if count is None:
            count = self._counts[topic] = len(self._producer.partitions_for(topic))
        return int(self._hash(key) & 0x7FFFFFFF) % count

    def _wait_for_oldest(self) -> None:
        self.check()
        if self._unacked:
            future, topic, partition = self._unacked[0]
            try:
                future.get(timeout=self._settings.delivery_timeout_s)
            except kafka_errors.KafkaError as error:
                raise _refused(topic, partition, error) from error


def _refused(topic: str, partition: int, error: Exception) -> ConnectorError:
    large = (kafka_errors.MessageSizeTooLargeError, kafka_errors.RecordListTooLargeError)
    if isinstance(error, large):
        return refused_as_too_large(topic, partition)
    return undelivered(topic, partition, type(error).__name__)
