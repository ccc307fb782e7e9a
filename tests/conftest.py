"""What every test may use: the broker of this run, and topics nobody else writes to."""

from __future__ import annotations

import os
import signal
import sys
import threading
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from connectors.kafka.client import TopicSpec, open_client
from connectors.kafka.settings import KafkaSettings
from tests.broker import Broker

MakeTopic = Callable[..., str]

# Where Python is told to keep no bytecode, the commands that tests start keep theirs apart from the
# sources: compiling the catalogue anew is a third of what each of hundreds of them costs.
if os.environ.pop("PYTHONDONTWRITEBYTECODE", None):
    os.environ["PYTHONPYCACHEPREFIX"] = str(Path(sys.prefix) / "bytecode")


# In the background of a shell Ctrl-C is ignored, and whoever we start would ignore it, too.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_report_header() -> str:
    """Which broker the integration tests will use, before anything runs."""
    return f"kafka broker: {Broker().name}"


@pytest.fixture(scope="session")
def broker() -> Iterator[Broker]:
    """The broker of this run, started at its first use."""
    broker = Broker()
    broker.start()
    yield broker
    # Readers let go in the background; without a broker they would try to connect again.
    for thread in threading.enumerate():
        if thread.name.startswith("kafka-"):
            thread.join(1)
    broker.stop()


@pytest.fixture(scope="session", params=["kafka-python", "confluent"])
def settings(request: pytest.FixtureRequest, broker: Broker) -> KafkaSettings:
    """Settings for the broker of this run, once with each client."""
    if request.param == "confluent":
        pytest.importorskip("confluent_kafka", reason="the extra `fast` is not installed")
    return KafkaSettings(bootstrap_servers=broker.bootstrap, client=request.param, idle_wait_ms=2)


@pytest.fixture(scope="session")
def make_topic(broker: Broker) -> MakeTopic:
    """`make_topic(partitions=1, **config)` creates a topic with a fresh name and returns it."""
    admin_settings = KafkaSettings(bootstrap_servers=broker.bootstrap)

    def make(partitions: int = 1, **config: str) -> str:
        name = f"test-{uuid.uuid4().hex[:12]}"
        options = {key.replace("_", "."): value for key, value in config.items()}
        admin = open_client(admin_settings).admin()
        try:
            admin.create([TopicSpec(name, partitions, 1, options)])
        finally:
            admin.close()
        return name

    return make
