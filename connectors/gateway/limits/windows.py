"""Counts per user or tenant in a sliding window, in bounded memory.

A storage of the library `limits`. Its own in memory keeps every name until a sweep that looks at
all of them (measured: 19 CPU-µs a hit with 1,000 names, against 6 here), and nothing bounds how
many names a sender invents.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from math import floor
from typing import NamedTuple

from limits.aio.storage.base import SlidingWindowCounterSupport, Storage

# Between the tenant and the user of a key; neither holds it.
SEPARATOR = "\x1f"
# Some 650 bytes a name (tracemalloc): 33 MB for each limit on users; two are set by default.
MAX_NAMES = 50_000
# Forgotten at a time when there are too many: one in a hundred, so that looking for the tenant
# that has the most is rare.
_FORGOTTEN_SHARE = 100


class Count(NamedTuple):
    """What was spent in the window before, its share that still counts, and in the current one.

    reset_s: seconds to the end of the current window.
    """

    previous: int
    share: float
    current: int
    reset_s: float

    @property
    def spent(self) -> int:
        """What counts now."""
        return floor(self.previous * self.share + self.current)


class _Window:
    __slots__ = ("current", "index", "previous")

    def __init__(self, index: int) -> None:
        self.index = index
        self.previous = 0
        self.current = 0


class Windows(Storage, SlidingWindowCounterSupport):
    """Counts of one limit. Of names beyond the bound those are forgotten that were not seen for
    longest, of the tenant that has the most: who invents names pushes out their own. A forgotten
    name begins anew, and the limits of its tenant still hold.
    """

    STORAGE_SCHEME = None

    def __init__(self, now: Callable[[], float], max_names: int = MAX_NAMES) -> None:
        """now: seconds since anything."""
        super().__init__()
        self._now = now
        self._max = max_names
        self._size = 0
        # By tenant, both in the order they were last seen.
        self._tenants: OrderedDict[str, OrderedDict[str, _Window]] = OrderedDict()

    def __len__(self) -> int:
        return self._size

    @property
    def base_exceptions(self) -> type[Exception]:
        """See `Storage`: what counting in memory may raise."""
        return ValueError

    def look(self, key: str, expiry: int) -> Count:
        """Return what a name has spent. expiry: seconds of the window."""
        return self._count(self._find(key, expiry), expiry)

    async def acquire_sliding_window_entry(
        self, key: str, limit: int, expiry: int, amount: int = 1
    ) -> bool:
        """See `SlidingWindowCounterSupport`."""
        window = self._find(key, expiry)
        if self._count(window, expiry).spent + amount > limit:
            return False
        if window is None:
            window = self._add(key, expiry)
        window.current += amount
        return True

    def spend(self, key: str, expiry: int, amount: int) -> None:
        """Count what has been used already, whether there is room for it or not."""
        window = self._find(key, expiry)
        if window is None:
            window = self._add(key, expiry)
        window.current += amount

    async def get_sliding_window(self, key: str, expiry: int) -> tuple[int, float, int, float]:
        """See `SlidingWindowCounterSupport`."""
        count = self.look(key, expiry)
        return count.previous, count.share * expiry, count.current, count.reset_s + expiry

    async def clear_sliding_window(self, key: str, expiry: int) -> None:
        """See `SlidingWindowCounterSupport`."""
        del expiry
        await self.clear(key)

    async def clear(self, key: str) -> None:
        """See `Storage`."""
        tenant = _tenant(key)
        group = self._tenants.get(tenant)
        if group is not None and group.pop(key, None) is not None:
            self._size -= 1
            if not group:
                del self._tenants[tenant]

    async def reset(self) -> int | None:
        """See `Storage`."""
        size, self._size = self._size, 0
        self._tenants.clear()
        return size

    async def check(self) -> bool:
        """See `Storage`."""
        return True

    async def incr(self, key: str, expiry: float, amount: int = 1) -> int:
        """Not for windows that slide."""
        raise NotImplementedError

    async def get(self, key: str) -> int:
        """Not for windows that slide."""
        raise NotImplementedError

    async def get_expiry(self, key: str) -> float:
        """Not for windows that slide."""
        raise NotImplementedError

    def _count(self, window: _Window | None, expiry: int) -> Count:
        rest = 1 - self._now() / expiry % 1
        if window is None:
            return Count(0, rest, 0, rest * expiry)
        return Count(window.previous, rest, window.current, rest * expiry)

    def _find(self, key: str, expiry: int) -> _Window | None:
        """Return the window of a name, moved on to now."""
        tenant = _tenant(key)
        group = self._tenants.get(tenant)
        window = None if group is None else group.get(key)
        if group is None or window is None:
            return None
        index = int(self._now() / expiry)
        if window.index != index:
            window.previous = window.current if window.index == index - 1 else 0
            window.current = 0
            window.index = index
        group.move_to_end(key)
        self._tenants.move_to_end(tenant)
        return window

    def _add(self, key: str, expiry: int) -> _Window:
        if self._size >= self._max:
            self._forget()
        group = self._tenants.setdefault(_tenant(key), OrderedDict())
        window = group[key] = _Window(int(self._now() / expiry))
        self._size += 1
        return window

    def _forget(self) -> None:
        """Make room: some of the tenant with the most; of tenants with one each, the quietest."""
        some = max(1, self._max // _FORGOTTEN_SHARE)
        tenant = max(self._tenants, key=lambda name: len(self._tenants[name]))
        group = self._tenants[tenant]
        if len(group) > 1:
            some = min(some, len(group) - 1)
            for _ in range(some):
                group.popitem(last=False)
        else:
            for _ in range(some):
                self._tenants.popitem(last=False)
        self._size -= some


def _tenant(key: str) -> str:
    return key.partition(SEPARATOR)[0]
