"""One gateway for all tests that need no other."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.browser import Open, Tab, chromium
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


# What a console says when a request is not answered or refused.
NETWORK = ("net::ERR_", "WebSocket connection", "the server responded with a status of")


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as browser:
        yield browser


@pytest.fixture
def open_tab(browser: Any) -> Iterator[Open]:
    """Opens pages; none of them may complain of anything but the network, where that is told."""
    with ExitStack() as stack:

        def open_tab(url: str, *, cut_off: bool = False, **options: Any) -> Tab:
            context = stack.enter_context(browser.new_context(**options))
            tab = Tab(context, url)
            stack.callback(tab.expect_no_problems, NETWORK if cut_off else ())
            return tab

        yield open_tab


@pytest.fixture(scope="module")
def context(browser: Any) -> Iterator[Any]:
    """One person's browser, with its cache."""
    with browser.new_context() as context:
        yield context


@pytest.fixture
def tab(context: Any, gateway: Gateway) -> Iterator[Tab]:
    tab = Tab(context, gateway.url).open()
    yield tab
    tab.close()
    tab.expect_no_problems()
