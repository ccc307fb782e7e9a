"""A gateway that cannot begin: nothing of it is left, and what is wrong is said first."""

from __future__ import annotations

import socket
import threading
from pathlib import Path

import pytest

from connectors.settings import SettingError
from flows.gateway import Embedded
from guardrails import default_plan
from guardrails.errors import ConnectorError, TidegateError
from guardrails.plans import Plans

WRONG = {
    "TIDEGATE_PROXY_OPENAI_URL": "http://provider.example.com",
    "TIDEGATE_RULES_TTL_S": "soon",
    "TIDEGATE_GATEWAY_MAX_WAITING": "many",
}


def embed(**environ: str) -> Embedded:
    return Embedded(Plans(default_plan()), environ, threading.Event())


def subscribing() -> list[str]:
    return [one.name for one in threading.enumerate() if one.name.startswith("subscriber-")]


@pytest.mark.parametrize("name", WRONG)
def test_a_setting_that_is_refused_takes_no_port_and_starts_no_thread(
    tmp_path: Path, name: str
) -> None:
    with socket.socket() as taken:
        # What is wrong with the settings is said before anything is wrong with the port.
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(SettingError, match=name):
            embed(
                TIDEGATE_GATEWAY_PORT=str(taken.getsockname()[1]),
                TIDEGATE_GATEWAY_EVENTS_FILE=str(tmp_path / "events"),
                **{name: WRONG[name]},
            )
    assert subscribing() == []
    assert not (tmp_path / "events").exists()


def test_a_subscriber_that_cannot_begin_gives_the_port_back(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    missing = str(tmp_path / "missing.yaml")
    with pytest.raises(SettingError, match="there is no file") as raised:
        embed(TIDEGATE_GATEWAY_PORT=str(port), TIDEGATE_GATEWAY_WEBHOOKS_FILE=missing)
    # Also while somebody still looks at what was raised.
    with embed(TIDEGATE_GATEWAY_PORT=str(port)) as gateway:
        assert gateway.url.endswith(f":{port}")
    assert raised.value


def test_a_gateway_that_cannot_begin_leaves_its_directory_to_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    environ = {"TIDEGATE_GATEWAY_PORT": "0", "TIDEGATE_GATEWAY_DATA_DIR": str(tmp_path)}
    with pytest.raises(SettingError) as first:
        embed(**environ, TIDEGATE_PROXY_OPENAI_URL="http://provider.example.com")

    async def away(*_: object) -> None:
        raise ConnectorError("the log is away")

    with monkeypatch.context() as broken:
        broken.setattr("connectors.gateway.memory_bus.MemoryBus.start", away)
        with pytest.raises(TidegateError, match="away") as second, embed(**environ):
            pass
    with embed(**environ) as gateway:
        assert gateway.url
    assert first.value is not second.value
