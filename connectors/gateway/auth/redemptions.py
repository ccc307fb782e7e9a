"""Which tickets have been used: each counts once."""

from __future__ import annotations

import asyncio
import secrets
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from typing import NamedTuple, Protocol

import msgspec

from connectors.logs import logger
from guardrails.errors import ConnectorError
from guardrails.events import Redemption, encode
from guardrails.records import Record

log = logger(__name__)

# At 30 s a ticket, 3,300 new readers a second for half a minute; some 20 MB.
MAX_REMEMBERED = 100_000
# Seconds for a record to come back from the log; it takes milliseconds from a broker that is well.
_ROUND_TRIP_S = 5.0
_DECODER = msgspec.json.Decoder(Redemption)


class Redemptions(Protocol):
    """Remembers used tickets for as long as they could be used again."""

    async def first(self, ticket_id: str, issued_at: float, expires_at: float) -> bool:
        """Return whether this is the ticket's first use; times in seconds since 1970.

        False also when that cannot be known: the reader asks for another ticket.
        """
        ...


class OwnRedemptions:
    """In this process. Holds for one replica, and over its restarts: tickets that were issued
    before it began are refused, because a run before it may have taken them.
    """

    def __init__(self, now: Callable[[], float], max_remembered: int = MAX_REMEMBERED) -> None:
        """now: seconds since 1970. max_remembered: beyond it every ticket is refused."""
        self._began_at = now()
        self._used = _Used(now, max_remembered)

    async def first(self, ticket_id: str, issued_at: float, expires_at: float) -> bool:
        """See `Redemptions.first`."""
        return issued_at >= self._began_at and self._used.note(ticket_id, "", expires_at)


class LogRedemptions:
    """Among all replicas, by topic `tickets`: whose record of a ticket is the first one in the log
    has used it. Costs a round trip through the log for each subscription.
    """

    def __init__(
        self,
        append: Callable[[str, bytes, bytes], Awaitable[None]],
        now: Callable[[], float],
        *,
        max_remembered: int = MAX_REMEMBERED,
        round_trip_s: float = _ROUND_TRIP_S,
    ) -> None:
        """append(topic, key, value): raises ConnectorError. now: seconds since 1970.
        max_remembered: beyond it every ticket is refused.
        """
        self._append = append
        self._used = _Used(now, max_remembered)
        self._round_trip_s = round_trip_s
        # Our own records that are on their way, by the name they carry.
        self._waiting: dict[str, asyncio.Future[bool]] = {}

    async def first(self, ticket_id: str, issued_at: float, expires_at: float) -> bool:  # noqa: ARG002
        """See `Redemptions.first`."""
        by = secrets.token_urlsafe(12)
        came: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._waiting[by] = came
        try:
            value = encode(Redemption(by, int(expires_at * 1000)))
            await self._append("tickets", ticket_id.encode(), value)
            async with asyncio.timeout(self._round_trip_s):
                return await came
        except (ConnectorError, TimeoutError) as error:
            problem = str(error) or f"the log did not answer within {self._round_trip_s:g} s"
            log.warning("a ticket could not be checked", problem=problem)
            return False
        finally:
            del self._waiting[by]

    def take(self, _topic: str, records: Sequence[Record]) -> None:
        """Take records of the topic, in the order of each partition, from its history on."""
        for record in records:
            try:
                found = _DECODER.decode(record.value)
            except msgspec.DecodeError:
                place = {"partition": record.partition, "offset": record.offset}
                log.warning("a record of topic tickets is not ours", **place)
                continue
            is_first = self._used.note(_id(record), found.by, found.expires_at_ms / 1000)
            waiting = self._waiting.get(found.by)
            if waiting is not None and not waiting.done():
                waiting.set_result(is_first)


class _Use(NamedTuple):
    by: str
    expires_at: float


class _Used:
    """Used tickets, until they are too old to be used anyway."""

    def __init__(self, now: Callable[[], float], max_remembered: int) -> None:
        self._now = now
        self._max = max_remembered
        # By the time they may be forgotten: every ticket lives equally long, nearly.
        self._uses: OrderedDict[str, _Use] = OrderedDict()

    def note(self, ticket_id: str, by: str, expires_at: float) -> bool:
        """Note a use; return whether it is the first one and can be remembered. by: who says it
        again (records may repeat) is still the first.
        """
        if expires_at < self._now():
            # A use before it may have been forgotten.
            return False
        self._forget()
        known = self._uses.get(ticket_id)
        if known is not None:
            return known.by == by != ""
        if len(self._uses) >= self._max:
            return False
        self._uses[ticket_id] = _Use(by, expires_at)
        return True

    def _forget(self) -> None:
        now = self._now()
        while self._uses:
            ticket_id, use = next(iter(self._uses.items()))
            # Refused as too old from then on.
            if use.expires_at >= now:
                return
            del self._uses[ticket_id]


def _id(record: Record) -> str:
    return (record.key or b"").decode("utf-8", "replace")
