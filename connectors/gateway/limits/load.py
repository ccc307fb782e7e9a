"""What is turned away first when there is too much to do."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from enum import Enum
from types import MappingProxyType

from connectors.gateway.auth.principal import Priority
from connectors.gateway.limits.answer import Overloaded

# Updates that wait for their verdict at once. At 500 updates a second and 10 ms each there are 5;
# at 1,000 the guard is seconds behind, and who waits has mostly given up.
MAX_WAITING = 1000
RETRY_AFTER_S = 2.0


class Work(Enum):
    """START: a new stream, or a whole text. UPDATE: of a stream that has begun. FINISH: of one
    that is then done with.
    """

    START = "start"
    UPDATE = "update"
    FINISH = "finish"


# From which share of the capacity on each is turned away. New streams before those that readers
# are looking at, low before normal before high. The end of a stream frees what it holds: never.
SHARES: Mapping[tuple[Priority, Work], float] = MappingProxyType(
    {
        (Priority.LOW, Work.START): 0.5,
        (Priority.LOW, Work.UPDATE): 0.7,
        (Priority.NORMAL, Work.START): 0.75,
        (Priority.NORMAL, Work.UPDATE): 0.9,
        (Priority.HIGH, Work.START): 0.95,
        (Priority.HIGH, Work.UPDATE): 1.0,
    }
)


class Load:
    """Counts what is under way, and turns away what has to wait.

    pressure: how full what stands behind us is, from 0 to 1: how far the guard lags, for example.
    """

    def __init__(
        self, max_waiting: int = MAX_WAITING, pressure: Callable[[], float] = lambda: 0.0
    ) -> None:
        self._max = max_waiting
        self._pressure = pressure
        self._waiting = 0

    @property
    def share(self) -> float:
        """How full the gateway is: 1 at its capacity, beyond it when streams end."""
        return max(self._waiting / self._max, self._pressure())

    @contextmanager
    def enter(self, priority: Priority, work: Work) -> Iterator[None]:
        """Do some work. Raises Overloaded when it has to wait for its turn."""
        threshold = SHARES.get((priority, work))
        if threshold is not None and self.share >= threshold:
            raise Overloaded(RETRY_AFTER_S)
        self._waiting += 1
        try:
            yield
        finally:
            self._waiting -= 1
