"""A gateway that dies and comes back under one address."""

from __future__ import annotations

from pathlib import Path

from tests.gateway import Gateway, data_directory
from tests.relay import Relay


class Site:
    """A gateway behind a way to it that tests cut. url: the same, whatever happens behind it."""

    def __init__(self, relay: Relay, directory: Path, **environ: str) -> None:
        self.relay = relay
        self._directory = directory
        self._environ = {
            "TIDEGATE_GATEWAY_ORIGINS": self.url,
            "TIDEGATE_GATEWAY_SECRET": "a secret that two processes share, for tests only",
            **environ,
        }
        self.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.relay.port}"

    def start(self, *, fresh: bool = False) -> None:
        """Start it. fresh: with nothing of what was there before."""
        if fresh:
            self._directory = self._directory / "fresh"
        self.gateway = Gateway(**data_directory(self._directory), **self._environ)
        self.relay.target = int(self.gateway.url.rpartition(":")[2])
