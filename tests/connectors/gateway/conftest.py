"""One gateway for all tests that need no other."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.gateway import Client, Gateway, running

POLICY = """
name: gateway
guardrails:
  pii: {action: redact}
  keywords: {phrases: [Project Nightjar], action: block}
"""


@pytest.fixture(scope="session")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    policy: Path = tmp_path_factory.mktemp("gateway") / "gateway.yaml"
    policy.write_text(POLICY)
    with running("--policy", f"{policy},default", TIDEGATE_GATEWAY_HEARTBEAT_S="0.5") as gateway:
        yield gateway


@pytest.fixture
def client(gateway: Gateway) -> Iterator[Client]:
    client = Client(gateway.url)
    yield client
    client.http.close()
