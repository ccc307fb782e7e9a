"""What the integration tests share: sockets that a client library drops are not their failure."""

from __future__ import annotations

import gc
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """kafka-python leaves refused and half-open connections to the garbage collector."""
    for item in items:
        if HERE in item.path.parents:
            for dropped in ("ignore::pytest.PytestUnraisableExceptionWarning", "ignore:unclosed"):
                item.add_marker(pytest.mark.filterwarnings(dropped))


def collect_dropped_sockets() -> None:
    """Collect them here, and not in the middle of somebody else's test."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        gc.collect()


@pytest.fixture(autouse=True)
def _after_each_test() -> Iterator[None]:
    yield
    collect_dropped_sockets()


def pytest_sessionfinish() -> None:
    """Brokers are stopped by now; what still tried to reach them has been refused."""
    collect_dropped_sockets()
