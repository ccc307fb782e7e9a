"""The flow's audit records to a webhook."""

from __future__ import annotations

from bytewax.outputs import FixedPartitionedSink, StatefulSinkPartition

from connectors.audit.delivery import Delivery, Endpoint, Parcel
from connectors.living import Living
from connectors.webhooks.room import Room
from guardrails.records import Record

Saved = tuple[tuple[int, int, bytes], ...]


class WebhookSink(FixedPartitionedSink[Record, Saved]):
    """Takes `(key, Record)` pairs of a `RoomySource` and posts them, in the order they come.

    Delivery: at least once. Where the source has come to, and what is under way, is in the flow's
    snapshot; after a crash the receiver may get records again, and tells them by their stream id.
    A receiver that is away holds up nobody: its records stay in the log.
    """

    def __init__(self, endpoint: Endpoint, room: Room) -> None:
        """Nothing is connected before the flow runs. room: the source's."""
        self._endpoint = endpoint
        self._room = room
        self._built: Living[WebhookPartition] = Living()

    def list_parts(self) -> list[str]:
        """Return the one sender."""
        return ["webhook"]

    def build_part(
        self, step_id: str, for_part: str, resume_state: Saved | None
    ) -> WebhookPartition:
        """Start to send, first what was under way."""
        del step_id, for_part
        waiting = (Parcel(*parcel) for parcel in resume_state or ())
        built = WebhookPartition(Delivery(self._endpoint, self._room, waiting))
        self._built.add(built)
        return built

    def close(self) -> None:
        """End what an aborted flow left running, for a process that lives on without it."""
        for built in self._built:
            built.close()


class WebhookPartition(StatefulSinkPartition[Record, Saved]):
    """The one sender. Built by `WebhookSink`."""

    def __init__(self, delivery: Delivery) -> None:
        """delivery: owned, and closed with the partition."""
        self._delivery = delivery

    def write_batch(self, values: list[Record]) -> None:
        """Queue; never waits for the receiver."""
        self._delivery.put(Parcel(one.partition, one.offset, one.value) for one in values)

    def snapshot(self) -> Saved:
        """Return what is not delivered yet."""
        return tuple((*parcel,) for parcel in self._delivery.waiting())

    def close(self) -> None:
        """Stop sending; what is left is in the last snapshot."""
        self._delivery.close()
