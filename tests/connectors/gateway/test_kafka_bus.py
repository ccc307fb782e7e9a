"""The bus over Kafka where its client fails: it says so, waits for nothing and lets go of all."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext

import pytest

from connectors.gateway import kafka_bus
from connectors.gateway.kafka_bus import KafkaBus
from connectors.kafka.client import Partition, Span
from connectors.kafka.settings import KafkaSettings
from flows.gateway import serve_kafka
from guardrails import default_plan
from guardrails.errors import ConnectorError
from guardrails.plans import Plans
from guardrails.records import Output, Record

AWAY = ConnectorError("the broker went away; check it")
ODD = ValueError("hunter2")


class Log:
    """A broker with one partition of each topic, and a client of it that fails when told to.

    fails: raised by the next poll.
    """

    def __init__(self, *, asked: Exception | None = None, flushed: Exception | None = None) -> None:
        """asked: raised when the follower asks for the end of a partition. flushed: at the end."""
        self.asked = asked
        self.flushed = flushed
        self.fails: Exception | None = None
        self.readers: list[LogReader] = []
        self.is_closed = False

    def reader(self, _partition: Partition) -> LogReader:
        self.readers.append(LogReader(self))
        return self.readers[-1]

    def admin(self) -> Log:
        return self

    def producer(self) -> LogProducer:
        return LogProducer(self)

    def describe(self, names: Sequence[str]) -> Mapping[str, int]:
        return dict.fromkeys(names, 1)

    def close(self) -> None: ...


class LogReader:
    def __init__(self, log: Log) -> None:
        self._log = log
        self.position = 0
        self.is_closed = False

    def span(self) -> Span:
        if self._log.asked is not None and threading.current_thread().name == "gateway-follower":
            raise self._log.asked
        return Span(0, 0)

    def seek(self, offset: int) -> None:
        self.position = offset

    def poll(self) -> list[Record]:
        if self._log.fails is not None:
            raise self._log.fails
        return []

    def close(self) -> None:
        self.is_closed = True


class LogProducer:
    def __init__(self, log: Log) -> None:
        self._log = log

    def send(self, output: Output) -> None: ...

    def check(self) -> None: ...

    def flush(self, _timeout_s: float) -> None:
        if self._log.flushed is not None:
            raise self._log.flushed

    def close(self) -> None:
        self._log.is_closed = True


@pytest.fixture
def open_bus(monkeypatch: pytest.MonkeyPatch) -> Callable[[Log], KafkaBus]:
    def open_bus(log: Log) -> KafkaBus:
        monkeypatch.setattr(kafka_bus, "open_client", lambda _settings: log)
        return KafkaBus(KafkaSettings(bootstrap_servers="nowhere:1"))

    return open_bus


def ignore(_topic: str, _records: Sequence[Record]) -> None: ...


@pytest.mark.parametrize("problem", [AWAY, ODD], ids=["away", "odd"])
def test_a_follower_that_dies_before_it_caught_up_ends_the_start(
    open_bus: Callable[[Log], KafkaBus], problem: Exception
) -> None:
    async def start() -> None:
        bus = open_bus(log)
        try:
            async with asyncio.timeout(5):
                await bus.start(ignore)
        finally:
            await bus.close()

    log = Log(asked=problem)
    with pytest.raises(ConnectorError) as raised:
        asyncio.run(start())
    assert "hunter2" not in str(raised.value)
    assert all(reader.is_closed for reader in log.readers)


@pytest.mark.parametrize("problem", [AWAY, ODD], ids=["away", "odd"])
def test_a_follower_that_dies_later_is_told_as_trouble(
    open_bus: Callable[[Log], KafkaBus], problem: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    async def follow() -> str | None:
        bus = open_bus(log)
        await bus.start(ignore)
        assert bus.trouble is None
        log.fails = problem
        end = time.monotonic() + 5
        while bus.trouble is None and time.monotonic() < end:
            await asyncio.sleep(0.01)
        told = bus.trouble
        await bus.close()
        return told

    log = Log()
    told = asyncio.run(follow())
    assert told
    assert "hunter2" not in told + caplog.text
    assert (str(AWAY) if problem is AWAY else "ValueError") in caplog.text


def test_a_gateway_that_hears_nothing_any_more_ends(
    open_bus: Callable[[Log], KafkaBus], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A broker that is away only means no records: this is what a retry cannot mend."""

    def fail(_url: str) -> None:
        log.fails = AWAY

    log = Log()
    open_bus(log)
    monkeypatch.setattr("flows.gateway.follow_policies", lambda *_, **__: nullcontext())
    environ = {"TIDEGATE_GATEWAY_PORT": "0", "TIDEGATE_GATEWAY_SECRET": "0" * 64}
    kafka = KafkaSettings(bootstrap_servers="nowhere:1")
    plans = Plans(default_plan())
    with pytest.raises(ConnectorError, match="went away"):
        serve_kafka(kafka, plans, environ, threading.Event(), started=fail)
    assert all(reader.is_closed for reader in log.readers)


def test_what_cannot_be_sent_at_the_end_keeps_no_thread_and_no_connection(
    open_bus: Callable[[Log], KafkaBus],
) -> None:
    async def close() -> None:
        bus = open_bus(log)
        await bus.start(ignore)
        with pytest.raises(ConnectorError, match="went away"):
            await bus.close()

    log = Log(flushed=AWAY)
    before = {thread.name for thread in threading.enumerate()}
    asyncio.run(close())
    assert log.is_closed
    assert all(reader.is_closed for reader in log.readers)
    left = {thread.name for thread in threading.enumerate()} - before
    assert "gateway-follower" not in left


def test_readers_that_were_opened_are_closed_when_another_cannot_be(
    open_bus: Callable[[Log], KafkaBus], monkeypatch: pytest.MonkeyPatch
) -> None:
    def span(reader: LogReader) -> Span:
        if len(log.readers) == 3:
            raise AWAY
        return Span(0, 0)

    async def start() -> None:
        bus = open_bus(log)
        try:
            await bus.start(ignore)
        finally:
            await bus.close()

    log = Log()
    monkeypatch.setattr(LogReader, "span", span)
    with pytest.raises(ConnectorError, match="went away"):
        asyncio.run(start())
    assert [reader.is_closed for reader in log.readers] == [True] * 3
