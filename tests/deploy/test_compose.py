"""The container files, checked without an engine: schema, and the promises they have to keep."""

import re
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

ROOT = Path(__file__).resolve().parent.parent.parent
TEXT = (ROOT / "docker-compose.yml").read_text()


@pytest.fixture(scope="module")
def services() -> dict[str, Any]:
    loaded: dict[str, Any] = YAML(typ="safe").load(TEXT)["services"]
    return loaded


def test_compose_follows_the_compose_specification() -> None:
    compose_spec = pytest.importorskip("compose_spec", reason="compose-spec is not installed")
    options = compose_spec.PyOptions()
    options.apply_merge = True
    assert set(options.from_yaml(TEXT).service_names()) == {"kafka", "topics", "guard"}


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


def test_the_guard_starts_after_the_topics_exist_and_restarts(services: dict[str, Any]) -> None:
    guard = services["guard"]
    assert guard["depends_on"]["topics"]["condition"] == "service_completed_successfully"
    assert services["topics"]["depends_on"]["kafka"]["condition"] == "service_healthy"
    assert guard["restart"] == "unless-stopped"


def test_the_recovery_directory_is_on_a_volume(services: dict[str, Any]) -> None:
    guard = services["guard"]
    directory = guard["command"][guard["command"].index("--recovery-dir") + 1]
    mounts = [volume.split(":")[1] for volume in guard["volumes"]]
    assert any(directory.startswith(mount) for mount in mounts)
    assert guard["read_only"] is True


def test_every_service_finds_the_broker_at_an_advertised_address(services: dict[str, Any]) -> None:
    advertised = services["kafka"]["environment"]["KAFKA_ADVERTISED_LISTENERS"]
    for name in ("topics", "guard"):
        address = services[name]["environment"]["KAFKA_BOOTSTRAP_SERVERS"]
        assert f"://{address}" in advertised


def test_ports_are_published_on_loopback_only(services: dict[str, Any]) -> None:
    ports = [port for service in services.values() for port in service.get("ports", [])]
    assert ports
    assert all(port.startswith("127.0.0.1:") for port in ports)


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
