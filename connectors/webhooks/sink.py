"""Where the webhook flow ends: messages are sent beside it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from bytewax.outputs import FixedPartitionedSink, StatefulSinkPartition

from connectors.living import Living
from connectors.outbox import Outbox, Publisher
from connectors.webhooks.audience import Item
from connectors.webhooks.dispatcher import Dispatcher, Saved, Settings
from connectors.webhooks.room import Room
from connectors.webhooks.targets import Target


class WebhookSink(FixedPartitionedSink[Item, Saved]):
    """Takes `(key, (subscription, Parcel))` of a `FanoutSource` and sends them.

    Delivery: at least once; what is under way is in the flow's snapshot, beside where the source
    has come to. A message that is given up becomes a dead letter. Nothing here waits for a
    receiver.
    """

    def __init__(
        self,
        targets: Sequence[Target],
        rooms: Mapping[str, Room],
        settings: Settings,
        publish: Callable[[], Publisher],
    ) -> None:
        """Nothing is connected before the flow runs. rooms: the source's. publish: opens a
        publisher for dead letters.
        """
        self._targets = targets
        self._rooms = rooms
        self._settings = settings
        self._publish = publish
        self._built: Living[WebhookPartition] = Living()

    def list_parts(self) -> list[str]:
        """Return the one sender."""
        return ["webhooks"]

    def build_part(
        self, step_id: str, for_part: str, resume_state: Saved | None
    ) -> WebhookPartition:
        """Start to send, first what was under way."""
        del step_id, for_part
        outbox = Outbox(self._publish())
        dispatcher = Dispatcher(
            self._targets, self._rooms, outbox, self._settings, resume_state or ()
        )
        built = WebhookPartition(dispatcher, outbox)
        self._built.add(built)
        return built

    def close(self) -> None:
        """End what an aborted flow left running, for a process that lives on without it."""
        for built in self._built:
            built.close()


class WebhookPartition(StatefulSinkPartition[Item, Saved]):
    """The one sender. Built by `WebhookSink`."""

    def __init__(self, dispatcher: Dispatcher, outbox: Outbox) -> None:
        """Both are owned, and closed with the partition."""
        self._dispatcher = dispatcher
        self._outbox = outbox

    def write_batch(self, values: list[Item]) -> None:
        """Queue; never waits."""
        for subscription, parcel in values:
            if parcel is not None:
                self._dispatcher.put(subscription, parcel)

    def snapshot(self) -> Saved:
        """Return what is not delivered. Raises ConnectorError if dead letters cannot be stored."""
        return self._dispatcher.snapshot()

    def close(self) -> None:
        """Stop sending; what is left is in the last snapshot."""
        self._dispatcher.close()
        self._outbox.close()
