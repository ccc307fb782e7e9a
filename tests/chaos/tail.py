"""A reader that waits for the next verdict: when the flow works again after it was killed."""

from __future__ import annotations

import threading
import time

from confluent_kafka import TopicPartition

from tests.chaos.logs import open_consumer


class Tail:
    """Follows a topic on a thread of its own. count: records seen."""

    def __init__(self, bootstrap: str, topic: str, partitions: int) -> None:
        self.count = 0
        self._consumer = open_consumer(bootstrap)
        self._consumer.assign([TopicPartition(topic, n, 0) for n in range(partitions)])
        self._ending = threading.Event()
        self._came = threading.Condition()
        self._latest_ms = 0
        self._thread = threading.Thread(target=self._run, name="chaos-tail", daemon=True)
        self._thread.start()

    def wait_for_one(self, since_ms: int, timeout_s: float) -> float | None:
        """Seconds until a record is there that the broker stamped later; None if none comes."""
        began = time.monotonic()
        with self._came:
            while self._latest_ms <= since_ms:
                left = timeout_s - (time.monotonic() - began)
                if left <= 0:
                    return None
                self._came.wait(left)
        return time.monotonic() - began

    def close(self) -> None:
        """Stop following."""
        self._ending.set()
        self._thread.join(10)
        self._consumer.close()

    def _run(self) -> None:
        while not self._ending.is_set():
            for message in self._consumer.consume(500, 0.05):
                if message.error():
                    continue
                with self._came:
                    self.count += 1
                    self._latest_ms = max(self._latest_ms, message.timestamp()[1])
                    self._came.notify_all()
