"""Which tickets have been used: each counts once."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Protocol

# At 30 s a ticket, 3,300 new readers a second for half a minute; some 20 MB.
MAX_REMEMBERED = 100_000


class Redemptions(Protocol):
    """Remembers used tickets for as long as they could be used again.

    One process keeps them in memory: `OwnRedemptions`. For a ticket to count once among *all*
    replicas, they keep them in a compacted topic `redemptions`: a replica writes the ticket's id as
    key and a random name of its own as value, then reads that partition up to its own record. If
    no earlier record has the key, it was first. That costs one round trip per subscription (some
    5 ms), and records older than a ticket's life are not needed again: retention of a minute.
    """

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
        self._now = now
        self._max = max_remembered
        self._began_at = now()
        # By the time they may be forgotten: every ticket lives equally long, nearly.
        self._used: OrderedDict[str, float] = OrderedDict()

    async def first(self, ticket_id: str, issued_at: float, expires_at: float) -> bool:
        """See `Redemptions.first`."""
        self._forget()
        if issued_at < self._began_at or ticket_id in self._used or len(self._used) >= self._max:
            return False
        self._used[ticket_id] = expires_at
        return True

    def _forget(self) -> None:
        now = self._now()
        while self._used:
            ticket_id, expires_at = next(iter(self._used.items()))
            # Refused as too old from then on.
            if expires_at >= now:
                return
            del self._used[ticket_id]
