"""Kafka to Kafka as fast as it goes: a full topic, read to its end.

Per core: chunks per second of CPU of the flow's process, all its threads counted.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import msgspec
from confluent_kafka import Producer

from benchmarks.embedded import interleaved_events
from benchmarks.figure import Figure
from benchmarks.timing import ratio
from benchmarks.topics import CLIENTS, prepare, running_broker
from benchmarks.worker import FLOWS, Drained
from connectors.kafka.settings import KafkaSettings

STREAMS = 100
CHUNKS_EACH = 400
ROOT = Path(__file__).resolve().parent.parent


def measure(*, quick: bool) -> Iterator[Figure]:
    """Yield the figures for both clients; 100 streams live."""
    chunks_each = CHUNKS_EACH // 4 if quick else CHUNKS_EACH
    with running_broker() as broker:
        for client in CLIENTS:
            settings = prepare(broker, client, f"throughput-{client}")
            _fill(settings, chunks_each)
            drained = _drain(settings, rounds=1 if quick else 3)
            yield from _figures(client, drained, STREAMS * chunks_each)


def _fill(settings: KafkaSettings, chunks_each: int) -> None:
    producer = Producer(
        {"bootstrap.servers": settings.bootstrap_servers, "linger.ms": 50, "acks": "all"}
    )
    topic = settings.topic("chunks")
    for key, event in interleaved_events(STREAMS, chunks_each, "bench"):
        producer.produce(topic, event, key)
        producer.poll(0)
    producer.flush(60)


def _drain(settings: KafkaSettings, rounds: int) -> dict[str, Drained]:
    arguments = ["drain", str(rounds), settings.model_dump_json(exclude_defaults=True)]
    command = [sys.executable, "-m", "benchmarks.worker", *arguments]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=True)
    return msgspec.json.decode(done.stdout, type=dict[str, Drained])


def _figures(client: str, drained: dict[str, Drained], chunks: int) -> Iterator[Figure]:
    guarded, passed = (drained[name] for name in FLOWS)
    yield Figure(
        measure="throughput",
        name=f"{client}: chunks per core against pass-through",
        value=ratio(passed.cpu_s, guarded.cpu_s),
        unit="x",
        note=f"{chunks:,} chunks, one partition, recovery on",
    )
    for name, own in drained.items():
        rates = [chunks / seconds for seconds in own.cpu_s]
        wall = median(chunks / seconds for seconds in own.wall_s)
        yield Figure(
            measure="throughput",
            name=f"{client}: {name}, per core",
            value=median(rates),
            unit="chunks/s",
            note=f"{wall:,.0f} chunks/s of wall clock",
        )
