"""Who asks for a record of the log, and whether there is room for it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence

from connectors.webhooks.message import Event, Parcel, read_event
from connectors.webhooks.metrics import UNREADABLE
from connectors.webhooks.room import Room
from connectors.webhooks.targets import Target
from guardrails.errors import MalformedEvent
from guardrails.events import Audit, Verdict
from guardrails.records import Record

# A subscription's message; or nothing, under an empty name, which only wakes the sink.
Item = tuple[str, Parcel | None]

# Seconds between two wake-ups of the sink while nothing comes: epochs are longer.
_WAKE_EVERY_S = 1.0


class Audience:
    """Tells who asks for a record, and whether there is room."""

    def __init__(
        self, targets: Sequence[Target], rooms: Mapping[str, Room], kinds: Mapping[str, str]
    ) -> None:
        """kinds: `verdicts` or `audit`, by the full name of the topic."""
        self._kinds = kinds
        self.rooms = rooms
        self._given, self._woken_at = 0, 0.0
        enabled = [one.subscription for one in targets if one.subscription.enabled]
        self._asking = {
            topic: [one for one in enabled if any(_is_of(kind, name) for name in one.events)]
            for topic, kind in kinds.items()
        }

    @property
    def names(self) -> list[str]:
        """The subscriptions that are sent anything."""
        found = [one.id for asking in self._asking.values() for one in asking]
        return list(dict.fromkeys(found))

    def wanted(
        self, record: Record, said: Verdict | Audit | None = None
    ) -> Iterator[tuple[str, Callable[[], Parcel]]]:
        """Yield the subscriptions that ask for a record, and what makes their message.

        said: what the record says; None decodes it.
        """
        asking = self._asking[record.topic]
        if not asking:
            return
        event = self._read(record) if said is None else Event(record, said)
        if event is None:
            return
        for one in asking:
            if event.is_for(one):
                yield one.id, lambda one=one, event=event: event.parcel(one)  # type: ignore[misc]

    def _read(self, record: Record) -> Event | None:
        # The audit topic is compacted: an empty value is a deletion.
        if not record.value:
            return None
        try:
            return read_event(record, self._kinds[record.topic])
        except MalformedEvent:
            UNREADABLE.inc()
            return None

    def wake(self, *, last: bool = False) -> list[Item]:
        """Return what wakes the sink, when messages were settled since it was woken.

        Bytewax saves a sink only in epochs that bring it something: without this, what was
        delivered while nothing came would be sent again by the next start. last: the input ends.
        """
        given = sum(room.given for room in self.rooms.values())
        now = time.monotonic()
        if given == self._given or (not last and now - self._woken_at < _WAKE_EVERY_S):
            return []
        self._given, self._woken_at = given, now
        return [("", None)]

    def take(self, name: str, make: Callable[[], Parcel]) -> tuple[str, Parcel] | None:
        """Return a message for which there is room now; it counts as under way."""
        room = self.rooms[name]
        if room.full:
            return None
        parcel = make()
        room.take([parcel.body])
        return name, parcel


def _is_of(kind: str, event: str) -> bool:
    return kind == ("audit" if event == "audit" else "verdicts")
