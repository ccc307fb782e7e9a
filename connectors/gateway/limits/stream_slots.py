"""How many streams each user and tenant has open at once."""

from __future__ import annotations

import time
from collections import Counter, OrderedDict
from collections.abc import Callable
from typing import NamedTuple, TypeVar

from connectors.gateway.auth.principal import Principal
from connectors.gateway.limits.allowance import Allowances
from connectors.gateway.limits.answer import Allowed, Standing, TooMany
from connectors.gateway.limits.limiter import user_of

# A guard keeps as many streams of one partition (`budget`); some 30 MB here.
MAX_STREAMS = 100_000
# A guard ends a stream that idles for five minutes (a policy's limits.idle_timeout_s).
IDLE_S = 300.0
# When a stream ends nobody knows; half a minute is soon enough to try again.
_RETRY_AFTER_S = 30.0

Name = TypeVar("Name")


class _Slot(NamedTuple):
    tenant: str
    user: str | None
    user_id: str | None
    until: float


class StreamSlots:
    """Open streams of this process. One that is not heard of for five minutes frees its slot by
    itself: it may have gone on at another replica.
    """

    def __init__(
        self,
        allowances: Allowances,
        *,
        monotonic: Callable[[], float] = time.monotonic,
        idle_s: float = IDLE_S,
        max_streams: int = MAX_STREAMS,
    ) -> None:
        """monotonic: seconds since anything. max_streams: of all tenants together."""
        self._allowances = allowances
        self._monotonic = monotonic
        self._idle_s = idle_s
        self._max = max_streams
        # In the order they were last heard of, which is that of their ends.
        self._slots: OrderedDict[str, _Slot] = OrderedDict()
        self._users: Counter[tuple[str, str]] = Counter()
        self._tenants: Counter[str] = Counter()

    def __len__(self) -> int:
        return len(self._slots)

    def open(self, principal: Principal, user_id: str | None, stream_id: str) -> Allowed | TooMany:
        """Take a slot for a new stream; of a stream that has one, it only goes on."""
        self._free_idle()
        if stream_id in self._slots:
            self.touch(stream_id)
            return Allowed()
        user = user_of(principal, user_id)
        allowance = self._allowances.of(principal.tenant)
        counts = [
            ("tenant-streams", self._tenants[principal.tenant], allowance.tenant_streams),
            ("gateway-streams", len(self._slots), self._max),
        ]
        if user is not None:
            open_now = self._users[principal.tenant, user]
            counts.insert(0, ("user-streams", open_now, allowance.user_streams))
        violated = [name for name, now, most in counts if now >= most]
        taken = 0 if violated else 1
        standings = tuple(
            Standing(name, most, None, max(0, most - now - taken), 0.0)
            for name, now, most in counts
            # What others have open is not this caller's business.
            if name != "gateway-streams"
        )
        if violated:
            return TooMany(violated, _RETRY_AFTER_S, standings)
        self._slots[stream_id] = _Slot(
            principal.tenant, user, user_id, self._monotonic() + self._idle_s
        )
        self._tenants[principal.tenant] += 1
        if user is not None:
            self._users[principal.tenant, user] += 1
        return Allowed(standings)

    def user_of(self, stream_id: str) -> str | None:
        """Return for whom a stream was opened; for one that was opened elsewhere, a name of its
        own, so that it is limited as a user's would be.
        """
        slot = self._slots.get(stream_id)
        return f"stream {stream_id}" if slot is None else slot.user_id

    def touch(self, stream_id: str) -> None:
        """The stream goes on. One that is not known here is not counted."""
        slot = self._slots.get(stream_id)
        if slot is not None:
            self._slots[stream_id] = slot._replace(until=self._monotonic() + self._idle_s)
            self._slots.move_to_end(stream_id)

    def close(self, stream_id: str) -> None:
        """The stream has ended; may be said again."""
        slot = self._slots.pop(stream_id, None)
        if slot is None:
            return
        _decrease(self._tenants, slot.tenant)
        if slot.user is not None:
            _decrease(self._users, (slot.tenant, slot.user))

    def _free_idle(self) -> None:
        now = self._monotonic()
        while self._slots:
            stream_id, slot = next(iter(self._slots.items()))
            if slot.until > now:
                return
            self.close(stream_id)


def _decrease(counter: Counter[Name], name: Name) -> None:
    """Count one less; names at nothing are forgotten."""
    counter[name] -= 1
    if counter[name] <= 0:
        del counter[name]
