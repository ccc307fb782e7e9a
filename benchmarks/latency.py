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


# An audit record is about a whole stream.
NO_SEQ = -1


class _Place(msgspec.Struct):
    """What verdicts, forwarded chunks and audit records have in common."""

    stream_id: str
    seq: int = NO_SEQ


class Receiver:
    """Notes when each output arrives, in a thread."""

    def __init__(self, broker: Broker, topics: list[str]) -> None:
        self.arrived: dict[tuple[str, int], int] = {}
        self._decode = msgspec.json.Decoder(_Place).decode
        self._stop = threading.Event()
        self._consumer = Consumer(
            {"bootstrap.servers": broker.bootstrap, "group.id": "bench", "fetch.wait.max.ms": 10}
        )
        self._consumer.assign([TopicPartition(topic, 0, 0) for topic in topics])
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while not self._stop.is_set():
            # Not `consume`: that one waits for as many as it is asked for.
            message = self._consumer.poll(0.05)
            now = time.monotonic_ns()
            if message is not None and message.error() is None:
                self.note(message.value(), now)

    def note(self, value: bytes, now: int) -> None:
        """Note one output. now: monotonic nanoseconds."""
        place = self._decode(value)
        self.arrived.setdefault((place.stream_id, place.seq), now)

    def wait_for(self, places: list[tuple[str, int]]) -> None:
        """Wait until all of these have arrived. Raises NotMeasured when they do not."""
        deadline = time.monotonic() + PATIENCE_S
        while missing := sum(place not in self.arrived for place in places):
            if time.monotonic() > deadline:
                raise NotMeasured(f"{missing} of {len(places)} outputs did not arrive")
            time.sleep(0.05)

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
            stack.enter_context(live(name, own))
        outputs = [own.topic("verdicts") for own in settings.values()]
        receiver = Receiver(broker, outputs)
        stack.callback(receiver.close)
        for turn in range(-1, turns):
            for name, own in settings.items():
                length = seconds if turn >= 0 else 2
                found = one_turn(broker, receiver, own.topic("chunks"), f"{turn}-{name}", length)
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
def live(name: str, settings: KafkaSettings, *more: str) -> Iterator[subprocess.Popen[bytes]]:
    """Keep a flow running in a process of its own. more: policy and recovery directory."""
    command = [sys.executable, "-m", "benchmarks.worker", "live", name, _as_json(settings), *more]
    process = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def one_turn(
    broker: Broker,
    receiver: Receiver,
    topic: str,
    prefix: str,
    seconds: float,
    *,
    rate: int = RATE,
    streams: int = STREAMS,
    linger_ms: float = 0,
) -> list[float]:
    """Feed one flow; return the latency of every chunk in milliseconds."""
    load = {"rate": rate, "streams": streams, "linger_ms": linger_ms}
    places, sent = feed(broker, topic, prefix, seconds, **load)
    receiver.wait_for(places[-streams:])
    return [
        (receiver.arrived[place] - left) / 1e6 for place, left in zip(places, sent, strict=True)
    ]


def feed(
    broker: Broker,
    topic: str,
    prefix: str,
    seconds: float,
    *,
    rate: int = RATE,
    streams: int = STREAMS,
    linger_ms: float = 0,
    unended: bool = False,
) -> tuple[list[tuple[str, int]], list[int]]:
    """Produce at a steady rate; return each chunk's stream and seq, and when it left.

    linger_ms: see `benchmarks.pacer.pace`. unended: the streams stay live.
    """
    numbers = (rate, seconds, streams, linger_ms)
    arguments = [broker.bootstrap, topic, prefix, *map(str, numbers)]
    arguments += ["unended"] if unended else []
    command = [sys.executable, "-m", "benchmarks.pacer", *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    sent = json.loads(done.stdout)
    places = [(f"{prefix}-{index % streams}", index // streams) for index in range(len(sent))]
    return places, sent


def _as_json(settings: KafkaSettings) -> str:
    return settings.model_dump_json(exclude_defaults=True)
