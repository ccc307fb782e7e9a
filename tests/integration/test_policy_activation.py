"""Policies changed under load over a real broker, while guards are killed: every stream is judged
by the policy in force at the log time of its first chunk, in every run.
"""

from __future__ import annotations

import signal
import threading
import time
from collections import defaultdict
from pathlib import Path
from zlib import crc32

import msgspec
import pytest

from connectors.kafka.client import open_client
from connectors.kafka.settings import KafkaSettings
from guardrails.activation import decode_activation
from guardrails.errors import ConnectorError
from guardrails.events import Audit, Verdict
from guardrails.reader import Reader
from guardrails.records import Output
from tests.broker import Broker
from tests.flows.command import Command, Result
from tests.integration.guarding import ROOT, Deployment, stop

pytestmark = pytest.mark.integration

# Seconds between two streams, and between the chunks of one: five streams are open at a time.
PACE_S = 0.1
CHUNKS = ("mail ada@exam", "ple.org, ", "bob@exam", "ple.org, eve@", "example.org now")


@pytest.fixture
def deployment(broker: Broker, tmp_path: Path):
    settings = KafkaSettings(bootstrap_servers=broker.bootstrap, client="confluent")
    deployment = Deployment(settings, tmp_path)
    wait_for_leaders(deployment)
    yield deployment
    deployment.close()


