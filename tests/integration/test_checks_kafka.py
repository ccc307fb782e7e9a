"""Guard and checks as two processes over a real broker, with a judge on loopback that may fail."""

from __future__ import annotations

import random
import signal
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from connectors.kafka.settings import KafkaSettings
from guardrails.events import Audit
from guardrails.guardrail import Action
from tests.broker import Broker
from tests.endpoint import Endpoint, judge_words
from tests.integration.guarding import Deployment, as_events, stop

pytestmark = pytest.mark.integration

POLICY = """
name: default
guardrails:
  pii: {{action: redact}}
  judge/strict:
    url: {url}/v1/chat/completions
    model: m
    mode: {mode}
    checkpoint: paragraph
  judge/watch: {{url: "{url}/v1/chat/completions", model: m}}
limits: {{tombstone_s: 600}}
"""
# Judges hold what is vile, so texts differ in what is shown of them.
TEXTS = (
    "Good news first.\n\nWrite to ada{n}@example.org for more.",
    "Number {n} is fine.\n\nBut here it is vile.\n\nAnd this is not seen.",
    "Only one paragraph, number {n}.",
)


class Processes:
    """A guard and what runs its checks, over topics of their own."""

    def __init__(self, settings: KafkaSettings, directory: Path, url: str, mode: str) -> None:
        self.kafka = Deployment(settings, directory)
        self.policy = directory / "policy.yaml"
        self.policy.write_text(POLICY.format(url=url, mode=mode))
        self.directory = directory

    def start(self, command: str):
        recovery = ["--recovery-dir", str(self.directory / command), "--epoch-s", "0.2"]
        policy = ["--policy", str(self.policy)]
        return self.kafka.start("-m", "flows", command, *policy, *recovery)

    def audits(self) -> dict[str, list[Audit]]:
        found: dict[str, list[Audit]] = {}
        for record in self.kafka.records("audit"):
            audit = msgspec.json.decode(record.value, type=Audit)
            found.setdefault(audit.stream_id, []).append(audit)
        return found


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    with Endpoint(judge_words(["vile"])) as server:
        yield server


either_mode = pytest.mark.parametrize("processes", ["block", "monitor"], indirect=True)


@pytest.fixture
def processes(request, broker: Broker, tmp_path: Path, endpoint: Endpoint):
    settings = KafkaSettings(bootstrap_servers=broker.bootstrap, client="confluent")
    processes = Processes(settings, tmp_path, endpoint.url, request.param)
    yield processes
    processes.kafka.close()


def chunks_of(count: int, seed: int) -> list[dict[str, object]]:
    rng = random.Random(seed)
    chunks = []
    for number in range(count):
        text = TEXTS[number % len(TEXTS)].format(n=number)
        cuts = sorted(rng.randrange(len(text) + 1) for _ in range(8))
        pairs = zip([0, *cuts], [*cuts, len(text)], strict=True)
        chunks += as_events(f"s{number}", [text[start:end] for start, end in pairs])
    return chunks


def check(processes: Processes, count: int) -> None:
    audits = processes.audits()
    holds = "mode: block" in processes.policy.read_text()
    assert set(audits) == {f"s{number}" for number in range(count)}
    for number in range(count):
        records = audits[f"s{number}"]
        assert len({msgspec.json.encode(one.content) for one in records}) == 1
        content = records[-1].content
        judged = content.guardrails["judge/watch"]
        assert (judged.runs, judged.errors, judged.timeouts, judged.skipped) == (1, 0, 0, 0)
        vile = number % len(TEXTS) == 1
        assert (content.outcome is Action.BLOCK) == (vile and holds)
        assert content.unscanned == ()


@either_mode
def test_checks_answer_over_the_broker_and_the_audit_waits_for_them(processes: Processes) -> None:
    processes.start("run")
    processes.start("checks")
    processes.kafka.produce(chunks_of(30, 1))
    assert processes.kafka.wait_for("audit", 30) == 30
    check(processes, 30)


@pytest.mark.parametrize(
    ("processes", "how"),
    [
        pytest.param("block", signal.SIGKILL, id="block-kill -9"),
        pytest.param("monitor", signal.SIGTERM, id="monitor-SIGTERM"),
        pytest.param("block", signal.SIGTERM, id="block-SIGTERM", marks=pytest.mark.long),
        pytest.param("monitor", signal.SIGKILL, id="monitor-kill -9", marks=pytest.mark.long),
    ],
    indirect=["processes"],
)
def test_what_was_in_flight_is_run_again_after_the_checks_died(
    processes: Processes, endpoint: Endpoint, how: signal.Signals
) -> None:
    processes.start("run")
    endpoint.pause()
    dying = processes.start("checks")
    processes.kafka.produce(chunks_of(12, 2))
    processes.kafka.wait_for("checks", 30)
    stop(dying, how)
    endpoint.go_on()
    processes.start("checks")
    processes.kafka.wait_for("audit", 12)
    check(processes, 12)


@pytest.mark.parametrize(
    "processes", ["block", pytest.param("monitor", marks=pytest.mark.long)], indirect=True
)
def test_answers_that_came_while_the_guard_was_dead_count(processes: Processes) -> None:
    guard = processes.start("run")
    processes.kafka.produce(chunks_of(12, 3))
    processes.kafka.wait_for("checks", 40)
    stop(guard, signal.SIGKILL)
    processes.start("checks")
    processes.kafka.wait_for("results", 12)
    processes.start("run")
    processes.kafka.wait_for("audit", 12)
    check(processes, 12)
