"""Everything in the README works as typed."""

from __future__ import annotations

import re
import subprocess
import sys
import threading
import uuid
from pathlib import Path

import pytest
from bytewax.testing import run_main

from connectors.kafka.client import open_client
from connectors.kafka.settings import KafkaSettings
from connectors.kafka.topics import create_topics, topic_specs
from flows.kafka import build_kafka
from guardrails import Policy, default_plan, parse_policy
from guardrails.plans import Plans
from tests.broker import Broker
from tests.flows.command import Command

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text("utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.DOTALL | re.MULTILINE)


def find(language: str, part: str) -> str:
    """The one block that holds `part`."""
    (found,) = [block for block in blocks(language) if part in block]
    return found


def run(code: str) -> None:
    exec(compile(code, "README.md", "exec"), {"__name__": "readme"})


def test_every_python_snippet_is_run_by_a_test() -> None:
    parts = ["default_plan()", "guard_chunks(", "KafkaProducer(", "KafkaConsumer("]
    assert sorted(find("python", part) for part in parts) == sorted(blocks("python"))


def test_library_snippet_redacts_across_chunks(capsys: pytest.CaptureFixture[str]) -> None:
    snippet = find("python", "default_plan()")
    run(snippet)
    lines = capsys.readouterr().out.splitlines()
    assert "Segment(start=0, end=9, text='Write to ', rule=UNSET)" in lines[0]
    assert "text='[EMAIL_ADDRESS]', rule='email'" in lines[1]
    assert lines[-1].endswith(" redact")
    # Five lines beside the import.
    assert len(snippet.strip().splitlines()) == 2 + 5 - 1


def test_embedded_snippet_passes_its_own_assertions() -> None:
    run(find("python", "guard_chunks("))


@pytest.mark.parametrize("source", blocks("yaml"))
def test_policy_snippet_is_a_policy(source: str) -> None:
    assert isinstance(parse_policy(source, "README.md"), Policy)


def test_make_targets_exist() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    named = set(re.findall(r"\bmake ([a-z][a-z-]+)\b", " ".join(re.findall("`[^`]+`", README))))
    named |= set(re.findall(r"^make ([a-z-]+)", "".join(blocks("sh")), re.MULTILINE))
    assert {"demo", "test"} <= named
    for target in named:
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


COMMANDS = re.findall(r"^tidegate ([^#\n]+?) *(?:#.*)?$", "".join(blocks("sh")), re.MULTILINE)


@pytest.mark.parametrize("command", COMMANDS)
def test_command_and_its_options_exist(command: str, tmp_path: Path) -> None:
    words = command.split()
    names = words[:2] if words[0] in ("audit", "policy", "topics", "webhooks") else words[:1]
    result = Command(tmp_path)(*names, "--help")
    assert result.code == 0, result.err
    for option in (word for word in words if word.startswith("--")):
        assert option in result.out


def test_scan_command_finds_what_is_planted(tmp_path: Path) -> None:
    (scan,) = [command for command in COMMANDS if command.startswith("scan")]
    result = Command(ROOT)(*scan.split())
    assert result.code == 0, result.err
    found = {row["id"]: [finding["type"] for finding in row["findings"]] for row in result.rows}
    assert found["email"] == ["EMAIL_ADDRESS"]
    assert found["clean"] == []


def test_files_the_commands_name_exist() -> None:
    for path in re.findall(r"\b(examples/[\w./-]+)", README):
        assert (ROOT / path).exists(), path


@pytest.mark.integration
def test_kafka_snippets_send_and_show_a_guarded_stream(broker: Broker) -> None:
    prefix = f"readme-{uuid.uuid4().hex[:8]}."
    settings = KafkaSettings(bootstrap_servers=broker.bootstrap, topic_prefix=prefix)
    admin = open_client(settings).admin()
    create_topics(admin, topic_specs(settings, partitions=2, replicas=1))
    admin.close()

    def call(part: str) -> str:
        code = find("python", part).replace("localhost:9092", broker.bootstrap)
        done = subprocess.run(
            [sys.executable, "-c", code.replace('"tidegate.', f'"{prefix}')],
            cwd=ROOT,
            capture_output=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout.decode()

    call("KafkaProducer(")
    plans = Plans(default_plan())
    run_main(build_kafka(settings, plans, stop=threading.Event(), until_end=True, recovery=False))
    assert call("KafkaConsumer(") == "Write to [EMAIL_ADDRESS], or call."
