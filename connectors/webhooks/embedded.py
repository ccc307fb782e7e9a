"""Webhooks without a flow: for a process that holds its topics in memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from connectors.outbox import Outbox, Publisher
from connectors.webhooks.audience import Audience
from connectors.webhooks.dispatcher import Dispatcher, Settings, make_rooms
from connectors.webhooks.outgoing import GivenUp
from connectors.webhooks.targets import Target
from guardrails.events import Audit, Verdict
from guardrails.records import Record


class Webhooks:
    """Sends the records it is offered to those who have subscribed to them.

    What is not delivered when the process ends is lost with its topics; where those are on the
    disk, `flows.webhooks` goes on after a restart. A receiver whose queue is full gets dead
    letters, at once: there is no log to keep the rest. `offer` may be called from any thread.
    """

    def __init__(
        self,
        targets: Sequence[Target],
        settings: Settings,
        publisher: Publisher,
        kinds: Mapping[str, str] | None = None,
    ) -> None:
        """publisher: for dead letters; owned. kinds: `verdicts` or `audit`, by name of a topic."""
        rooms = make_rooms(targets)
        kinds = kinds or {"verdicts": "verdicts", "audit": "audit"}
        self._topics = frozenset(kinds)
        self._audience = Audience(targets, rooms, kinds)
        self._outbox = Outbox(publisher)
        self._dispatcher = Dispatcher(targets, rooms, self._outbox, settings)

    def offer(self, record: Record, said: Verdict | Audit | None = None) -> None:
        """Send a record to whom it may concern; returns at once. Others' topics are ignored.

        said: what the record says, if that is known; otherwise it is decoded.
        """
        if record.topic not in self._topics:
            return
        for name, make in self._audience.wanted(record, said):
            item = self._audience.take(name, make)
            if item is None:
                self._dispatcher.bury(name, GivenUp(make(), "webhook-full", "its queue is full"))
            else:
                self._dispatcher.put(*item)

    def close(self) -> None:
        """Stop sending, and store the dead letters there are."""
        self._dispatcher.close()
        self._outbox.close()
