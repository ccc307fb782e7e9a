"""The topic `policies` as a log: everything in it, then what has come since."""

from __future__ import annotations

import time

from connectors.kafka.client import LostOffset, Offsets, Partition, Reader, open_client
from connectors.kafka.settings import KafkaSettings
from connectors.logs import logger
from guardrails.errors import ConnectorError
from guardrails.records import Record

log = logger(__name__)

# Seconds between two polls while records are on their way; they come within some of these.
_POLL_S = 0.01
# Seconds between two questions at the start: an election takes some tenths.
_RETRY_S = 0.1


class PolicyLog:
    """The one partition of the topic, read by offset. For one thread."""

    def __init__(self, settings: KafkaSettings) -> None:
        """Nothing is connected before `open`."""
        # Its offsets are kept nowhere: every reader reads all of it.
        self._settings = settings.model_copy(update={"group": ""})
        self._client = open_client(self._settings)
        self._partition = Partition(settings.topic("policies"), 0)
        self._position = 0
        self._offsets: Offsets | None = None

    def open(self) -> None:
        """Connect. Raises ConnectorError when there is no such topic, or it has two partitions."""
        topic = self._partition.topic
        admin = self._client.admin()
        try:
            count = admin.describe([topic]).get(topic)
        finally:
            admin.close()
        if count is None:
            raise ConnectorError(
                f"there is no topic {topic} at {self._settings.bootstrap_servers}; run "
                "`tidegate topics create`, or correct TIDEGATE_TOPIC_PREFIX"
            )
        if count != 1:
            raise ConnectorError(
                f"topic {topic} has {count} partitions, which have no order among them; "
                "make it anew with one"
            )
        self._offsets = self._client.offsets()
        self._wait_for_leader(self._offsets)

    def _wait_for_leader(self, offsets: Offsets) -> None:
        """A topic that was just made takes a moment until it can be asked."""
        deadline = time.monotonic() + self._settings.startup_timeout_s
        while True:
            try:
                offsets.ends([self._partition])
            except ConnectorError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(_RETRY_S)
            else:
                return

    def read(self) -> list[Record]:
        """Return what was in the log at the call and has not been returned yet, in order.

        Raises ConnectorError when the brokers do not answer; nothing is skipped then.
        """
        if self._offsets is None:
            raise ConnectorError(f"{self._partition} is not open; call `open` first")
        end = self._offsets.ends([self._partition])[self._partition]
        if end < self._position:
            log.error(
                "the log ends before what was read of it: made anew; reading it from its start",
                partition=self._partition,
                wanted=self._position,
                held_to=end,
            )
            self._position = 0
        if end == self._position:
            return []
        # Opened for every change, which are rare: an idle reader would fetch all the time.
        reader = self._client.reader(self._partition)
        try:
            records = self._read_to(reader, end)
        finally:
            reader.close()
        self._position = end
        return records

    def _read_to(self, reader: Reader, end: int) -> list[Record]:
        deadline = time.monotonic() + self._settings.startup_timeout_s
        records: list[Record] = []
        reader.seek(self._position)
        while reader.position < end:
            try:
                found = reader.poll()
            except LostOffset:
                # What is gone from the front was removed on purpose: compaction keeps every key.
                reader.seek(reader.span().begin)
                continue
            # Removed by its key: only the mark is left.
            records += [record for record in found if record.offset < end and record.value]
            if found:
                continue
            if time.monotonic() > deadline:
                raise ConnectorError(
                    f"{self._partition}: nothing came from offset {reader.position} on, though "
                    f"the log ends at {end}; check the broker"
                )
            time.sleep(_POLL_S)
        return records

    def close(self) -> None:
        """Let go of the connection."""
        if self._offsets is not None:
            self._offsets.close()
            self._offsets = None
