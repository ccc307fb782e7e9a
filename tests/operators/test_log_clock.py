"""Log time: the largest timestamp, less the wait, plus the running time since."""

from datetime import UTC, datetime, timedelta

from bytewax.operators.windowing import UTC_MAX
from bytewax.testing import TimeTestingGetter

from operators.log_clock import LogClock

NOON = datetime(2025, 6, 1, 12, tzinfo=UTC)
WAIT = timedelta(seconds=10)


def clock(wall: TimeTestingGetter, *, closes_at_end: bool = False) -> LogClock[datetime]:
    return LogClock(lambda item: item, WAIT, wall.get, closes_at_end)


def seconds(count: float) -> timedelta:
    return timedelta(seconds=count)


def test_log_time_follows_the_largest_timestamp_and_never_goes_back():
    wall = TimeTestingGetter(NOON + seconds(3_600))
    logic = clock(wall).build(None)
    assert logic.on_item(NOON) == (NOON, NOON - WAIT)
    assert logic.on_item(NOON - seconds(5)) == (NOON - seconds(5), NOON - WAIT)
    assert logic.on_item(NOON + seconds(1))[1] == NOON + seconds(1) - WAIT


def test_log_time_goes_on_with_running_time_while_nothing_comes():
    wall = TimeTestingGetter(NOON)
    logic = clock(wall).build(None)
    logic.on_item(NOON)
    wall.advance(seconds(4))
    assert logic.on_notify() == NOON + seconds(4) - WAIT


def test_a_wall_clock_that_is_set_back_lets_log_time_stand():
    wall = TimeTestingGetter(NOON)
    logic = clock(wall).build(None)
    logic.on_item(NOON)
    wall.advance(seconds(-3_600))
    assert logic.on_notify() == NOON - WAIT
    wall.advance(seconds(3_605))
    assert logic.on_notify() == NOON + seconds(5) - WAIT


def test_it_asks_to_be_woken_at_the_very_moment_log_time_gets_there():
    wall = TimeTestingGetter(NOON + seconds(86_400))
    logic = clock(wall).build(None)
    logic.on_item(NOON)
    at = logic.to_system_utc(NOON + seconds(60))
    assert at == wall.get() + WAIT + seconds(60)
    wall.advance(at - wall.get())
    assert logic.on_notify() == NOON + seconds(60)


def test_time_between_two_executions_does_not_count():
    wall = TimeTestingGetter(NOON)
    logic = clock(wall).build(None)
    logic.on_item(NOON)
    wall.advance(seconds(2))
    logic.before_batch()
    saved = logic.snapshot()
    wall.advance(timedelta(days=3))
    again = clock(wall).build(saved)
    assert again.on_notify() == NOON + seconds(2) - WAIT


def test_the_end_closes_everything_only_when_it_is_that_of_the_input():
    wall = TimeTestingGetter(NOON)
    logic = clock(wall).build(None)
    logic.on_item(NOON)
    assert logic.on_eof() == NOON - WAIT
    assert clock(wall, closes_at_end=True).build(None).on_eof() == UTC_MAX
