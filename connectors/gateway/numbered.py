"""A list that forgets its beginning, and whose items keep their numbers."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Generic, TypeVar

T = TypeVar("T")


class Numbered(Generic[T]):
    """Items by number, from `first` to before `end`; what came before is gone.

    >>> items = Numbered[str]()
    >>> for word in ("a", "b", "c"):
    ...     items.append(word)
    >>> items.forget()
    >>> (items.first, items.end, items[1], items.since(0))
    (1, 3, 'b', ['b', 'c'])
    """

    def __init__(self) -> None:
        self.first = 0
        self._items: list[T] = []

    @property
    def end(self) -> int:
        """Return the number of the next item."""
        return self.first + len(self._items)

    def __len__(self) -> int:
        """Return how many there have been: `bisect` counts from 0, and begins at `first`."""
        return self.end

    def __bool__(self) -> bool:
        return bool(self._items)

    def __iter__(self) -> Iterator[T]:
        return iter(self._items)

    def __getitem__(self, number: int) -> T:
        """Return an item. Raises IndexError for one that is gone or has not come."""
        if number < self.first:
            raise IndexError(f"item {number} is gone; the first one kept is {self.first}")
        return self._items[number - self.first]

    @property
    def last(self) -> T:
        """Return the newest item. Raises IndexError while there is none."""
        return self._items[-1]

    @last.setter
    def last(self, item: T) -> None:
        self._items[-1] = item

    def append(self, item: T) -> None:
        """Add an item; its number is `end`."""
        self._items.append(item)

    def since(self, number: int) -> list[T]:
        """Return the items from a number on, as far as they are kept."""
        return list(islice(self._items, max(0, number - self.first), None))

    def forget(self) -> None:
        """Let the oldest item go, unless it is the only one."""
        if len(self._items) > 1:
            del self._items[0]
            self.first += 1
