"""All that a campaign runs: broker, judges, guard and checks, and who produces and reads."""

from __future__ import annotations

import shutil
import tempfile
import time
import uuid
from pathlib import Path
from random import Random

import msgspec

from connectors.kafka.client import open_client
from connectors.kafka.settings import KafkaSettings
from connectors.kafka.topics import create_topics, topic_specs
from guardrails.events import PolicyActivation
from guardrails.policy_text import parse_policy
from guardrails.records import Output
from tests.broker import Broker
from tests.chaos.clock import MovableClock, compile_preload
from tests.chaos.disk import Disk
from tests.chaos.load import Load
from tests.chaos.logs import Logged, read_topic
from tests.chaos.policies import Book
from tests.chaos.process import Supervised
from tests.chaos.scripts import VILE
from tests.chaos.tail import Tail
from tests.endpoint import Endpoint, judge_words

PARTITIONS = 2
# The two processes of a deployment, as they are started.
COMMANDS = ("run", "checks")


class System:
    """A deployment on this machine. Close it when the campaign is over."""

    def __init__(self, seed: int, *, streams_per_s: float, idle_s: float, gap_s: float) -> None:
        self.directory = Path(tempfile.mkdtemp(prefix="tidegate-chaos-"))
        self.idle_s, self.gap_s = idle_s, gap_s
        self.broker = Broker()
        self.broker.start()
        self.judge_words = judge_words([VILE])
        self.endpoint = Endpoint(self.judge_words).__enter__()
        self.settings = KafkaSettings(
            bootstrap_servers=self.broker.bootstrap,
            client="confluent",
            topic_prefix=f"chaos-{uuid.uuid4().hex[:8]}.",
        )
        self._create_topics()
        self.disk = Disk(self.directory / "disk")
        self.book = Book(self.endpoint.url, idle_s, gap_s)
        self.policies = self.book.initial()
        self.activations = 0
        library = compile_preload(self.directory)
        self.clocks = (
            {name: MovableClock(library, self.directory / f"{name}.clock") for name in COMMANDS}
            if library is not None
            else {}
        )
        files = self._write_policies()
        self.guard = self._start("run", files)
        self.checks = self._start("checks", files)
        topic = self.settings.topic("chunks")
        self.load = Load(
            *(self.broker.bootstrap, topic, PARTITIONS, seed),
            per_s=streams_per_s,
            late_s=gap_s,
        )
        self.tail = Tail(self.broker.bootstrap, self.settings.topic("verdicts"), PARTITIONS)

    def _create_topics(self) -> None:
        admin = open_client(self.settings).admin()
        try:
            create_topics(admin, topic_specs(self.settings, PARTITIONS, 1))
        finally:
            admin.close()

    def _write_policies(self) -> str:
        files = []
        for name, text in self.policies.items():
            file = self.directory / f"{name}.yaml"
            file.write_text(text)
            files.append(str(file))
        return ",".join(files)

    def _start(self, command: str, files: str) -> Supervised:
        recovery = self.disk.path / command
        arguments = ["-m", "flows", command, "--policy", files]
        arguments += ["--recovery-dir", str(recovery), "--epoch-s", "1"]
        clock = self.clocks.get(command)
        environ = {
            "KAFKA_BOOTSTRAP_SERVERS": self.settings.bootstrap_servers,
            "TIDEGATE_TOPIC_PREFIX": self.settings.topic_prefix,
            "TIDEGATE_KAFKA_CLIENT": self.settings.client,
            "TIDEGATE_KAFKA_GROUP": "",
            **(clock.environ if clock is not None else {}),
        }
        # The clock is right again by the next start, as after a repair.
        repair = (lambda: clock.move(0)) if clock is not None else (lambda: None)
        return Supervised(command, arguments, environ, self.directory, repair)

    def activate(self, random: Random) -> str:
        """Activate another version of the default policy; return that version."""
        self.activations += 1
        source = self.book.another(self.activations, random)
        policy = parse_policy(source, "chaos")
        event = PolicyActivation(policy.name, policy.version, source)
        producer = open_client(self.settings).producer()
        try:
            key = f"{policy.name}/{self.activations}".encode()
            producer.send(
                Output(self.settings.topic("policies"), key, msgspec.json.encode(event), 0)
            )
            producer.flush(60)
        finally:
            producer.close()
        return policy.version

    def read(self, name: str) -> list[Logged]:
        """All records of a topic."""
        partitions = 1 if name == "policies" else PARTITIONS
        return read_topic(self.broker.bootstrap, self.settings.topic(name), partitions)

    def wait_until_answering(self, timeout_s: float = 60) -> None:
        """Wait for the first verdict."""
        if self.tail.wait_for_one(0, timeout_s) is None:
            raise TimeoutError(f"the guard says nothing; see {self.directory}/run.log")

    def close(self, *, keep: bool) -> None:
        """End all. keep: leave the logs of the processes behind."""
        self.tail.close()
        self.guard.close()
        self.checks.close()
        self.endpoint.__exit__(None, None, None)
        self.broker.stop()
        self.disk.close()
        if not keep:
            shutil.rmtree(self.directory, ignore_errors=True)


def now_ms() -> int:
    """The wall clock, which is the broker's, too."""
    return time.time_ns() // 1_000_000
