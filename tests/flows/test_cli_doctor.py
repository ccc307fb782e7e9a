"""`tidegate doctor`: what is wrong, and one fix for each problem."""

import time
from pathlib import Path

import pytest

from connectors.kafka.settings import KafkaSettings
from connectors.plugins import Plugin
from flows import checkup
from flows.checkup import MIN_FREE_BYTES, Check, examine
from guardrails.catalogue import CATALOGUE
from tests.flows.command import Command

# Nothing listens on the discard port of this machine.
NOWHERE = {"KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:9"}


def look(
    environ: dict[str, str] | None = None,
    policy: str = "default",
    recovery_dir: Path | None = None,
    *,
    broker: bool = False,
) -> dict[str, Check]:
    found = examine(environ or {}, policy, recovery_dir, look_at_broker=broker, timeout_s=1)
    return {check.name: check for check in found}


def test_a_healthy_place_has_no_problem(tmp_path: Path) -> None:
    checks = look(recovery_dir=tmp_path)
    assert {check.name for check in checks.values() if check.state == "PROBLEM"} == set()
    assert checks["policy"].state == checks["recovery directory"].state == "ok"


def test_every_problem_has_exactly_one_fix_and_nothing_else_has_one(tmp_path: Path) -> None:
    (tmp_path / "p.yaml").write_text("guardrails: {emial: {}}\nlabel: 3")
    environ = {**NOWHERE, "TIDEGATE_KAFKA_BATCH_RECORDS": "many"}
    checks = look(environ, str(tmp_path / "p.yaml"), tmp_path / "missing", broker=True)
    problems = {check.name for check in checks.values() if check.state == "PROBLEM"}
    assert problems == {"policy", "environment", "recovery directory", "broker"}
    for check in checks.values():
        assert bool(check.fix) == (check.state == "PROBLEM"), check
        assert "\n" not in check.detail + check.fix


def test_a_broker_that_does_not_answer_is_named_within_the_time_given(tidegate: Command) -> None:
    started = time.monotonic()
    result = tidegate("doctor", "--timeout-s", "1", **NOWHERE)
    assert time.monotonic() - started < 20
    assert result.code == 1
    broker, fix, topics = result.out.splitlines()[-3:]
    assert broker.startswith("PROBLEM broker: no Kafka broker answered at 127.0.0.1:9")
    assert fix.startswith("        fix: check KAFKA_BOOTSTRAP_SERVERS")
    assert topics.startswith("skip    topics: ")


def test_a_recovery_directory_that_is_a_file_is_a_problem(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    check = look(recovery_dir=tmp_path / "file")["recovery directory"]
    assert check.state == "PROBLEM"
    assert "cannot be written" in check.detail


def test_the_partitions_of_a_recovery_store_are_counted(tmp_path: Path) -> None:
    for number in range(3):
        (tmp_path / f"part-{number}.sqlite3").touch()
    assert "3 partitions" in look(recovery_dir=tmp_path)["recovery directory"].detail


def test_a_disk_that_is_nearly_full_is_a_problem(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Usage:
        free = MIN_FREE_BYTES - 1

    monkeypatch.setattr(checkup.shutil, "disk_usage", lambda _: Usage)
    check = look(recovery_dir=tmp_path)["recovery directory"]
    assert (check.state, check.fix) == ("PROBLEM", "make room: at least 1,000 MB")


def test_a_policy_without_guardrails_is_a_problem(tmp_path: Path) -> None:
    (tmp_path / "p.yaml").write_text("guardrails: {}")
    assert "nothing would be found" in look(policy=str(tmp_path / "p.yaml"))["policy"].detail


def test_each_plugin_has_a_line_with_what_it_brings_or_why_it_brings_nothing() -> None:
    acme = {"package": "acme-guard", "version": "1.0", "target": "acme:ALL"}
    plugins = [
        Plugin(entry="good", guardrails=CATALOGUE[:2], **acme),
        Plugin(entry="bad", problem="KeyError: 'x'", **acme),
    ]
    good, bad = checkup._judge_plugins(plugins)
    ids = ", ".join(guardrail.id for guardrail in CATALOGUE[:2])
    assert good == Check("plugin 'good'", "ok", f"acme-guard 1.0, guardrails: {ids}")
    assert bad.state == "PROBLEM"
    assert bad.detail == "acme-guard 1.0 (acme:ALL) could not be loaded: KeyError: 'x'"
    assert bad.fix.endswith("pip uninstall acme-guard")
    assert next(checkup._judge_plugins([])).state == "skip"


@pytest.mark.parametrize(
    ("counts", "state", "fix"),
    [
        ((4, 4, 4, 4), "ok", ""),
        ((4, None, 4, 4), "PROBLEM", "tidegate topics create --partitions 4"),
        ((None,) * 4, "PROBLEM", "tidegate topics create"),
        ((4, 4, 8, 4), "PROBLEM", "use another TIDEGATE_TOPIC_PREFIX and run: tidegate topics"),
    ],
)
def test_topics_must_all_exist_with_one_partition_count(
    counts: tuple[int | None, ...], state: str, fix: str
) -> None:
    names = [f"tidegate.{name}" for name in ("chunks", "verdicts", "audit", "dead-letters")]
    check = checkup._judge_topics(dict(zip(names, counts, strict=True)))
    assert check.state == state
    assert check.fix.startswith(fix)
    if None in counts:
        assert names[counts.index(None)] in check.detail


def test_the_command_exits_with_1_for_a_problem_and_0_without(tidegate: Command) -> None:
    bad = tidegate("doctor", "--no-broker", "--recovery-dir", "missing")
    assert bad.code == 1
    assert "PROBLEM recovery directory: missing does not exist\n" in bad.out
    assert "        fix: create it: mkdir -p missing\n" in bad.out
    assert tidegate("doctor", "--no-broker").code == 0


def test_a_secret_of_the_settings_is_never_shown(tidegate: Command) -> None:
    result = tidegate(
        *("doctor", "--timeout-s", "1"),
        KAFKA_BOOTSTRAP_SERVERS="127.0.0.1:9",
        KAFKA_SASL_PASSWORD="open-sesame",
    )
    assert result.code == 1
    assert "open-sesame" not in result.out + result.err
    assert KafkaSettings.from_env({}).sasl_password is None
