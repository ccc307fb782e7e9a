"""The container files, checked without an engine: schema, and the promises they have to keep."""

import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML
from typer.testing import CliRunner

from connectors.gateway.auth.settings import AuthSettings, open_keychain
from connectors.gateway.settings import GatewaySettings
from connectors.kafka.partitions import parse_partitions
from connectors.kafka.settings import KafkaSettings
from flows.cli import app
from flows.roster import list_crews
from tests.gateway import running

ROOT = Path(__file__).resolve().parent.parent.parent
TEXT = (ROOT / "docker-compose.yml").read_text()
# Every form of the guard, by profile; None is what starts when nothing is named.
FORMS = {None: {"guard"}, "partitioned": {"guard-0-3", "guard-4-7"}, "cluster": {"guard-cluster"}}
GUARDS = sorted(set.union(*FORMS.values()))
NEAR_HOSTS = ("localhost", "127.0.0.1")
# What reads topics and keeps state.
FLOWS = sorted([*GUARDS, "checks", "audit"])


@pytest.fixture(scope="module")
def services() -> dict[str, Any]:
    loaded: dict[str, Any] = YAML(typ="safe").load(TEXT)["services"]
    return loaded


def test_compose_follows_the_compose_specification() -> None:
    compose_spec = pytest.importorskip("compose_spec", reason="compose-spec is not installed")
    options = compose_spec.PyOptions()
    options.apply_merge = True
    names = {"kafka", "topics", "gateway", "prometheus", "grafana", *FLOWS}
    assert set(options.from_yaml(TEXT).service_names()) == names


def test_the_schema_check_would_notice_a_mistake() -> None:
    compose_spec = pytest.importorskip("compose_spec", reason="compose-spec is not installed")
    for right, wrong in [
        ("restart: unless-stopped", "restart: perhaps"),
        ("image: apache", "imagee: apache"),
        ("condition: service_healthy", "condition: healthy"),
    ]:
        options = compose_spec.PyOptions()
        options.apply_merge = True
        with pytest.raises(ValueError, match=r"."):
            options.from_yaml(TEXT.replace(right, wrong, 1))


def option(command: list[str], name: str) -> str:
    return command[command.index(name) + 1]


@pytest.mark.parametrize("name", [*FLOWS, "gateway"])
def test_a_flow_starts_after_the_topics_exist_and_restarts(
    services: dict[str, Any], name: str
) -> None:
    guard = services[name]
    assert guard["depends_on"]["topics"]["condition"] == "service_completed_successfully"
    assert services["topics"]["depends_on"]["kafka"]["condition"] == "service_healthy"
    assert guard["restart"] == "unless-stopped"


@pytest.mark.parametrize("name", FLOWS)
def test_a_recovery_directory_is_on_a_volume_of_its_own(
    services: dict[str, Any], name: str
) -> None:
    guard = services[name]
    directory = option(guard["command"], "--recovery-dir")
    ((volume, mount),) = [volume.split(":") for volume in guard["volumes"]]
    assert directory.startswith(mount)
    assert guard["read_only"] is True
    others = [services[other]["volumes"] for other in FLOWS if other != name]
    assert not any(mounted.startswith(f"{volume}:") for other in others for mounted in other)
    assert volume in YAML(typ="safe").load(TEXT)["volumes"]


def test_one_form_of_the_guard_starts_unless_another_is_named(services: dict[str, Any]) -> None:
    found: dict[str | None, set[str]] = {}
    for name in GUARDS:
        for profile in services[name].get("profiles", [None]):
            found.setdefault(profile, set()).add(name)
    assert found == FORMS
    # Naming the services is what keeps the single one away.
    for names in (FORMS["partitioned"], FORMS["cluster"]):
        assert f"docker compose up --build {' '.join(sorted(names))}" in TEXT


@pytest.mark.parametrize("profile", list(FORMS), ids=str)
def test_every_partition_is_read_by_one_process_of_a_form(
    services: dict[str, Any], profile: str | None
) -> None:
    count = int(option(services["topics"]["command"], "--partitions"))
    read: list[int] = []
    for name in FORMS[profile]:
        environ: Mapping[str, str] = services[name]["environment"]
        read += KafkaSettings.from_env(environ).partitions or range(count)
    assert sorted(read) == list(range(count))


def test_the_names_of_disjoint_guards_say_what_they_read(services: dict[str, Any]) -> None:
    for name in FORMS["partitioned"]:
        wanted = services[name]["environment"]["TIDEGATE_PARTITIONS"]
        assert name == f"guard-{wanted}"
        assert parse_partitions(wanted)


@pytest.mark.parametrize("name", ["topics", "gateway", *FLOWS])
def test_every_command_is_one_that_exists(services: dict[str, Any], name: str) -> None:
    command = services[name]["command"]
    if command[0] == "supervise":
        child = command[command.index("--") + 1 :]
        crews = list_crews(child, processes=int(option(command, "--processes")))
        assert [len(calls()) for _, calls in crews] == [2]
        command = child
    options = {word for word in command if word.startswith("--")}
    words = [word for word in command[:2] if word.isalpha()]
    shown = CliRunner().invoke(app, [*words, "--help"]).output
    assert options <= set(re.findall(r"--[a-z-]+", shown))


