"""Whether a request may go on: rates and quotas per user and tenant."""

from __future__ import annotations

import time
from collections.abc import Callable
from hashlib import sha256
from typing import NamedTuple

from limits import RateLimitItem
from limits.aio.strategies import SlidingWindowCounterRateLimiter

from connectors.gateway.auth.principal import Principal
from connectors.gateway.limits.allowance import Allowance, Allowances
from connectors.gateway.limits.answer import Allowed, Standing, TooMany
from connectors.gateway.limits.windows import MAX_NAMES, SEPARATOR, Count, Windows

# A UUID with something in front; longer ones are remembered by their digest.
_MAX_USER_CHARS = 64


class Cost(NamedTuple):
    """What a request asks for. chars: code points of text that are new."""

    updates: int = 1
    chars: int = 0


ONE_UPDATE = Cost()


class _Rate(NamedTuple):
    """One limit for one request. name: of user or tenant; key: what it is counted under."""

    policy: str
    item: RateLimitItem
    windows: Windows
    name: str
    key: str
    cost: int


class Limiter:
    """Counts in a sliding window, in this process. Several replicas count each for itself: what a
    tenant may ask for is what is set times their number. A restart begins anew.
    """

    def __init__(
        self,
        allowances: Allowances,
        *,
        now: Callable[[], float] = time.time,
        max_names: int = MAX_NAMES,
    ) -> None:
        """now: seconds since 1970: days begin at midnight UTC. max_names: users and tenants
        remembered per limit.
        """
        self._allowances = allowances
        self._now = now
        self._max_names = max_names
        self._windows: dict[str, Windows] = {}
        self._strategies: dict[str, SlidingWindowCounterRateLimiter] = {}

    async def check(
        self, principal: Principal, user_id: str | None, cost: Cost = ONE_UPDATE
    ) -> Allowed | TooMany:
        """Spend what a request asks for, of every limit or of none.

        user_id: whom the principal asks for; None counts for the tenant alone, and for a token's
        subject, who is a user by itself. A request that asks for more than a limit allows in one
        window costs the whole window, and so passes when nothing else was sent.
        """
        rates = self._rates(principal, user_id, cost)
        counts = [rate.windows.look(rate.key, rate.item.get_expiry()) for rate in rates]
        if any(
            count.spent + rate.cost > rate.item.amount
            for rate, count in zip(rates, counts, strict=True)
        ):
            return _refuse(rates, counts)
        # Nothing waits between the look at all and the spending of all.
        for rate in rates:
            await self._strategies[rate.policy].hit(rate.item, rate.name, cost=rate.cost)
        return Allowed(
            tuple(
                _standing(rate, count, rate.cost) for rate, count in zip(rates, counts, strict=True)
            )
        )

    def charge(self, principal: Principal, user_id: str | None, chars: int) -> None:
        """Spend characters that have come already, of every limit of characters and beyond it: it
        is the next request that is refused, until enough of them has faded.
        """
        for rate in self._rates(principal, user_id, Cost(0, chars)):
            rate.windows.spend(rate.key, rate.item.get_expiry(), chars)

    def allowance(self, principal: Principal) -> Allowance:
        """Return what the principal's tenant may ask for."""
        return self._allowances.of(principal.tenant)

    def _rates(self, principal: Principal, user_id: str | None, cost: Cost) -> list[_Rate]:
        user = user_of(principal, user_id)
        rates = []
        for policy, of_user, of_chars, item in self.allowance(principal).rates:
            spent = cost.chars if of_chars else cost.updates
            if spent == 0 or (of_user and user is None):
                continue
            windows = self._windows.get(policy)
            if windows is None:
                windows = self._windows[policy] = Windows(self._now, self._max_names)
                self._strategies[policy] = SlidingWindowCounterRateLimiter(windows)
            name = f"{principal.tenant}{SEPARATOR}{_short(user or '') if of_user else ''}"
            rates.append(
                _Rate(policy, item, windows, name, item.key_for(name), min(spent, item.amount))
            )
        return rates


def user_of(principal: Principal, user_id: str | None) -> str | None:
    """Return who counts as the user of a request; None for nobody in particular."""
    if user_id is not None:
        return f"user:{user_id}"
    return principal.name if principal.name.startswith("sub:") else None


def _short(user: str) -> str:
    """Return a name in a bounded number of characters."""
    return (
        user
        if len(user) <= _MAX_USER_CHARS
        else sha256(user.encode("utf-8", "surrogatepass")).hexdigest()
    )


def wait(count: Count, limit: int, cost: int, window_s: int) -> float:
    """Return the seconds until `cost` fits below `limit` if nothing else is spent; 0 if it does.

    What was spent in the window before fades evenly over the current one.
    """
    if count.spent + cost <= limit:
        return 0.0
    # What may count at most, and the little that makes less of it.
    room, gone = limit - cost + 1, 1e-6
    if count.current < room:
        return (count.share - (room - count.current) / count.previous + gone) * window_s
    into_next = max(0.0, 1 - room / count.current) if count.current else 0.0
    return count.reset_s + (into_next + gone) * window_s


def _refuse(rates: list[_Rate], counts: list[Count]) -> TooMany:
    standings, violated, waits = [], [], []
    for rate, count in zip(rates, counts, strict=True):
        standings.append(_standing(rate, count, 0))
        wait_s = wait(count, rate.item.amount, rate.cost, rate.item.get_expiry())
        if wait_s > 0:
            violated.append(rate.policy)
            waits.append(wait_s)
    return TooMany(violated, max(waits), tuple(standings))


def _standing(rate: _Rate, count: Count, cost: int) -> Standing:
    """Return where the caller stands after `cost`."""
    item = rate.item
    remaining = max(0, item.amount - count.spent - cost)
    return Standing(rate.policy, item.amount, item.get_expiry(), remaining, count.reset_s)
