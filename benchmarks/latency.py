"""Kafka to Kafka at 1,000 chunks a second: from the producer's call to the consumer's.

Both flows are live in processes of their own, recovery on, default epoch and settings; the producer
is a third process and feeds them in turns, so that both meet the same machine.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import chain
from pathlib import Path
from statistics import median

import msgspec
from confluent_kafka import Consumer, TopicPartition

from benchmarks.figure import Figure, NotMeasured
from benchmarks.pacer import STREAMS
from benchmarks.timing import percentile
from benchmarks.topics import CLIENTS, prepare, running_broker
from benchmarks.worker import FLOWS
from connectors.kafka.settings import KafkaSettings
from tests.broker import Broker

RATE = 1_000
ROOT = Path(__file__).resolve().parent.parent
# Nothing takes longer than a broker that is still electing a leader.
PATIENCE_S = 30.0


class _Place(msgspec.Struct):
    """What a verdict and a forwarded chunk have in common."""

    stream_id: str
    seq: int


class Receiver:
    """Notes when each output arrives, in a thread."""

    def __init__(self, broker: Broker, topics: list[str]) -> None:
        self.arrived: dict[tuple[str, int], int] = {}
        self._stop = threading.Event()
        self._consumer = Consumer(
            {"bootstrap.servers": broker.bootstrap, "group.id": "bench", "fetch.wait.max.ms": 10}
        )
        self._consumer.assign([TopicPartition(topic, 0, 0) for topic in topics])
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        decode = msgspec.json.Decoder(_Place).decode
        while not self._stop.is_set():
            # Not `consume`: that one waits for as many as it is asked for.
            message = self._consumer.poll(0.05)
            now = time.monotonic_ns()
            if message is not None and message.error() is None:
                place = decode(message.value())
                self.arrived.setdefault((place.stream_id, place.seq), now)

    def close(self) -> None:
        """Stop the thread."""
        self._stop.set()
        self._thread.join()
        self._consumer.close()


def measure(*, quick: bool) -> Iterator[Figure]:
    """Yield p50 and p99 of both flows, for both clients."""
    with running_broker() as broker:
        for client in CLIENTS[1:] if quick else CLIENTS:
            yield from _measure_client(broker, client, turns=1 if quick else 5, seconds=4)


def _measure_client(broker: Broker, client: str, turns: int, seconds: int) -> Iterator[Figure]:
    settings = {
        name: prepare(broker, client, f"latency-{client}-{index}")
        for index, name in enumerate(FLOWS)
    }
    latencies: dict[str, list[list[float]]] = {name: [] for name in FLOWS}
    with ExitStack() as stack:
        for name, own in settings.items():
            stack.enter_context(_live(name, own))
        outputs = [own.topic("verdicts") for own in settings.values()]
        receiver = Receiver(broker, outputs)
        stack.callback(receiver.close)
        for turn in range(-1, turns):
            for name, own in settings.items():
                length = seconds if turn >= 0 else 2
                found = _one_turn(broker, receiver, own.topic("chunks"), f"{turn}-{name}", length)
                # The first turn only wakes everything up.
                if turn >= 0:
                    latencies[name].append(found)
    for share in (0.5, 0.99):
        guarded, passed = (_typical(latencies[name], share) for name in FLOWS)
        yield Figure(
            measure="latency",
            name=f"{client}: p{share * 100:g} against pass-through",
            value=guarded / passed,
            unit="x",
            at_most=1.5,
            note=f"{guarded:.1f} ms against {passed:.1f} ms, each the median of {turns} turns",
        )
    for name, own in latencies.items():
        every = sorted(chain.from_iterable(own))
        yield Figure(
            measure="latency",
            name=f"{client}: p99 of all chunks of {name}",
            value=percentile(every, 0.99),
            unit="ms",
            note=f"{len(every):,} chunks at {RATE:,}/s, {STREAMS} streams live",
            quantiles=tuple(every[len(every) * step // 500] for step in range(500)),
        )


def _typical(turns: list[list[float]], share: float) -> float:
    """Return the median over the turns: one stall of the machine spoils one turn."""
    return median(percentile(turn, share) for turn in turns)


@contextmanager
def _live(name: str, settings: KafkaSettings) -> Iterator[None]:
    command = [sys.executable, "-m", "benchmarks.worker", "live", name, _as_json(settings)]
    process = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE)
    try:
        yield
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _one_turn(
    broker: Broker, receiver: Receiver, topic: str, prefix: str, seconds: int
) -> list[float]:
    """Feed one flow; return the latency of every chunk in milliseconds."""
    arguments = [broker.bootstrap, topic, prefix, str(RATE), str(seconds)]
    command = [sys.executable, "-m", "benchmarks.pacer", *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    sent = json.loads(done.stdout)
    places = [(f"{prefix}-{index % STREAMS}", index // STREAMS) for index in range(len(sent))]
    deadline = time.monotonic() + PATIENCE_S
    while not all(place in receiver.arrived for place in places[-STREAMS:]):
        if time.monotonic() > deadline:
            missing = sum(place not in receiver.arrived for place in places)
            raise NotMeasured(f"{missing} of {len(places)} outputs of {prefix} did not arrive")
        time.sleep(0.05)
    return [
        (receiver.arrived[place] - left) / 1e6 for place, left in zip(places, sent, strict=True)
    ]


def _as_json(settings: KafkaSettings) -> str:
    return settings.model_dump_json(exclude_defaults=True)