@pytest.mark.parametrize("name", ["topics", "gateway", *FLOWS])
def test_every_service_finds_the_broker_at_an_advertised_address(
    services: dict[str, Any], name: str
) -> None:
    advertised = services["kafka"]["environment"]["KAFKA_ADVERTISED_LISTENERS"]
    address = services[name]["environment"]["KAFKA_BOOTSTRAP_SERVERS"]
    assert f"://{address}" in advertised


def test_ports_are_published_on_loopback_only(services: dict[str, Any]) -> None:
    ports = [port for service in services.values() for port in service.get("ports", [])]
    assert ports
    assert all(port.startswith("127.0.0.1:") for port in ports)


def test_prometheus_asks_every_flow_at_the_port_it_serves(services: dict[str, Any]) -> None:
    folder = ROOT / "deploy" / "monitoring"
    jobs = YAML(typ="safe").load(folder / "prometheus.yml")["scrape_configs"]
    asked: dict[str, set[str]] = {}
    for one in (one for job in jobs for one in job["dns_sd_configs"]):
        for name in one["names"]:
            asked.setdefault(name, set()).add(str(one["port"]))
    assert asked.pop("guard-cluster") == {"9460", "9461"}
    assert option(services["guard-cluster"]["command"], "--metrics-port") == "946{process}"
    # A gateway serves metrics where it serves everything else.
    assert asked.pop("gateway") == {"8080"}
    for name, ports in asked.items():
        assert ports == {services[name]["environment"]["TIDEGATE_METRICS_PORT"]}
    assert {*asked, "guard-cluster"} == set(FLOWS)
    # The names by which rules and panels know them.
    assert all(job["job_name"].startswith("tidegate-") for job in jobs)


def test_the_gateway_begins_with_its_settings_and_makes_its_secret_on_its_volume(
    services: dict[str, Any], tmp_path: Path
) -> None:
    gateway = services["gateway"]
    environ: dict[str, str] = gateway["environment"]
    auth, settings = AuthSettings.from_env(environ), GatewaySettings.from_env(environ)
    assert gateway["ports"] == [f"127.0.0.1:{settings.port}:{settings.port}"]
    assert set(auth.origins) == {f"http://{host}:{settings.port}" for host in NEAR_HOSTS}
    ((volume, mount),) = [volume.split(":") for volume in gateway["volumes"]]
    assert volume == "gateway"
    assert str(settings.data_dir).startswith(f"{mount}/")
    data_dir = tmp_path / "gateway"
    open_keychain(environ, data_dir)
    (made,) = data_dir.iterdir()
    assert made.stat().st_mode & 0o077 == 0


def test_the_gateway_is_healthy_when_it_is_ready(services: dict[str, Any]) -> None:
    gateway = services["gateway"]
    command, *arguments = gateway["healthcheck"]["test"][1:]
    assert command == "python"
    assert f":{GatewaySettings.from_env(gateway['environment']).port}/readyz" in arguments[-1]
    with running() as served:
        program = arguments[-1].replace("http://127.0.0.1:8080", served.url)
        assert program != arguments[-1]
        assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
        missing = program.replace("/readyz", "/nothing")
        done = subprocess.run(
            [sys.executable, "-c", missing], stderr=subprocess.DEVNULL, check=False
        )
        assert done.returncode != 0
    assert "EXPOSE 8080" in (ROOT / "Dockerfile").read_text().splitlines()


def test_what_is_mounted_from_here_is_here(services: dict[str, Any]) -> None:
    mounted = [volume for one in services.values() for volume in one.get("volumes", [])]
    ours = [volume.split(":")[0] for volume in mounted if volume.startswith("./")]
    assert len(ours) == 4
    for path in ours:
        assert (ROOT / path).exists(), path


def test_compose_and_the_tests_run_the_same_kafka(services: dict[str, Any]) -> None:
    pom = (ROOT / "deploy" / "kafka" / "pom.xml").read_text()
    version = re.search(r"<kafka.version>([^<]+)<", pom)
    assert version is not None
    assert services["kafka"]["image"] == f"apache/kafka:{version.group(1)}"


def test_the_image_runs_as_nobody_special_from_the_lock_file() -> None:
    lines = (ROOT / "Dockerfile").read_text().splitlines()
    assert "USER tidegate" in lines
    assert 'ENTRYPOINT ["tidegate"]' in lines
    assert any("pip install" in line and "--no-deps -r requirements.lock" in line for line in lines)
    stages = [line for line in lines if line.startswith("FROM ")]
    assert stages == ["FROM python:3.11-slim AS build", "FROM python:3.11-slim"]


def test_everything_the_image_copies_is_in_the_build_context() -> None:
    kept = {
        line[1:]
        for line in (ROOT / ".dockerignore").read_text().splitlines()
        if line.startswith("!")
    }
    copied = set()
    for line in (ROOT / "Dockerfile").read_text().splitlines():
        if line.startswith("COPY ") and "--from" not in line:
            copied.update(line.split()[1:-1])
    assert copied == kept