def wait_for_leaders(deployment: Deployment) -> None:
    """Topics that were just made cannot be asked for their ends yet."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            deployment.ends("audit")
        except ConnectorError:
            time.sleep(0.05)
        else:
            return


def write_policy(directory: Path, label: str, name: str = "p") -> str:
    file = directory / f"{label}.yaml"
    file.write_text(f"name: {name}\nlabel: '[{label}]'\nguardrails: {{email: {{}}}}\n")
    return str(file)


class Load:
    """A producer that begins a stream every tenth of a second until it is told to stop."""

    def __init__(self, deployment: Deployment) -> None:
        self._deployment = deployment
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self.streams = 0

    def __enter__(self) -> Load:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ending.set()
        self._thread.join()

    def _run(self) -> None:
        settings = self._deployment.settings
        producer = open_client(settings).producer()
        topic = settings.topic("chunks")
        open_streams: list[list[int]] = []
        while open_streams or not self._ending.is_set():
            if not self._ending.is_set():
                open_streams.append([self.streams, 0])
                self.streams += 1
            for stream in open_streams:
                number, seq = stream
                key = b"s%d" % number
                event = {"stream_id": key.decode(), "seq": seq, "text": CHUNKS[seq]}
                value = msgspec.json.encode(event | {"final": seq == len(CHUNKS) - 1})
                producer.send(Output(topic, key, value, crc32(key) % 2))
                stream[1] += 1
            open_streams = [stream for stream in open_streams if stream[1] < len(CHUNKS)]
            producer.flush(60)
            self._ending.wait(PACE_S)
        producer.close()


def call(deployment: Deployment, *arguments: str) -> Result:
    return Command(ROOT)(
        *("policy", *arguments),
        KAFKA_BOOTSTRAP_SERVERS=deployment.settings.bootstrap_servers,
        TIDEGATE_TOPIC_PREFIX=deployment.settings.topic_prefix,
        USER="ada",
    )


def activate(deployment: Deployment, file: str) -> None:
    done = call(deployment, "activate", file)
    assert (done.code, done.err) == (0, "")


def expected_labels(deployment: Deployment) -> dict[str, str]:
    """By the logs alone: the label of the policy in force when each stream began."""
    changes = [
        (activation.at_ms, activation.read().label)
        for record in deployment.records("policies")
        for activation in [decode_activation(record)]
    ]
    begins: dict[str, int] = {}
    for record in deployment.records("chunks"):
        begins.setdefault(record.key.decode(), record.timestamp_ms)
    return {
        stream_id: [label for at_ms, label in [(0, "[0]"), *changes] if at_ms <= begin][-1]
        for stream_id, begin in begins.items()
    }


def shown_labels(deployment: Deployment) -> dict[str, set[str]]:
    """What a reader of all verdicts saw in place of each e-mail address."""
    readers: dict[str, Reader] = defaultdict(Reader)
    texts: dict[str, str] = defaultdict(str)
    for record in deployment.records("verdicts"):
        verdict = msgspec.json.decode(record.value, type=Verdict)
        for segment in readers[verdict.stream_id].read(verdict):
            texts[verdict.stream_id] += segment.text
    labels = {}
    for stream_id, text in texts.items():
        first, second, third = text.removeprefix("mail ").removesuffix(" now").split(", ")
        labels[stream_id] = {first, second, third}
    return labels


def audits_of(deployment: Deployment) -> dict[str, set[tuple[str, bytes]]]:
    """Every different audit record a stream was given: policy version and content."""
    found: dict[str, set[tuple[str, bytes]]] = defaultdict(set)
    for record in deployment.records("audit"):
        audit = msgspec.json.decode(record.value, type=Audit)
        content = msgspec.json.encode(audit.content)
        found[audit.stream_id].add((audit.policy_version, content))
    return found


def wait_until_all_are_audited(deployment: Deployment, streams: int) -> None:
    deadline = time.monotonic() + 60
    while deployment.ends("audit") < streams or len(audits_of(deployment)) < streams:
        assert time.monotonic() < deadline
        time.sleep(0.3)


def wait_until_a_stream_begins_under(deployment: Deployment, label: str) -> None:
    deadline = time.monotonic() + 60
    while label not in expected_labels(deployment).values():
        assert time.monotonic() < deadline
        time.sleep(0.3)


@pytest.mark.long
def test_policies_change_under_load_and_kills_and_every_stream_keeps_its_own(
    deployment: Deployment, tmp_path: Path
) -> None:
    files = [write_policy(tmp_path, str(number)) for number in range(4)]
    guard = ("-m", "flows", "run", "--policy", files[0], "--epoch-s", "1", "--recovery-dir")
    process = deployment.start(*guard, str(deployment.recovery))
    with Load(deployment) as load:
        deployment.wait_for("audit", 5)
        # Killed between the record and the time it holds from.
        activate(deployment, files[1])
        stop(process, signal.SIGKILL)
        process = deployment.start(*guard, str(deployment.recovery))
        wait_until_a_stream_begins_under(deployment, "[1]")
        # Killed when the change has just come into force; the next comes while no guard runs.
        stop(process, signal.SIGKILL)
        activate(deployment, files[2])
        wait_until_a_stream_begins_under(deployment, "[2]")
        process = deployment.start(*guard, str(deployment.recovery))
        activate(deployment, files[3])
        wait_until_a_stream_begins_under(deployment, "[3]")
    wait_until_all_are_audited(deployment, load.streams)
    assert stop(process, signal.SIGTERM) == 0

    wanted = expected_labels(deployment)
    assert len(wanted) == load.streams
    assert set(wanted.values()) == {"[0]", "[1]", "[2]", "[3]"}
    assert shown_labels(deployment) == {key: {label} for key, label in wanted.items()}
    before = audits_of(deployment)
    assert {len(versions) for versions in before.values()} == {1}

    # A guard that never ran before judges the whole log again, and says the same.
    replay = deployment.start(*guard, str(tmp_path / "fresh"))
    deployment.wait_for("audit", deployment.ends("audit") + load.streams)
    assert stop(replay, signal.SIGTERM) == 0
    assert audits_of(deployment) == before
    assert deployment.records("dead-letters") == []


def test_a_file_changed_under_load_and_kills_leaves_every_stream_its_policy(
    deployment: Deployment, tmp_path: Path
) -> None:
    file = tmp_path / "p.yaml"
    Path(write_policy(tmp_path, "0")).replace(file)
    guard = ("-m", "flows", "run", "--policy", str(file), "--epoch-s", "1", "--recovery-dir")
    guard = (*guard, str(deployment.recovery))
    process = deployment.start(*guard)
    with Load(deployment) as load:
        deployment.wait_for("audit", 5)
        for label in "12":
            Path(write_policy(tmp_path, label)).replace(file)
            wait_for_label(deployment, f"[{label}]")
            stop(process, signal.SIGKILL)
            process = deployment.start(*guard)
    wait_until_all_are_audited(deployment, load.streams)
    assert stop(process, signal.SIGTERM) == 0
    labels = shown_labels(deployment)
    assert len(labels) == load.streams
    assert {len(shown) for shown in labels.values()} == {1}
    assert set.union(*labels.values()) == {"[0]", "[1]", "[2]"}
    assert {len(versions) for versions in audits_of(deployment).values()} == {1}


def wait_for_label(deployment: Deployment, label: str) -> None:
    deadline = time.monotonic() + 60
    while not any(label.encode() in record.value for record in deployment.records("verdicts")):
        assert time.monotonic() < deadline
        time.sleep(0.3)


def test_what_is_activated_is_told_and_can_be_looked_up_and_rolled_back(
    deployment: Deployment, tmp_path: Path
) -> None:
    first, second = (write_policy(tmp_path, label) for label in "12")
    versions = []
    for file, comment in ((first, "a"), (second, "b")):
        done = call(deployment, "activate", file, "--comment", comment)
        assert (done.code, done.err) == (0, "")
        versions.append(done.out.split("version ")[1].split(":")[0])
        assert "in force for streams that begin from 20" in done.out
    call(deployment, "activate", write_policy(tmp_path, "x", name="other"))
    assert call(deployment, "rollback", "p").code == 0
    assert call(deployment, "rollback", "p", "--to", versions[1]).code == 0
    lines = call(deployment, "history", "p").out.splitlines()
    assert [line.split()[1:] for line in lines[1:]] == [
        [versions[0], "ada", "a"],
        [versions[1], "ada", "b"],
        [versions[0], "ada", "rollback", "to", versions[0]],
        [versions[1], "ada", "rollback", "to", versions[1]],
    ]
    rows = call(deployment, "history", "p", "--json").rows
    assert [row["source"] for row in rows] == [Path(f).read_text() for f in (first, second) * 2]
    assert [row["at"] for row in rows] == sorted(row["at"] for row in rows)


def test_a_broken_policy_is_refused_before_anything_is_written(
    deployment: Deployment, tmp_path: Path
) -> None:
    file = tmp_path / "broken.yaml"
    file.write_text("name: p\nguardrails: {emial: {}}\n")
    done = call(deployment, "activate", str(file))
    assert (done.code, done.out) == (1, "")
    assert f"error: {file}:2:14: 'emial' is no guardrail" in done.err
    assert deployment.records("policies") == []


@pytest.fixture(scope="module")
def activated(broker: Broker, tmp_path_factory: pytest.TempPathFactory):
    """Topics with one activation, of policy p; nothing else may be written to them."""
    directory = tmp_path_factory.mktemp("activated")
    settings = KafkaSettings(bootstrap_servers=broker.bootstrap, client="confluent")
    deployment = Deployment(settings, directory)
    activate(deployment, write_policy(directory, "1"))
    yield deployment
    deployment.close()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("history", "q"), "has no activation of a policy 'q'; known are: p"),
        (("rollback", "q"), "has no activation of a policy 'q'; known are: p"),
        (("rollback", "p"), "policy 'p' has no version before its newest"),
        (("rollback", "p", "--to", "0123"), "policy 'p' has no version 0123 before its newest"),
        (("activate", "missing.yaml"), "missing.yaml: cannot be read"),
        (("activate", "default", "--comment", "x" * 1001), "--comment 1,000"),
    ],
    ids=lambda value: " ".join(value)[:30] if isinstance(value, tuple) else "",
)
def test_a_call_that_cannot_be_done_says_what_there_is(
    activated: Deployment, arguments: tuple[str, ...], said: str
) -> None:
    done = call(activated, *arguments)
    assert (done.code, done.out) == (2, "")
    assert said in done.err
    assert len(activated.records("policies")) == 1


def test_a_guard_without_the_topic_does_not_start_and_says_what_to_do(
    deployment: Deployment, broker: Broker
) -> None:
    from kafka import KafkaAdminClient

    if broker.kind == "noida":
        pytest.skip("noida-db keeps topics that are deleted")
    admin = KafkaAdminClient(bootstrap_servers=broker.bootstrap)
    admin.delete_topics([deployment.settings.topic("policies")])
    admin.close()
    process = deployment.start("-m", "flows", "run")
    assert process.wait(60) == 3
