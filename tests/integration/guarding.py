"""The guard flow over a real broker: its topics, its process, and what a consumer reads."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from itertools import cycle
from pathlib import Path
from zlib import crc32

import msgspec

from connectors.kafka.client import Offsets, Partition, open_client
from connectors.kafka.settings import KafkaSettings
from connectors.kafka.topics import create_topics, topic_specs
from guardrails.errors import ConnectorError
from guardrails.plan import Plan
from guardrails.policy_text import parse_policy
from guardrails.records import Output
from guardrails.session import Session
from tests.flows.command import environment
from tests.flows.guarding import TEXTS, read_all
from tests.integration.kafka_flow import stored
from tests.warm import FLOWS, Forked, Warm, can_be_warm

ROOT = Path(__file__).parents[2]


# A process of a deployment, from scratch or without its imports.
Process = subprocess.Popen[bytes] | Forked

POLICY = Path(__file__).with_name("policy.yaml")


@cache
def _warm() -> Iterator[Warm]:
    """Two in turn: what comes after a process that was killed hashes otherwise than that one."""
    return cycle([Warm(environment(), FLOWS), Warm(environment(), FLOWS)])


@cache
def guarded_by() -> Plan:
    """What the guards of the tests judge by unless they are told another policy."""
    return Plan(parse_policy(POLICY.read_text("utf-8"), POLICY.name))


class Deployment:
    """Fresh topics on the broker of this run, and guard processes over them."""

    def __init__(self, settings: KafkaSettings, directory: Path, partitions: int = 2) -> None:
        prefix = f"test-{uuid.uuid4().hex[:10]}."
        self.settings = settings.model_copy(update={"topic_prefix": prefix})
        self.recovery = directory / "recovery"
        self._partitions = partitions
        self.processes: list[Process] = []
        self._offsets: Offsets | None = None
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

    def start(self, *arguments: str, **extra: str) -> Process:
        """Start one process, as the documentation says. extra: of its environment."""
        self.recovery.mkdir(exist_ok=True)
        environ = os.environ | {
            "TIDEGATE_POLICY": str(POLICY),
            "KAFKA_BOOTSTRAP_SERVERS": self.settings.bootstrap_servers,
            "TIDEGATE_TOPIC_PREFIX": self.settings.topic_prefix,
            "TIDEGATE_KAFKA_CLIENT": self.settings.client,
            "TIDEGATE_KAFKA_GROUP": "",
            **extra,
        }
        process: Process
        if arguments[:2] == ("-m", "flows") and can_be_warm(extra):
            log = self._log.fileno()
            with Path(os.devnull).open("rb") as nothing:
                ends = (nothing.fileno(), log, log)
                process = next(_warm()).start(arguments[2:], environ, ROOT, ends)
        else:
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
        topic = self.settings.topic(name)
        partitions = [Partition(topic, n) for n in range(self._partitions)]
        deadline = time.monotonic() + 10
        while True:
            if self._offsets is None:
                # One for all questions: connecting anew costs more than what is asked.
                own = self.settings.model_copy(update={"group": ""})
                self._offsets = open_client(own).offsets()
            try:
                return sum(self._offsets.ends(partitions).values())
            except ConnectorError:
                self._offsets.close()
                self._offsets = None
                # A topic that was just created has no leader for a moment.
                if time.monotonic() > deadline:
                    raise
            time.sleep(0.1)

    def records(self, name: str):
        """Return everything a topic holds."""
        return stored(self.settings, self.settings.topic(name))

    def close(self) -> None:
        """End what still runs."""
        for process in self.processes:
            process.kill()
            process.wait()
        if self._offsets is not None:
            self._offsets.close()
        self._log.close()


def stop(process: Process, how: signal.Signals, timeout_s: float = 30) -> int:
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


def own_streams(count: int) -> dict[str, list[str]]:
    """Return example texts as streams in pieces, cut anywhere: the same at every call."""
    rng = random.Random(7)
    streams = {}
    for number in range(count):
        text = TEXTS[number % len(TEXTS)]
        cuts = sorted(rng.randrange(len(text) + 1) for _ in range(20))
        pairs = zip([0, *cuts], [*cuts, len(text)], strict=True)
        streams[f"own-{number}"] = [text[start:end] for start, end in pairs]
    return streams


def interleave(streams: dict[str, list[str]]) -> list[dict[str, object]]:
    """Return the chunk events of all streams, mixed, each stream in order."""
    rng = random.Random(11)
    queues = [as_events(stream_id, pieces)[::-1] for stream_id, pieces in streams.items()]
    chunks = []
    while queues:
        index = rng.randrange(len(queues))
        chunks.append(queues[index].pop())
        if not queues[index]:
            queues[index] = queues[-1]
            queues.pop()
    return chunks


def engine_answers(streams: dict[str, list[str]]):
    """Return what the engine says of each whole text: what a reader sees, and the findings."""
    answers = {}
    for stream_id, pieces in streams.items():
        session = Session(stream_id, guarded_by())
        verdict = session.push("".join(pieces), final=True)
        text = "".join(segment.text for segment in verdict.segments)
        answers[stream_id] = (text, session.audit().content.findings)
    return answers


def check(deployment: Deployment, streams: dict[str, list[str]]) -> None:
    """Every stream was answered as its whole text is, with one audit record, and nothing else."""
    answers, contents = read_all(deployment.records("verdicts"), deployment.records("audit"))
    expected = engine_answers(streams)
    different = [
        stream_id for stream_id in expected if answers.get(stream_id) != expected[stream_id]
    ]
    assert different == []
    assert set(answers) == set(expected)
    assert {len(versions) for versions in contents.values()} == {1}
    assert deployment.records("dead-letters") == []
