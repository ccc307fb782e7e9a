"""Records on their way to their topic: whoever has one to publish does not wait for the broker."""

from __future__ import annotations

import threading
from concurrent.futures import Future
from queue import SimpleQueue
from typing import Protocol

from guardrails.records import Output

# What was answered last leaves within milliseconds; a broker that is away is not waited for.
_CLOSE_TIMEOUT_S = 5.0


class Publisher(Protocol):
    """Writes records to their topic. Used by one thread, which is not the one that opened it."""

    def send(self, output: Output) -> None:
        """Hand one record over."""

    def flush(self) -> None:
        """Wait until all that was handed over is stored. Raises ConnectorError if it cannot be."""

    def close(self) -> None:
        """Let go of connections."""


class Outbox:
    """A queue and the one thread that empties it into a publisher. Its methods may be called from
    any thread. It holds no more than what is answered between two flushes.
    """

    def __init__(self, publisher: Publisher) -> None:
        """publisher: is closed with it."""
        self._publisher = publisher
        # A future stands for a flush, None for the end.
        self._queue: SimpleQueue[Output | Future[None] | None] = SimpleQueue()
        self._error: Exception | None = None
        self._thread = threading.Thread(target=self._run, name="tidegate-outbox", daemon=True)
        self._thread.start()

    def put(self, output: Output) -> None:
        """Hand one record over; never waits. Raises what has ended the sending, if anything has."""
        if self._error is not None:
            raise self._error
        self._queue.put(output)

    def flush(self) -> None:
        """Wait until all that was put before is stored. Raises ConnectorError if it cannot be."""
        stored: Future[None] = Future()
        self._queue.put(stored)
        stored.result()

    def close(self) -> None:
        """Send what is left and end the thread; what is not stored then counts as not sent."""
        self._queue.put(None)
        self._thread.join(_CLOSE_TIMEOUT_S)

    def _run(self) -> None:
        while (item := self._queue.get()) is not None:
            try:
                if self._error is not None:
                    raise self._error
                if isinstance(item, Output):
                    self._publisher.send(item)
                else:
                    self._publisher.flush()
                    item.set_result(None)
            except Exception as error:  # noqa: BLE001 - told to whoever puts or flushes next
                self._error = error
                if isinstance(item, Future):
                    item.set_exception(error)
        self._publisher.close()
