"""A client that fetches bundles over HTTP, while what the server sends changes."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.connectors.gateway.rules.serving import Site, serve
from tests.node import require_node

HERE = Path(__file__).parent


class Client:
    """The program beside this file; asked step by step."""

    def __init__(self, site: Site) -> None:
        keys = json.dumps([site.ours.public_key])
        command = [require_node(), str(HERE / "store.mjs"), f"{site.address}/v1/rules", keys]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def refresh(self, **step: Any) -> dict[str, Any]:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(step) + "\n")
        self.process.stdin.flush()
        said: dict[str, Any] = json.loads(self.process.stdout.readline())
        return said

    def close(self) -> None:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.close()
        self.process.wait(10)
        self.process.stdout.close()


@pytest.fixture
def site() -> Iterator[Site]:
    with serve() as site:
        yield site


@pytest.fixture
def client(site: Site) -> Iterator[Client]:
    client = Client(site)
    yield client
    client.close()


def test_what_is_known_is_not_sent_again(site: Site, client: Client) -> None:
    assert client.refresh() == {"version": 5, "uses": 5}
    assert client.refresh() == {"version": 5, "uses": 5}
    assert site.statuses == [200, 304]
    site.version = 6
    assert client.refresh() == {"version": 6, "uses": 6}


def test_every_question_brings_the_token_of_its_time(site: Site, client: Client) -> None:
    client.refresh()
    client.refresh(later=1)
    first, second = (int(token.removeprefix("Bearer ")) for token in site.tokens)
    assert second == first + 1


def test_a_bundle_that_is_refused_leaves_the_one_before_in_use(site: Site, client: Client) -> None:
    client.refresh()
    site.version = 4
    assert client.refresh() == {"refused": "older", "uses": 5}
    site.version, site.tampered = 6, True
    assert client.refresh() == {"refused": "bad-signature", "uses": 5}
    site.tampered, site.signer = False, site.stranger
    assert client.refresh() == {"refused": "unknown-key", "uses": 5}
    site.signer, site.down = site.ours, True
    assert client.refresh() == {"refused": "unavailable", "uses": 5}
    site.down = False
    assert client.refresh() == {"version": 6, "uses": 6}


def test_an_older_bundle_is_refused_by_the_next_session_too(site: Site, client: Client) -> None:
    client.refresh()
    site.version = 4
    assert client.refresh(reopen=True) == {"refused": "older", "uses": None}


def test_nothing_is_used_beyond_its_time(site: Site, client: Client) -> None:
    client.refresh()
    site.down = True
    hours = 3_600_000
    assert client.refresh(later=1 * hours)["uses"] == 5
    assert client.refresh(later=4 * hours) == {"refused": "unavailable", "uses": None}
    site.down = False
    # What the server still sends has expired by this client's clock.
    assert client.refresh() == {"refused": "expired", "uses": None}
    site.now += timedelta(hours=5)
    assert client.refresh() == {"version": 5, "uses": 5}
