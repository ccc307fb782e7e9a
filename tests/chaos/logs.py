"""What stands in the topics when a campaign is over, read by a plain consumer."""

from __future__ import annotations

import time
from collections import defaultdict
from typing import NamedTuple

from confluent_kafka import Consumer, TopicPartition


class Logged(NamedTuple):
    """One record. timestamp_ms: the broker's."""

    partition: int
    offset: int
    timestamp_ms: int
    key: bytes
    value: bytes


def open_consumer(bootstrap: str) -> Consumer:
    """A consumer that joins no group and reads from the beginning."""
    return Consumer(
        {
            "bootstrap.servers": bootstrap,
            "group.id": "tidegate-chaos",
            "enable.auto.commit": False,
            "auto.offset.reset": "earliest",
            "log_level": 0,
        }
    )


def read_topic(bootstrap: str, topic: str, partitions: int, timeout_s: float = 60) -> list[Logged]:
    """All records of a topic, partition after partition, in log order."""
    consumer = open_consumer(bootstrap)
    places = [TopicPartition(topic, number, 0) for number in range(partitions)]
    ends = {place.partition: consumer.get_watermark_offsets(place, 30)[1] for place in places}
    consumer.assign(places)
    found: dict[int, list[Logged]] = defaultdict(list)
    left = {number for number, end in ends.items() if end}
    deadline = time.monotonic() + timeout_s
    try:
        while left:
            if time.monotonic() > deadline:
                raise TimeoutError(f"{topic} could not be read to its end")
            for message in consumer.consume(1000, 0.2):
                if message.error():
                    continue
                number, offset = message.partition(), message.offset()
                found[number].append(
                    Logged(
                        *(number, offset, message.timestamp()[1]),
                        *(message.key() or b"", message.value() or b""),
                    )
                )
                if offset >= ends[number] - 1:
                    left.discard(number)
    finally:
        consumer.close()
    return [record for number in sorted(found) for record in found[number]]
