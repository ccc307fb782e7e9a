"""The wall clock, set while a flow runs."""

from __future__ import annotations

import threading
import time

import pytest

from connectors.clock import MAX_STEP_BACK_S, end_when_set_back, steady_ms


def run(offsets: list[float]) -> list[int]:
    """Look at the clock until all offsets were seen; return the exit codes."""
    codes: list[int] = []
    seen = threading.Event()

    def offset_s() -> float:
        if len(offsets) == 1:
            seen.set()
            return offsets[0]
        return offsets.pop(0)

    deadline = time.monotonic() + 10
    with end_when_set_back(offset_s, codes.append, period_s=0.001):
        while not seen.is_set() and not codes and time.monotonic() < deadline:
            time.sleep(0.001)
        time.sleep(0.01)
    return codes


def test_a_clock_that_is_set_back_ends_the_process(caplog: pytest.LogCaptureFixture) -> None:
    assert run([100.0, 100.0, 40.0, 40.0]) == [3]
    assert "back_s=60" in caplog.text


def test_a_clock_that_goes_forward_and_back_again_was_set_back() -> None:
    assert run([100.0, 160.0, 100.0, 100.0]) == [3]


def test_a_clock_that_is_set_forward_or_a_little_back_ends_nothing() -> None:
    assert run([100.0, 160.0, 160.0 - MAX_STEP_BACK_S, 3_600.0, 3_600.0]) == []


def test_the_steady_clock_begins_with_the_wall_clock_and_is_not_set(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = steady_ms()
    assert abs(before - time.time() * 1000) < 60_000
    monkeypatch.setattr(time, "time_ns", lambda: 0)
    assert steady_ms() >= before
