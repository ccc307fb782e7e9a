"""What a gateway tells about all its streams, and to whom.

Two ways lead out, and each is right for one thing:

- **All streams, pushed**: a `StreamSubscriber`. There are a few of them, the operator chose them,
  and each gets every event of every stream once, as it comes, on a thread of its own behind a
  bounded queue: a callback, a file, metrics, webhooks.
- **One stream, pulled**: a `Subscription` (WebSocket, SSE, polling). There are thousands of them,
  strangers open them, each reads one stream at its own pace, from any position, again if it has to.
  A queue for each was measured at a tenth of the deliveries of a cursor over entries that are
  encoded once, and could not go back. So those are no `StreamSubscriber`, on purpose.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import NamedTuple

from connectors.gateway.stream_event import StreamEvent
from guardrails.events import Audit, PipelineEvent, Verdict
from guardrails.records import Record

# What a record of the topics that are followed says.
Said = Verdict | PipelineEvent | Audit


class Told(NamedTuple):
    """What one record of the log says about one stream.

    events: at least one, in order, the last with the id; as clients with the fullest view get them.
    record, said: what they were made of, and that decoded.
    """

    stream_id: str
    events: Sequence[StreamEvent]
    record: Record
    said: Said


class StreamSubscriber(ABC):
    """Is told what happens to all streams of a gateway from its start on, each thing once.

    All methods are called on one thread, which nobody else uses. They may block: what comes
    meanwhile waits, and is dropped and counted when there is too much of it. What they raise is
    counted and logged; the others, the clients and the guard notice nothing.
    """

    # In metrics and logs; the operator's or the programmer's own word.
    name: str

    @abstractmethod
    def on_events(self, told: Told) -> None:
        """Take what a record says. Events of one stream come in order."""

    def flush(self) -> None:  # noqa: B027 - most have nothing to do
        """Finish what was taken: called when nothing more waits, or a thousand were taken."""

    def close(self) -> None:  # noqa: B027 - as above
        """Let go of files, threads and connections; nothing is called after it."""
