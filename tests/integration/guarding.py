"""The guard flow over a real broker: its topics, its process, and what a consumer reads."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Iterable, Mapping
from pathlib import Path
from zlib import crc32

import msgspec

from connectors.kafka.client import open_client
from connectors.kafka.settings import KafkaSettings
from connectors.kafka.topics import create_topics, topic_specs
from guardrails.records import Output
from tests.integration.kafka_flow import stored

ROOT = Path(__file__).parents[2]


class Deployment:
    """Fresh topics on the broker of this run, and guard processes over them."""

    def __init__(self, settings: KafkaSettings, directory: Path, partitions: int = 2) -> None:
        prefix = f"test-{uuid.uuid4().hex[:10]}."
        self.settings = settings.model_copy(update={"topic_prefix": prefix})
        self.recovery = directory / "recovery"
        self._partitions = partitions
        self.processes: list[subprocess.Popen[bytes]] = []
        self._log = (directory / "guard.log").open("ab")
        admin = open_client(self.settings).admin()
        try:
            create_topics(admin, topic_specs(self.settings, partitions, 1))
        finally:
            admin.close()

    def produce(self, chunks: Iterable[Mapping[str, object]]) -> None:
        """Write chunk events, each stream to the partition of its id."""
        producer = open_client(self.settings).producer()
        topic = self.settings.topic("chunks")
        try:
            for chunk in chunks:
                key = str(chunk["stream_id"]).encode()
                value = msgspec.json.encode(chunk)
                producer.send(Output(topic, key, value, crc32(key) % self._partitions))
            producer.flush(60)
        finally:
            producer.close()

    def start(self, *arguments: str, **extra: str) -> subprocess.Popen[bytes]:
        """Start one process, as the documentation says. extra: of its environment."""
        self.recovery.mkdir(exist_ok=True)
        environ = os.environ | {
            "KAFKA_BOOTSTRAP_SERVERS": self.settings.bootstrap_servers,
            "TIDEGATE_TOPIC_PREFIX": self.settings.topic_prefix,
            "TIDEGATE_KAFKA_CLIENT": self.settings.client,
            "TIDEGATE_KAFKA_GROUP": "",
            **extra,
        }
        command = [sys.executable, *arguments]
        process = subprocess.Popen(
            command, cwd=ROOT, env=environ, stdout=self._log, stderr=self._log
        )
        self.processes.append(process)
        return process

    def wait_for(self, name: str, count: int, timeout_s: float = 60) -> int:
        """Wait until a topic was given `count` records; return how many it was."""
        process = self.processes[-1]
        deadline = time.monotonic() + timeout_s
        while True:
            found = self.ends(name)
            if found >= count or time.monotonic() > deadline:
                return found
            assert process.poll() is None, "the guard ended; see guard.log"
            time.sleep(0.1)

    def ends(self, name: str) -> int:
        """Return how many records a topic has been given."""
        from connectors.kafka.client import Partition

        topic = self.settings.topic(name)
        offsets = open_client(self.settings).offsets()
        try:
            return sum(
                offsets.ends([Partition(topic, n) for n in range(self._partitions)]).values()
            )
        finally:
            offsets.close()

    def records(self, name: str):
        """Return everything a topic holds."""
        return stored(self.settings, self.settings.topic(name))

    def close(self) -> None:
        """End what still runs."""
        for process in self.processes:
            process.kill()
            process.wait()
        self._log.close()


def stop(process: subprocess.Popen[bytes], how: signal.Signals, timeout_s: float = 30) -> int:
    """Signal a process and wait for its end; return its exit code."""
    process.send_signal(how)
    return process.wait(timeout_s)


def as_events(stream_id: str, pieces: list[str]) -> list[dict[str, object]]:
    """Return the chunk events of one stream."""
    pieces = pieces or [""]
    return [
        {"stream_id": stream_id, "seq": seq, "text": piece, "final": seq == len(pieces) - 1}
        for seq, piece in enumerate(pieces)
    ]
