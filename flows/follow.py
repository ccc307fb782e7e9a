"""Reading one Kafka topic for people: all partitions, now and as records arrive."""

from __future__ import annotations

import time
from collections.abc import Iterator

from connectors.kafka.client import LostOffset, Partition, Reader, open_client
from connectors.kafka.settings import KafkaSettings
from flows.exits import MissingError
from guardrails.records import Record

# A person does not see a shorter delay.
_IDLE_S = 0.05


def read_topic(
    settings: KafkaSettings, name: str, *, follow: bool, from_start: bool
) -> Iterator[Record]:
    """Yield the records of a topic, in order within a partition, by time across those at hand.

    follow: wait for more; otherwise end where each partition ended at the call. Raises
    MissingError when there is no such topic.
    """
    topic = settings.topic(name)
    client = open_client(settings)
    admin = client.admin()
    try:
        count = admin.describe([topic]).get(topic)
    finally:
        admin.close()
    if count is None:
        raise MissingError(
            f"there is no topic {topic}; run `tidegate topics create`, or correct "
            "TIDEGATE_TOPIC_PREFIX"
        )
    readers = [client.reader(Partition(topic, number)) for number in range(count)]
    try:
        ends = []
        for reader in readers:
            span = reader.span()
            reader.seek(span.begin if from_start else span.end)
            ends.append(span.end)
        yield from _poll(readers, None if follow else ends)
    finally:
        for reader in readers:
            reader.close()


def _poll(readers: list[Reader], ends: list[int] | None) -> Iterator[Record]:
    while True:
        records = [record for reader in readers for record in _next(reader)]
        records.sort(key=lambda record: record.timestamp_ms)
        if ends is not None:
            records = [record for record in records if record.offset < ends[record.partition]]
        yield from records
        if ends is not None and all(
            reader.position >= end for reader, end in zip(readers, ends, strict=True)
        ):
            return
        if not records:
            time.sleep(_IDLE_S)


def _next(reader: Reader) -> list[Record]:
    try:
        return reader.poll()
    except LostOffset:
        # What was deleted while we looked elsewhere cannot be shown: go on with what is left.
        reader.seek(reader.span().begin)
        return []
