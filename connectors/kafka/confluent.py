"""The fast client: confluent-kafka (librdkafka), installed with the extra `fast`."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from confluent_kafka import (
    Consumer,
    IsolationLevel,
    KafkaError,
    KafkaException,
    TopicPartition,
)
from confluent_kafka.admin import (  # type: ignore[attr-defined]
    AdminClient,
    NewTopic,
    OffsetSpec,
)

from connectors.kafka.client import LostOffset, Partition, Span, TopicSpec
from connectors.kafka.confluent_producer import ConfluentProducer, common_options
from connectors.kafka.failures import topic_failed, unreachable, unreadable
from connectors.kafka.settings import KafkaSettings
from guardrails.records import Record

# Seconds; answers to metadata, offset and commit requests take milliseconds from a living broker.
REQUEST_TIMEOUT_S = 5.0

# Everything else passes: librdkafka goes on trying by itself.
LOST = (KafkaError._AUTO_OFFSET_RESET, KafkaError.OFFSET_OUT_OF_RANGE)
LASTING = (
    KafkaError.TOPIC_AUTHORIZATION_FAILED,
    KafkaError._AUTHENTICATION,
    KafkaError._BAD_MSG,
    KafkaError._FATAL,
)

# A topic that was just made: not every broker has heard of it, or who leads it.
_NOT_YET = (
    KafkaError._UNKNOWN_PARTITION,
    KafkaError.UNKNOWN_TOPIC_OR_PART,
    KafkaError.NOT_LEADER_FOR_PARTITION,
    KafkaError.LEADER_NOT_AVAILABLE,
    KafkaError._TIMED_OUT,
)
# Seconds of one question. One that began before a broker knew the topic is never told of it, and
# would wait to its end.
_QUESTION_S = 2.0
_NOT_YET_PAUSE_S = 0.1

# The library writes it, in its own words.
log = logging.getLogger("librdkafka")


class ConfluentClient:
    """Opens readers, producers and admins of confluent-kafka with one set of settings."""

    def __init__(self, settings: KafkaSettings) -> None:
        """settings: used as they are; nothing is connected before the first method call."""
        self._settings = settings

    def reader(self, partition: Partition) -> ConfluentReader:
        """See `Client.reader`."""
        return ConfluentReader(self._settings, partition)

    def offsets(self) -> ConfluentOffsets:
        """See `Client.offsets`."""
        return ConfluentOffsets(self._settings)

    def producer(self) -> ConfluentProducer:
        """See `Client.producer`."""
        return ConfluentProducer(self._settings)

    def admin(self) -> ConfluentAdmin:
        """See `Client.admin`."""
        return ConfluentAdmin(self._settings)


def _consumer(settings: KafkaSettings, group: str, **options: Any) -> Consumer:
    return Consumer(
        {
            **common_options(settings),
            # librdkafka wants a group even for assigned partitions; nothing joins it.
            "group.id": group,
            "enable.auto.commit": False,
            "enable.auto.offset.store": False,
            "auto.offset.reset": "error",
            "isolation.level": "read_committed",
            **options,
        },
        logger=log,
    )


class ConfluentReader:
    """A consumer of one partition; librdkafka's own threads fetch ahead."""

    def __init__(self, settings: KafkaSettings, partition: Partition) -> None:
        """Connects in the background."""
        self._settings = settings
        self._partition = partition
        self._position = 0
        self._failure: KafkaError | None = None
        self._consumer = _consumer(
            settings,
            "tidegate-reader",
            **{
                # Tells where the log ends even when control records of transactions come last.
                "enable.partition.eof": True,
                # 16 MiB fetched ahead at most: the default of 64 MiB per partition is too much
                # for many partitions in one process.
                "queued.max.messages.kbytes": 16_384,
                # The default second of pause after a full queue would be seen as latency.
                "fetch.queue.backoff.ms": 10,
            },
        )

    @property
    def position(self) -> int:
        """See `Reader.position`."""
        return self._position

    def span(self) -> Span:
        """See `Reader.span`."""
        until = time.monotonic() + self._settings.startup_timeout_s
        while True:
            try:
                found = self._consumer.get_watermark_offsets(
                    TopicPartition(*self._partition),
                    timeout=min(_QUESTION_S, max(0.0, until - time.monotonic())),
                )
            except KafkaException as error:
                if error.args[0].code() not in _NOT_YET or time.monotonic() > until:
                    raise unreachable(self._settings, error.args[0].name()) from error
                self._learn()
                continue
            if found is None:
                raise unreachable(self._settings, "no answer in time")
            return Span(*found)

    def _learn(self) -> None:
        """Ask for the topic anew: what the client once heard of it would last for half a minute."""
        time.sleep(_NOT_YET_PAUSE_S)
        with suppress(KafkaException):
            self._consumer.list_topics(self._partition[0], timeout=_QUESTION_S)

    def seek(self, offset: int) -> None:
        """See `Reader.seek`."""
        # A new assignment, not `seek`: that one fails while the partition's leader is unknown.
        self._consumer.assign([TopicPartition(*self._partition, offset)])
        self._position = offset

    def poll(self) -> list[Record]:
        """See `Reader.poll`."""
        if self._failure is not None:
            failure, self._failure = self._failure, None
            self._raise_unless_passing(failure)
        topic, number = self._partition
        records = []
        for message in self._consumer.consume(self._settings.batch_records, 0):
            # The stubs allow None, which a consumed message never has.
            error, offset = message.error(), message.offset() or 0
            if error is None:
                value, stamp = message.value() or b"", message.timestamp()[1]
                records.append(Record(topic, number, offset, stamp, message.key(), value))
                self._position = offset + 1
            elif error.code() == KafkaError._PARTITION_EOF:
                self._position = max(self._position, offset)
            else:
                # Told only once, and the records before it go first.
                self._failure = error
        if not records and self._failure is not None:
            return self.poll()
        return records

    def _raise_unless_passing(self, error: KafkaError) -> None:
        if error.code() in LOST:
            raise LostOffset
        if error.code() in LASTING:
            raise unreadable(str(self._partition), self._position, error.name())

    def close(self) -> None:
        """See `Reader.close`."""
        self._consumer.close()


