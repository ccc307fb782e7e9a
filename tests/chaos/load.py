"""The producer of a campaign: begins streams at a rate and sends their chunks when they are due."""

from __future__ import annotations

import heapq
import threading
import time
from collections import Counter
from itertools import count
from random import Random
from zlib import crc32

import msgspec
from confluent_kafka import KafkaException, Producer

from tests.chaos.scripts import Sent, write_stream


class Load:
    """A thread that produces until it is told to stop, and then ends the streams it has begun.

    faults: what was done to chunks. streams: begun. open: of these, not yet sent to their end.
    """

    def __init__(
        self, bootstrap: str, topic: str, partitions: int, seed: int, *, per_s: float, late_s: float
    ) -> None:
        self.faults: Counter[str] = Counter()
        self.streams = 0
        self.open = 0
        self._random = Random(seed)
        self._topic, self._partitions = topic, partitions
        self._per_s, self._late_s = per_s, late_s
        self._producer = Producer(
            {
                "bootstrap.servers": bootstrap,
                "enable.idempotence": True,
                "linger.ms": 5,
                # Longer than any broker is away.
                "delivery.timeout.ms": 300_000,
                "log_level": 0,
            }
        )
        self._due: list[tuple[float, int, list[Sent]]] = []
        self._order = count()
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name="chaos-load", daemon=True)

    def start(self) -> None:
        """Begin to produce."""
        self._thread.start()

    def end(self, timeout_s: float = 120) -> None:
        """Begin no more streams; wait until all that were begun are sent and stored."""
        self._ending.set()
        self._thread.join(timeout_s)
        if self._thread.is_alive() or self._producer.flush(timeout_s):
            raise TimeoutError("the campaign's producer could not store all of its chunks")

    def _run(self) -> None:
        next_s = time.monotonic()
        while self._due or not self._ending.is_set():
            now = time.monotonic()
            while next_s <= now and not self._ending.is_set():
                self._begin(now)
                # The future as it is now: what an outage held up is not caught up with.
                next_s = max(next_s + self._random.expovariate(self._per_s), now - 1)
            while self._due and self._due[0][0] <= now:
                self._send_next(*heapq.heappop(self._due))
            self._producer.poll(0)
            time.sleep(0.01)

    def _begin(self, now: float) -> None:
        stream_id = f"s{self.streams}"
        self.streams += 1
        script = write_stream(stream_id, self._random, self.faults, late_s=self._late_s)
        if script:
            self.open += 1
            heapq.heappush(self._due, (now, next(self._order), script))

    def _send_next(self, due: float, _: int, script: list[Sent]) -> None:
        sent = script.pop(0)
        self.send(sent.event)
        if script:
            again = due + script[0].at_s - sent.at_s
            heapq.heappush(self._due, (again, next(self._order), script))
        else:
            self.open -= 1

    def send(self, event: dict[str, object]) -> None:
        """Produce one chunk event to the partition of its stream."""
        key = str(event["stream_id"]).encode()
        value = msgspec.json.encode(event)
        while True:
            try:
                self._producer.produce(
                    self._topic, value, key, partition=crc32(key) % self._partitions
                )
            except BufferError:
                self._producer.poll(0.1)
            except KafkaException as error:
                raise RuntimeError("the campaign's producer is broken") from error
            else:
                return
