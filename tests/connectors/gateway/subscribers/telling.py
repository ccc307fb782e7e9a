"""Records of streams, and what a gateway tells of them."""

from __future__ import annotations

from collections.abc import Sequence

from connectors.gateway.streams import Streams
from connectors.gateway.subscribers.subscriber import StreamSubscriber, Told
from guardrails.events import Audit, PipelineEvent, Verdict, encode
from guardrails.guardrail import Action
from guardrails.records import Record
from tests.audits import NOON_MS, audit
from tests.connectors.webhooks.subscribing import verdict

Said = Verdict | PipelineEvent | Audit


class Log:
    """Topics that are only written, and streams that follow them."""

    def __init__(self) -> None:
        self.streams = Streams("epoch", lambda: 0.0)
        self._offsets: dict[str, int] = {}

    def write(self, *said: Said) -> None:
        """Append one record for each, and hand it to the streams."""
        for one in said:
            names = {Verdict: "verdicts", PipelineEvent: "events", Audit: "audit"}
            topic = names[type(one)]
            offset = self._offsets[topic] = self._offsets.get(topic, -1) + 1
            self.streams.take(topic, [Record(topic, 0, offset, NOON_MS, b"k", encode(one))])


def reply(stream_id: str, chunks: int = 3) -> list[Said]:
    """What a guard says of one reply: a finding in its last chunk."""
    verdicts: list[Said] = [verdict(seq, stream_id=stream_id) for seq in range(chunks - 1)]
    last = verdict(chunks - 1, stream_id=stream_id, action=Action.REDACT, state="complete")
    return [*verdicts, last, audit(stream_id, outcome=Action.REDACT)]


def told_of(*said: Said) -> list[Told]:
    """What is told of these records."""
    found: list[Told] = []
    log = Log()
    log.streams.tell_all(found.extend)
    log.write(*said)
    return found


class Noting(StreamSubscriber):
    """Keeps what it is told."""

    def __init__(self, name: str = "noting") -> None:
        self.name = name
        self.told: list[Told] = []
        self.flushed = 0
        self.is_closed = False

    def on_events(self, told: Told) -> None:
        self.told.append(told)

    def flush(self) -> None:
        self.flushed += 1

    def close(self) -> None:
        self.is_closed = True

    @property
    def types(self) -> Sequence[str]:
        return [event.type for told in self.told for event in told.events]
