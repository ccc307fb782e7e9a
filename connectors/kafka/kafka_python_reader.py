"""Reading one partition with kafka-python: a lane of the feed that all partitions share."""

from __future__ import annotations

from connectors.kafka.client import Partition, Span
from connectors.kafka.kafka_python_feed import Feed, Lane
from guardrails.records import Record


class KafkaPythonReader:
    """One partition, fetched by the shared feed."""

    def __init__(self, feed: Feed, partition: Partition) -> None:
        """Connects nothing."""
        self._feed = feed
        self._partition = partition
        self._position = 0
        self._lane: Lane | None = None

    @property
    def position(self) -> int:
        """See `Reader.position`."""
        return self._position

    def span(self) -> Span:
        """See `Reader.span`."""
        return self._feed.span(self._partition)

    def seek(self, offset: int) -> None:
        """See `Reader.seek`."""
        self._position = offset
        self._lane = self._feed.open_lane(self._partition, offset)

    def poll(self) -> list[Record]:
        """See `Reader.poll`."""
        if self._lane is None or not self._lane.fetched:
            return []
        fetched = self._lane.fetched.popleft()
        self._feed.note_room()
        if fetched.failure is not None:
            raise fetched.failure
        self._position = fetched.position
        return fetched.records

    def close(self) -> None:
        """See `Reader.close`. Returns at once; the feed ends after its last lane."""
        if self._lane is not None:
            self._feed.close_lane(self._lane)
            self._lane = None
        self._feed.close_unused()
