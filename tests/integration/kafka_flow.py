"""Small flows and plain writes for the Kafka tests."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from pathlib import Path

import bytewax.operators as op
from bytewax.dataflow import Dataflow
from bytewax.recovery import RecoveryConfig, init_db_dir
from bytewax.testing import TestingSink, TestingSource, cluster_main

from connectors.kafka.client import Partition, open_client
from connectors.kafka.settings import KafkaSettings
from connectors.kafka.sink import KafkaSink
from connectors.kafka.source import KafkaSource
from guardrails.records import Clock, Output, Record

Item = Record | Clock


def write(settings: KafkaSettings, topic: str, values: Iterable[bytes], partition: int = 0) -> None:
    """Produce values and wait until they are acknowledged."""
    # Always kafka-python: a new librdkafka producer needs half a second for its first record.
    plain = settings.model_copy(update={"client": "kafka-python", "linger_ms": 0})
    producer = open_client(plain).producer()
    try:
        for value in values:
            producer.send(Output(topic, b"key", value, partition))
        producer.flush(30)
    finally:
        producer.close()


def recovery_in(directory: Path) -> RecoveryConfig:
    """A recovery store in `directory`, made at the first call."""
    if not directory.exists():
        directory.mkdir()
        init_db_dir(directory, 1)
    return RecoveryConfig(str(directory))


def read(
    source: KafkaSource,
    *,
    recovery: Path | None = None,
    workers: int = 1,
    each: Callable[[Item], Item] = lambda item: item,
) -> list[Item]:
    """Run the source to its end and return what it emitted; `each` sees every item first."""
    seen: list[Item] = []
    flow = Dataflow("read")
    items = op.map("each", op.input("kafka", flow, source), each)
    op.output("seen", items, TestingSink(seen))
    try:
        run(flow, recovery, workers)
    finally:
        source.close()
    return seen


def send(
    settings: KafkaSettings, topics: Sequence[str], outputs: Sequence[Output], workers: int = 1
) -> None:
    """Run outputs through the sink."""
    flow = Dataflow("send")
    items = op.input("outputs", flow, TestingSource(outputs, batch_size=100))
    keyed = op.map("key", items, lambda output: (output.key.decode(), output))
    op.output("kafka", keyed, KafkaSink(settings, topics, writers=workers))
    run(flow, None, workers)


def run(flow: Dataflow, recovery: Path | None = None, workers: int = 1) -> None:
    """One process, an epoch for every batch."""
    cluster_main(
        flow,
        [],
        0,
        worker_count_per_proc=workers,
        epoch_interval=timedelta(0),
        recovery_config=recovery_in(recovery) if recovery is not None else None,
    )


def stored(settings: KafkaSettings, topic: str) -> list[Record]:
    """Everything a topic holds, partition after partition."""
    items = read(KafkaSource(settings, [topic], until_end=True))
    records = [item for item in items if isinstance(item, Record)]
    return sorted(records, key=lambda record: (record.partition, record.offset))


def values_of(items: Iterable[Item]) -> list[bytes]:
    """The values of the records among the items, in order."""
    return [item.value for item in items if isinstance(item, Record)]


def end_of(settings: KafkaSettings, topic: str, partition: int = 0) -> int:
    """The next offset to be written."""
    offsets = open_client(settings).offsets()
    try:
        return offsets.ends([Partition(topic, partition)])[Partition(topic, partition)]
    finally:
        offsets.close()


def reason_of(error: BaseException) -> str:
    """Bytewax wraps what a callback raises; the message of the cause is what people read."""
    texts = []
    cause: BaseException | None = error
    while cause is not None:
        texts.append(str(cause))
        cause = cause.__cause__ or cause.__context__
    return "\n".join(texts)


def numbered(count: int, start: int = 0) -> list[bytes]:
    """`count` values, the numbers from `start` on."""
    return [b"%d" % number for number in range(start, start + count)]
