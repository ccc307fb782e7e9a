"""The commands that need a broker, against a real one: topics, doctor, run, tail."""

import json
import signal
import time
import uuid
from pathlib import Path

import pytest

from connectors.kafka.settings import KafkaSettings
from connectors.kafka.topics import topic_specs
from tests.broker import Broker
from tests.flows.command import Command
from tests.integration.kafka_flow import write

pytestmark = pytest.mark.integration

CHUNKS = [
    {"stream_id": "a", "seq": 0, "text": "write to ada@exam"},
    {"stream_id": "b", "seq": 0, "text": "nothing", "final": True},
    {"stream_id": "a", "seq": 1, "text": "ple.org now", "final": True},
]


class Place:
    """A command, and the settings of topics nobody else uses."""

    def __init__(self, command: Command, bootstrap: str) -> None:
        self.command = command
        self.prefix = f"cli-{uuid.uuid4().hex[:8]}."
        self.variables = {
            "KAFKA_BOOTSTRAP_SERVERS": bootstrap,
            "TIDEGATE_TOPIC_PREFIX": self.prefix,
        }
        self.settings = KafkaSettings(bootstrap_servers=bootstrap, topic_prefix=self.prefix)

    def call(self, *arguments: str):
        return self.command(*arguments, **self.variables)


@pytest.fixture
def place(tmp_path: Path, broker: Broker) -> Place:
    command = Command(tmp_path)
    command.write("p.yaml", "guardrails: {email: {}}\n")
    return Place(command, broker.bootstrap)


def test_topics_are_created_once_and_kept(place: Place) -> None:
    count = len(topic_specs(place.settings, 2))
    first = place.call("topics", "create", "--partitions", "2", "--replicas", "1")
    assert (first.code, first.err) == (0, "")
    assert [line.split()[0] for line in first.out.splitlines()] == ["created"] * count
    again = place.call("topics", "create", "--partitions", "2", "--replicas", "1")
    assert [line.split()[0] for line in again.out.splitlines()] == ["exists"] * count
    other = place.call("topics", "create", "--partitions", "3", "--replicas", "1")
    assert other.code == 3
    assert f"topic {place.prefix}chunks has 2 partitions, wanted 3" in other.err


def test_doctor_sees_topics_come_into_being(place: Place) -> None:
    before = place.call("doctor", "--policy", "p.yaml")
    assert before.code == 1
    assert "        fix: tidegate topics create\n" in before.out
    place.call("topics", "create", "--partitions", "2", "--replicas", "1")
    after = place.call("doctor", "--policy", "p.yaml")
    # All but the policies, which have one partition.
    count = len(topic_specs(place.settings, 2)) - 1
    assert f"ok      topics: {count} topics with 2 partitions each\n" in after.out
    assert after.code == 0


def test_what_is_produced_is_guarded_and_can_be_watched(place: Place) -> None:
    place.call("topics", "create", "--partitions", "1", "--replicas", "1")
    values = [json.dumps(chunk).encode() for chunk in CHUNKS]
    write(place.settings, f"{place.prefix}chunks", [*values, b"nope"])
    process = place.command.start(
        *("run", "--policy", "p.yaml", "--recovery-dir", "recovery"), **place.variables
    )
    try:
        rows = _wait_for_audits(place, 2)
    finally:
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (0, b"")
    assert {row["stream_id"]: row["content"]["outcome"] for row in rows} == {
        "a": "redact",
        "b": "allow",
    }
    verdicts = place.call("tail", "verdicts", "--no-follow", "--stream", "a")
    assert verdicts.code == 0
    assert "write to " in verdicts.out
    assert "[EMAIL_ADDRESS] now {EMAIL_ADDRESS email 9-24 redact} [end]" in verdicts.out
    assert "nothing" not in verdicts.out
    letters = place.call("tail", "dead-letters", "--no-follow")
    assert f"{place.prefix}chunks/0@3 not-json" in letters.out


def _wait_for_audits(place: Place, wanted: int) -> list[dict[str, object]]:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        rows = place.call("tail", "audit", "--no-follow", "--json").rows
        if len(rows) >= wanted:
            return rows
        time.sleep(0.2)
    raise AssertionError(f"no {wanted} audit records within a minute")


def test_tail_follows_until_it_is_interrupted(place: Place) -> None:
    place.call("topics", "create", "--partitions", "1", "--replicas", "1")
    process = place.command.start("tail", "verdicts", "--json", **place.variables)
    assert process.stdout is not None
    # It begins where the topic ends when it starts: write until something arrives.
    deadline = time.monotonic() + 60
    seen = b""
    while not seen and time.monotonic() < deadline:
        write(place.settings, f"{place.prefix}verdicts", [b'{"n": 1}'])
        if _readable(process.stdout, 1):
            seen = process.stdout.readline()
    assert json.loads(seen) == {"n": 1}
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=30)
    assert (process.returncode, errors) == (130, b"")


def _readable(stream: object, timeout_s: float) -> bool:
    import select

    return bool(select.select([stream], [], [], timeout_s)[0])


def test_a_topic_that_does_not_exist_is_named_with_what_to_do(place: Place) -> None:
    result = place.call("tail", "verdicts")
    assert result.code == 3
    assert f"there is no topic {place.prefix}verdicts; run `tidegate topics create`" in result.err
