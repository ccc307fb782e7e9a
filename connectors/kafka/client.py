"""What Tidegate needs of a Kafka client, and nothing more: two libraries fit behind it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from connectors.kafka.settings import KafkaSettings
from guardrails.errors import ConnectorError
from guardrails.records import Output, Record


class Partition(NamedTuple):
    """One partition of one topic, from 0."""

    topic: str
    number: int

    def __str__(self) -> str:
        return f"{self.topic}/{self.number}"


class Span(NamedTuple):
    """The offsets a partition holds: `begin` is its first record, `end` the next to be written."""

    begin: int
    end: int


@dataclass(frozen=True)
class TopicSpec:
    """A topic as it should be. replicas: -1 takes the broker's default. config: Kafka's names."""

    name: str
    partitions: int
    replicas: int = -1
    config: Mapping[str, str] = field(default_factory=dict)


class LostOffset(Exception):
    """The log does not hold the position any more. Next: apply the policy `on_lost_offset`."""


class Reader(Protocol):
    """One consumer of one partition. Only `poll` is called often; it never waits."""

    @property
    def position(self) -> int:
        """The next offset to be read, as far as `poll` has come."""

    def span(self) -> Span:
        """Ask the broker what the partition holds. Raises ConnectorError when it is away."""

    def seek(self, offset: int) -> None:
        """Read from `offset` on, at the next poll."""

    def poll(self) -> list[Record]:
        """What has arrived, in offset order, at most `batch_records`; empty when nothing has.

        Raises LostOffset when the log does not hold the position, ConnectorError for what a retry
        cannot mend (no permission, corrupt data). A broker that is away only means no records.
        """

    def close(self) -> None:
        """Let go of connections and threads. May be called twice."""


class Offsets(Protocol):
    """Ends and published offsets of many partitions. Used from one background thread."""

    def ends(self, partitions: Sequence[Partition]) -> Mapping[Partition, int]:
        """The end offset of each. Raises ConnectorError when the brokers do not answer."""

    def publish(self, offsets: Mapping[Partition, int]) -> None:
        """Commit next offsets for lag monitors: in the background, best effort, silently."""

    def close(self) -> None:
        """Let go of connections and threads."""


class Producer(Protocol):
    """An idempotent producer that remembers every delivery until it is acknowledged."""

    def send(self, output: Output) -> None:
        """Hand one record over; it leaves after `linger_ms`. Waits only when too much is unsent.

        Raises ConnectorError when it can never be delivered (too large, no such partition).
        """

    def check(self) -> None:
        """Raise ConnectorError if a delivery is known to have failed. Never waits."""

    def flush(self, timeout_s: float) -> None:
        """Wait until every record is acknowledged; ConnectorError if one failed or time is up."""

    def close(self) -> None:
        """Let go of connections and threads; what was not flushed may be lost."""


class Admin(Protocol):
    """Topics: make them, look at them."""

    def create(self, specs: Sequence[TopicSpec]) -> None:
        """Create all of them; ConnectorError names the topic that could not be created."""

    def describe(self, names: Sequence[str]) -> Mapping[str, int]:
        """Partition count of each topic that exists; absent ones are left out."""

    def close(self) -> None:
        """Let go of connections."""


class Client(Protocol):
    """One library with one set of settings: opens everything else."""

    def reader(self, partition: Partition) -> Reader:
        """A consumer of that partition, which reads nothing before its first `seek`."""

    def offsets(self) -> Offsets:
        """For the background thread of a source."""

    def producer(self) -> Producer:
        """For one partition of the sink."""

    def admin(self) -> Admin:
        """For start-up and the command line."""


def open_client(settings: KafkaSettings) -> Client:
    """The client `settings.client` names; connects nothing yet.

    Raises ConnectorError if confluent-kafka is asked for and not installed.
    """
    if settings.client == "confluent":
        try:
            from connectors.kafka.confluent import ConfluentClient
        except ImportError as error:
            raise ConnectorError(
                "TIDEGATE_KAFKA_CLIENT=confluent needs the package confluent-kafka; install"
                " tidegate[fast], or set TIDEGATE_KAFKA_CLIENT=kafka-python"
            ) from error
        return ConfluentClient(settings)
    from connectors.kafka.kafka_python import KafkaPythonClient

    return KafkaPythonClient(settings)
