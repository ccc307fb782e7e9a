"""What is sent: a record of the log as a message, the same whenever it is made.

The id is made of what the record says, not of where it stands: a guard that begins again writes the
same verdict once more, elsewhere in the log, and the receiver knows it by its id.
"""

from __future__ import annotations

from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, NamedTuple

import msgspec

from connectors.webhooks.subscription import Subscription
from guardrails.codec import decode_audit
from guardrails.errors import MalformedEvent
from guardrails.events import Audit, Verdict
from guardrails.records import Record

_VERDICTS = msgspec.json.Decoder(Verdict)
# 128 bits: no two of all messages that will ever be sent are the same by chance.
_ID_CHARS = 32
# 9999-12-31, the last time that can be written.
_LAST_MS = 253_402_300_799_000


class Parcel(NamedTuple):
    """A message for one subscription, and where its record stands in the log."""

    id: str
    topic: str
    partition: int
    offset: int
    timestamp_ms: int
    body: bytes


class Event:
    """A record that subscriptions may ask for. Its bodies are made when the first one does."""

    def __init__(self, record: Record, said: Verdict | Audit) -> None:
        self.record = record
        self._said = said
        self._id = ""
        self._bodies: dict[bool, bytes] = {}
        if isinstance(said, Audit):
            self.tenant, self.type = said.context.tenant, "audit"
            self._names = {"audit"}
        else:
            self.tenant = None if said.tenant is msgspec.UNSET else str(said.tenant)
            self.type = f"verdict.{said.action}"
            self._names = {"verdict", self.type}

    def is_for(self, subscription: Subscription) -> bool:
        """Whether a subscription asks for it. What names no tenant is nobody's but the house's."""
        if not subscription.all_tenants and self.tenant != subscription.tenant:
            return False
        return not self._names.isdisjoint(subscription.events)

    def parcel(self, subscription: Subscription) -> Parcel:
        """Return the message a subscription gets."""
        self._id = self._id or _identify(self._said)
        with_text = subscription.include_text
        body = self._bodies.get(with_text)
        if body is None:
            body = self._bodies[with_text] = self._write(with_text=with_text)
        record = self.record
        place = (record.topic, record.partition, record.offset, record.timestamp_ms)
        return Parcel(self._id, *place, body)

    def _write(self, *, with_text: bool) -> bytes:
        at = datetime.fromtimestamp(min(max(0, self.record.timestamp_ms), _LAST_MS) / 1000, UTC)
        data: Any = msgspec.Raw(self.record.value)
        if isinstance(self._said, Verdict) and not with_text:
            data = msgspec.to_builtins(self._said)
            for segment in data["segments"]:
                del segment["text"]
        written = at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        return msgspec.json.encode({"type": self.type, "timestamp": written, "data": data})


def read_event(record: Record, kind: str) -> Event:
    """Read a record of topic `verdicts` or `audit`. Raises MalformedEvent for what is neither."""
    if kind == "audit":
        return Event(record, decode_audit(record.value))
    try:
        return Event(record, _VERDICTS.decode(record.value))
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        # Without what the decoder quotes.
        raise MalformedEvent("no-verdict", type(error).__name__) from None


def _identify(said: Verdict | Audit) -> str:
    """Return the id of a message: of what a guard says of a stream's text, however it came.

    Not of the text itself, which an id in a header would give away to who guesses it.
    """
    identity: tuple[Any, ...]
    if isinstance(said, Audit):
        identity = ("audit", said.stream_id, said.context, said.policy_version, said.content)
    else:
        spans = [(segment.start, segment.end, segment.rule) for segment in said.segments]
        spans_said = [[item for item in span if item is not msgspec.UNSET] for span in spans]
        identity = (
            *("verdict", said.stream_id, said.seq, said.action, said.frontier, said.state),
            *(said.checkpoint, said.policy_version, spans_said, said.findings),
            *("" if said.reason is msgspec.UNSET else said.reason,),
        )
    digest = sha256(msgspec.json.encode(identity)).hexdigest()
    return f"msg_{digest[:_ID_CHARS]}"


def sample(at_ms: int) -> Parcel:
    """Return the message `tidegate webhooks send-test` sends."""
    text = datetime.fromtimestamp(at_ms / 1000, UTC).isoformat(timespec="milliseconds")
    body = {
        "type": "test",
        "timestamp": text.replace("+00:00", "Z"),
        "data": {"note": "sent by hand, to see that it arrives"},
    }
    digest = sha256(str(at_ms).encode()).hexdigest()
    message_id = f"msg_{digest[:_ID_CHARS]}"
    return Parcel(message_id, "", 0, 0, at_ms, msgspec.json.encode(body))
