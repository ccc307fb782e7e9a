"""A function of the program around the gateway."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from connectors.gateway.stream_event import StreamEvent
from connectors.gateway.subscribers.subscriber import StreamSubscriber, Told

OnEvents = Callable[[str, Sequence[StreamEvent]], object]


class CallbackSubscriber(StreamSubscriber):
    """Calls a function with a stream's id and what there is to tell about it."""

    def __init__(self, call: OnEvents, name: str = "callback") -> None:
        """call: on a thread of its own, always the same; it may block, see `StreamSubscriber`."""
        self.name = name
        self._call = call

    def on_events(self, told: Told) -> None:
        """Call the function."""
        self._call(told.stream_id, told.events)
