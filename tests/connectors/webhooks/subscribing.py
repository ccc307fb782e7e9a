"""Subscriptions, verdicts and dispatchers for tests."""

from __future__ import annotations

import base64
import time
from collections.abc import Callable
from typing import Any

import msgspec

from connectors.memory import MemoryPublisher, MemoryTopics
from connectors.outbox import Outbox
from connectors.webhooks.dispatcher import Dispatcher, Saved, Settings, make_rooms
from connectors.webhooks.message import Event, Parcel, read_event
from connectors.webhooks.reach import Reach
from connectors.webhooks.schedule import Schedule
from connectors.webhooks.signature import Signer
from connectors.webhooks.subscription import Subscription
from connectors.webhooks.targets import Target
from guardrails.events import DeadLetter, Finding, Segment, Verdict, encode
from guardrails.guardrail import Action, Mode
from guardrails.records import Record
from tests.audits import NOON_MS

NEAR = Reach(loopback=True)
SECRET = "whsec_" + base64.b64encode(b"0123456789abcdef01234567").decode()
# As the real one, a thousand times as fast; ten tries still.
QUICK = Schedule((0.01,) * 9, 0.02, 0.05, patience_s=600)


def target(name: str, url: str, secrets: tuple[str, ...] = (SECRET,), **more: Any) -> Target:
    """A subscription of tenant acme to all events, with its secrets in place."""
    written = {
        "id": name,
        "tenant": "acme",
        "url": url,
        "events": ["verdict", "audit"],
        "secrets": [{"env": "SECRET"}],
        **more,
    }
    if written.get("all_tenants"):
        del written["tenant"]
    read = Subscription.model_validate(written, context={"reach": NEAR})
    return Target(read, Signer(secrets), read.headers)


def verdict(
    seq: int = 0,
    *,
    stream_id: str = "s",
    tenant: str | None = "acme",
    action: Action = Action.ALLOW,
    text: str = "geheim",
    latency_ms: float = 1.0,
    state: Any = "active",
) -> Verdict:
    """One verdict with one segment, and a finding unless it allows everything."""
    finding = Finding("SECRET", "github-pat", 0, 6, action, 1.0, Mode.BLOCK)
    return Verdict(
        *(stream_id, seq, action, (Segment(6 * seq, 6 * seq + 6, text),), 6 * seq + 6, 0),
        *(() if action is Action.ALLOW else (finding,), "chunk", state, "v1", latency_ms),
        tenant=msgspec.UNSET if tenant is None else tenant,
    )


def record(said: Any, offset: int = 0, *, topic: str = "verdicts", partition: int = 0) -> Record:
    """A record of the log."""
    return Record(topic, partition, offset, NOON_MS + offset, said.stream_id.encode(), encode(said))


def event(said: Any, offset: int = 0) -> Event:
    """An event as it is read."""
    kind = "verdicts" if isinstance(said, Verdict) else "audit"
    return read_event(record(said, offset, topic=kind), kind)


class Sending:
    """A dispatcher with an outbox into memory, closed by `close`."""

    def __init__(
        self,
        *targets: Target,
        schedule: Schedule = QUICK,
        saved: Saved = (),
        reach: Reach = NEAR,
        **more: Any,
    ) -> None:
        self.topics = MemoryTopics()
        self.rooms = make_rooms(targets)
        self._targets = {one.id: one for one in targets}
        self._outbox = Outbox(MemoryPublisher(self.topics))
        settings = Settings(reach, schedule=schedule, **more)
        self.dispatcher = Dispatcher(targets, self.rooms, self._outbox, settings, saved)

    def put(self, name: str, *said: Verdict) -> list[Parcel]:
        """Hand over a message of each."""
        parcels = [
            event(one, number).parcel(self._targets[name].subscription)
            for number, one in enumerate(said)
        ]
        for parcel in parcels:
            self.rooms[name].take([parcel.body])
            self.dispatcher.put(name, parcel)
        return parcels

    def letters(self) -> list[DeadLetter]:
        """The dead letters so far."""
        self._outbox.flush()
        found = self.topics.records("dead-letters")
        return [msgspec.json.decode(one.value, type=DeadLetter) for one in found]

    def waiting(self, name: str) -> list[tuple[Any, int]]:
        """What is not settled, with its tries."""
        (found,) = [saved[3] for saved in self.dispatcher.snapshot() if saved[0] == name]
        return list(found)

    def close(self) -> None:
        """End it."""
        self.dispatcher.close()
        self._outbox.close()


def until(enough: Callable[[], bool]) -> None:
    """Wait until something is so. Fails after half a minute."""
    deadline = time.monotonic() + 30
    while not enough():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.005)
