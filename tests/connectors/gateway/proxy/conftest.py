"""A gateway whose providers stand on loopback."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.connectors.gateway.conftest import POLICY
from tests.connectors.gateway.proxy.provider import Provider
from tests.gateway import Gateway, running


@pytest.fixture(scope="session")
def provider() -> Iterator[Provider]:
    with Provider().running() as provider:
        yield provider


@pytest.fixture(scope="session")
def proxy(provider: Provider, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    policy = tmp_path_factory.mktemp("proxy") / "gateway.yaml"
    policy.write_text(POLICY)
    with running(
        *("--policy", f"default,{policy}"),
        TIDEGATE_PROXY_OPENAI_URL=f"{provider.url}/v1",
        TIDEGATE_PROXY_ANTHROPIC_URL=provider.url,
        TIDEGATE_PROXY_GEMINI_URL=provider.url,
    ) as gateway:
        yield gateway
