"""All subscribers of a gateway: each gets everything, and none waits for another."""

from __future__ import annotations

import time
from collections.abc import Sequence

from connectors.gateway.subscribers.lane import Lane
from connectors.gateway.subscribers.subscriber import StreamSubscriber, Told

# Seconds for what still waits when the gateway stops; who takes longer loses it.
CLOSE_S = 5.0


class Deliveries:
    """Hands what is told to every subscriber. `offer` never waits."""

    def __init__(self, subscribers: Sequence[StreamSubscriber]) -> None:
        """subscribers: are closed with it."""
        self._lanes = [Lane(subscriber) for subscriber in subscribers]

    def offer(self, told: Sequence[Told]) -> None:
        """Hand it over."""
        for lane in self._lanes:
            lane.offer(told)

    def close(self, timeout_s: float = CLOSE_S) -> None:
        """Let all take what waits for them, side by side, and close them. Blocks."""
        for lane in self._lanes:
            lane.end()
        end = time.monotonic() + timeout_s
        for lane in self._lanes:
            lane.wait(max(0.0, end - time.monotonic()))
