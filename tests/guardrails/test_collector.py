"""Pausing the garbage collector never leaves it off, and never turns it on."""

import gc

import pytest

from guardrails.collector import paused


def test_nothing_is_collected_meanwhile_and_everything_is_again_afterwards() -> None:
    on = []

    def fail() -> None:
        with paused():
            on.append(gc.isenabled())
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert on == [False]
    assert gc.isenabled()


def test_a_collector_that_was_off_stays_off() -> None:
    gc.disable()
    try:
        with paused():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()
