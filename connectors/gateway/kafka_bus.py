"""The bus over Kafka: one thread reads all partitions, one writes chunks."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from zlib import crc32

from connectors.gateway.bus import FOLLOWED, Take
from connectors.kafka.client import Client, LostOffset, Partition, Producer, Reader, open_client
from connectors.kafka.settings import KafkaSettings
from connectors.kafka.sink import FLUSH_GRACE_S, require_topics
from connectors.logs import logger
from guardrails.errors import ConnectorError
from guardrails.records import Output, Record

log = logger(__name__)

# Records of each partition that are read again at the start, so that clients of another gateway,
# or of this one before its restart, find their streams here: some 100 replies of 400 tokens.
HISTORY_RECORDS = 50_000
# Seconds: the pause between two looks at quiet partitions, and the longest one.
_FIRST_WAIT_S = 0.0005
_LONGEST_WAIT_S = 0.002


class KafkaBus:
    """Hands over what the guard writes, and writes chunks under the key of their stream.

    Every gateway reads all partitions from where the log ends, less `history` records: nothing of
    it is remembered anywhere, so gateways come and go as they like.
    """

    lag_s = 2.0

    def __init__(self, settings: KafkaSettings, *, history: int = HISTORY_RECORDS) -> None:
        """Raises ConnectorError if the client library is missing. Connects nothing yet."""
        # Somebody waits for every chunk.
        self._settings = settings.model_copy(update={"linger_ms": 0.0})
        self._client: Client = open_client(self._settings)
        self._history = history
        self._beside: dict[str, Take] = {}
        # The log is known by where it is: a topic that was made anew is shorter than the positions
        # clients hold, and that shows.
        named = f"{settings.bootstrap_servers} {settings.topic_prefix}"
        self.epoch = f"{crc32(named.encode()):08x}"
        self._ends = threading.Event()
        self._trouble: str | None = None
        self._producer: Producer | None = None
        self._writer = ThreadPoolExecutor(1, "gateway-writer")
        self._follower: threading.Thread | None = None

    @property
    def trouble(self) -> str | None:
        """Say why nothing goes through at the moment; None when all is well."""
        return self._trouble

    async def start(self, take: Take) -> None:
        """Hand over the history, then what comes. Raises ConnectorError."""
        loop = asyncio.get_running_loop()
        names = {self._settings.topic(name): name for name in (*FOLLOWED, *self._beside)}
        readers = await loop.run_in_executor(self._writer, self._connect, list(names))
        caught_up = asyncio.Event()

        def on_loop(call: Callable[..., object], *given: object) -> None:
            try:
                loop.call_soon_threadsafe(call, *given)
            except RuntimeError:
                # The loop is closed: nobody wants to know any more.
                self._ends.set()

        def hand_over(name: str, records: Sequence[Record]) -> None:
            on_loop(self._beside.get(name, take), name, records)

        def follow() -> None:
            try:
                _Follower(readers, names, hand_over, self._ends).run(lambda: on_loop(caught_up.set))
            except ConnectorError as error:
                self._trouble = str(error)
                log.error("the gateway reads nothing any more", problem=error)
            except Exception as error:  # noqa: BLE001 - whatever it is, the gateway is deaf
                self._trouble = "the gateway reads nothing any more; restart it"
                log.error("the gateway reads nothing any more", problem=type(error).__name__)
            finally:
                # Whoever still waits for the history waits for nothing.
                on_loop(caught_up.set)

        self._follower = threading.Thread(target=follow, name="gateway-follower", daemon=True)
        self._follower.start()
        await caught_up.wait()
        if self._trouble is not None:
            raise ConnectorError(self._trouble)

    async def publish(self, stream_id: str, value: bytes) -> None:
        """Append an event to topic `chunks`. Raises ConnectorError."""
        await self.append("chunks", stream_id.encode(), value)

    def listen(self, topic: str, take: Take) -> None:
        """Follow another topic, too, from the start on. topic: without prefix."""
        self._beside[topic] = take

    async def append(self, topic: str, key: bytes, value: bytes) -> None:
        """Append a record to a topic, without prefix. Raises ConnectorError."""
        output = Output(self._settings.topic(topic), key, value)
        await asyncio.get_running_loop().run_in_executor(self._writer, self._send, output)

    async def close(self) -> None:
        """Send what is left, then let go of threads and connections.

        Raises ConnectorError when something could not be sent; all is let go of then, too.
        """
        self._ends.set()
        loop = asyncio.get_running_loop()
        try:
            await loop.run_in_executor(self._writer, self._flush)
        finally:
            self._writer.shutdown(wait=False)
            if self._follower is not None:
                await asyncio.to_thread(self._follower.join)

    def _connect(self, followed: list[str]) -> list[Reader]:
        topics = [*followed, self._settings.topic("chunks")]
        require_topics(self._client, self._settings, topics)
        admin = self._client.admin()
        try:
            counts = admin.describe(followed)
        finally:
            admin.close()
        self._producer = self._client.producer()
        with ExitStack() as opened:
            readers = []
            for topic, count in counts.items():
                for number in range(count):
                    reader = self._client.reader(Partition(topic, number))
                    opened.callback(reader.close)
                    span = reader.span()
                    reader.seek(max(span.begin, span.end - self._history))
                    readers.append(reader)
            # All are there: whoever reads them closes them.
            opened.pop_all()
        return readers

    def _send(self, output: Output) -> None:
        if self._producer is None:
            raise ConnectorError("the gateway is not connected yet; send the same again")
        self._producer.check()
        self._producer.send(output)

    def _flush(self) -> None:
        if self._producer is not None:
            try:
                self._producer.flush(self._settings.delivery_timeout_s + FLUSH_GRACE_S)
            finally:
                self._producer.close()


class _Follower:
    """Reads all partitions in turn, on a thread of its own."""

    def __init__(
        self,
        readers: Sequence[Reader],
        names: dict[str, str],
        hand_over: Take,
        ends: threading.Event,
    ) -> None:
        self._readers = readers
        self._names = names
        self._hand_over = hand_over
        self._ends = ends

    def run(self, caught_up: Callable[[], object]) -> None:
        """Read until told to end. caught_up: called once, when the history has been read."""
        try:
            spans = [reader.span().end for reader in self._readers]
            told = False
            wait_s = _FIRST_WAIT_S
            while not self._ends.is_set():
                found = [self._read(reader) for reader in self._readers]
                if not told and all(
                    reader.position >= end for reader, end in zip(self._readers, spans, strict=True)
                ):
                    told = True
                    caught_up()
                if any(found):
                    wait_s = _FIRST_WAIT_S
                else:
                    time.sleep(wait_s)
                    wait_s = min(wait_s * 1.5, _LONGEST_WAIT_S)
        finally:
            for reader in self._readers:
                reader.close()

    def _read(self, reader: Reader) -> bool:
        try:
            records = reader.poll()
        except LostOffset:
            # Deleted while we looked elsewhere: clients are told of a gap.
            reader.seek(reader.span().begin)
            return True
        if records:
            self._hand_over(self._names[records[0].topic], records)
        return bool(records)
