"""Objects that others own, as long as they live."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Generic, TypeVar
from weakref import WeakSet

_T = TypeVar("_T")


class Living(Generic[_T]):
    """A set that keeps nothing alive. One thread may add to it while another goes through it."""

    def __init__(self) -> None:
        self._members: WeakSet[_T] = WeakSet()
        self._lock = threading.Lock()

    def add(self, member: _T) -> None:
        """Take a member; once is enough, more does no harm."""
        with self._lock:
            self._members.add(member)

    def __iter__(self) -> Iterator[_T]:
        with self._lock:
            return iter(list(self._members))
