"""Which partitions a process reads: all of them, or its own, so that several share the work."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from connectors.kafka.client import Client
from connectors.kafka.partitions import format_partitions
from connectors.kafka.settings import KafkaSettings
from guardrails.errors import ConnectorError


class Assignment(NamedTuple):
    """numbers: the partitions to read, ascending. total: how many each of the topics has."""

    numbers: tuple[int, ...]
    total: int


def read_assignment(client: Client, settings: KafkaSettings, topics: Sequence[str]) -> Assignment:
    """Ask the brokers what there is, and return our part of it.

    topics: full names, read together. Raises ConnectorError if one is missing, their partition
    counts differ, or a partition that `settings` name does not exist: a process that finds nothing
    to read would look healthy, while the streams meant for it wait.
    """
    admin = client.admin()
    try:
        counts = admin.describe(topics)
    finally:
        admin.close()
    if missing := [topic for topic in topics if topic not in counts]:
        raise ConnectorError(
            f"there is no topic {', '.join(missing)} at {settings.bootstrap_servers};"
            " run `tidegate topics create` or correct TIDEGATE_TOPIC_PREFIX"
        )
    if len(set(counts.values())) > 1:
        found = ", ".join(f"{topic} {count}" for topic, count in counts.items())
        raise ConnectorError(
            f"topics read together need the same partition count, got {found}; create them"
            " anew with one count"
        )
    count = counts[topics[0]]
    if settings.partitions is None:
        return Assignment(tuple(range(count)), count)
    if absent := [number for number in settings.partitions if number >= count]:
        raise ConnectorError(
            f"there is no partition {format_partitions(absent)} of {', '.join(topics)}: each has"
            f" {count}, numbered from 0; correct TIDEGATE_PARTITIONS or --partitions"
        )
    return Assignment(settings.partitions, count)