class ConfluentOffsets:
    """End offsets and the published group offsets."""

    def __init__(self, settings: KafkaSettings) -> None:
        """Connects in the background."""
        self._settings = settings
        self._admin = AdminClient(common_options(settings), logger=log)
        self._group = _consumer(settings, settings.group) if settings.group else None

    def ends(self, partitions: Sequence[Partition]) -> Mapping[Partition, int]:
        """See `Offsets.ends`."""
        try:
            try:
                return self._ask(partitions)
            except KafkaException as error:
                if error.args[0].code() == KafkaError._TIMED_OUT:
                    raise
                # After an election librdkafka asks the old leader for minutes (FENCED_LEADER_EPOCH)
                # unless it is made to look for the new one.
                self._admin.list_topics(timeout=REQUEST_TIMEOUT_S)
                return self._ask(partitions)
        except KafkaException as error:
            raise unreachable(self._settings, error.args[0].name()) from error

    def _ask(self, partitions: Sequence[Partition]) -> Mapping[Partition, int]:
        found = self._admin.list_offsets(
            {
                TopicPartition(*p): OffsetSpec.latest()  # type: ignore[no-untyped-call]
                for p in partitions
            },
            isolation_level=IsolationLevel.READ_COMMITTED,
            request_timeout=REQUEST_TIMEOUT_S,
        )
        ends = {
            Partition(where.topic, where.partition): answer.result().offset
            for where, answer in found.items()
        }
        if min(ends.values(), default=0) < 0:
            # An answer that came after its time (-1001) is no end.
            raise KafkaException(KafkaError(KafkaError._TIMED_OUT))
        return ends

    def publish(self, offsets: Mapping[Partition, int]) -> None:
        """See `Offsets.publish`."""
        if self._group is None:
            return
        # Not waited for: the first commit to a new group takes the broker seconds.
        self._group.commit(
            offsets=[TopicPartition(*p, offset) for p, offset in offsets.items()],
            asynchronous=True,
        )

    def close(self) -> None:
        """See `Offsets.close`."""
        if self._group is not None:
            self._group.close()


class ConfluentAdmin:
    """Topics, through the library's admin client."""

    def __init__(self, settings: KafkaSettings) -> None:
        """Connects in the background."""
        self._settings = settings
        self._admin = AdminClient(common_options(settings), logger=log)

    def create(self, specs: Sequence[TopicSpec]) -> None:
        """See `Admin.create`."""
        topics = [
            NewTopic(
                spec.name,
                num_partitions=spec.partitions,
                replication_factor=spec.replicas,
                config=dict(spec.config),
            )
            for spec in specs
        ]
        for name, answer in self._admin.create_topics(topics).items():
            try:
                answer.result()
            except KafkaException as error:
                raise topic_failed(name, error.args[0].name()) from error

    def describe(self, names: Sequence[str]) -> Mapping[str, int]:
        """See `Admin.describe`."""
        # All topics at once: asked for one by name, brokers that create topics on demand make it.
        try:
            found = self._admin.list_topics(timeout=self._settings.startup_timeout_s)
        except KafkaException as error:
            raise unreachable(self._settings, error.args[0].name()) from error
        counts = {}
        for name in names:
            topic = found.topics.get(name)
            if topic is None:
                continue
            if topic.error is not None:
                raise topic_failed(name, topic.error.name())
            counts[name] = len(topic.partitions)
        return counts

    def close(self) -> None:
        """See `Admin.close`. The library closes with the last reference."""
