"""Who is turned away first."""

from contextlib import ExitStack

import pytest

from connectors.gateway.auth.principal import Priority
from connectors.gateway.limits.answer import Overloaded
from connectors.gateway.limits.load import Load, Work

ORDER = [
    (Priority.LOW, Work.START),
    (Priority.LOW, Work.UPDATE),
    (Priority.NORMAL, Work.START),
    (Priority.NORMAL, Work.UPDATE),
    (Priority.HIGH, Work.START),
    (Priority.HIGH, Work.UPDATE),
]


def served(load: Load) -> list[tuple[Priority, Work]]:
    passed = []
    for priority, work in ORDER:
        try:
            with load.enter(priority, work):
                passed.append((priority, work))
        except Overloaded:
            pass
    return passed


def test_the_fuller_it_is_the_fewer_are_served_in_this_order() -> None:
    load = Load(100)
    seen = []
    with ExitStack() as stack:
        for _ in range(100):
            stack.enter_context(load.enter(Priority.HIGH, Work.UPDATE))
            seen.append(served(load))
    assert seen[0] == ORDER
    assert seen[-1] == []
    for passed in seen:
        assert passed == ORDER[len(ORDER) - len(passed) :]
    assert {len(passed) for passed in seen} == set(range(7))
    assert served(load) == ORDER


@pytest.mark.parametrize("priority", Priority)
def test_the_end_of_a_stream_is_always_served(priority: Priority) -> None:
    load = Load(1, pressure=lambda: 5.0)
    with load.enter(priority, Work.FINISH), load.enter(priority, Work.FINISH):
        assert load.share == 5.0


def test_what_stands_behind_the_gateway_counts_as_well() -> None:
    lag = 0.0
    load = Load(100, pressure=lambda: lag)
    assert served(load) == ORDER
    lag = 0.8
    assert served(load) == ORDER[3:]
    lag = 1.0
    assert served(load) == []


def test_work_that_fails_frees_its_place() -> None:
    load = Load(1)
    with pytest.raises(ZeroDivisionError), load.enter(Priority.HIGH, Work.UPDATE):
        raise ZeroDivisionError
    assert load.share == 0.0


def test_who_is_turned_away_learns_when_to_come_back() -> None:
    load = Load(1, pressure=lambda: 1.0)
    with pytest.raises(Overloaded) as caught, load.enter(Priority.HIGH, Work.UPDATE):
        pass
    assert caught.value.headers == {"Retry-After": "2"}
    assert caught.value.problem["status"] == 503
    assert str(caught.value.problem["type"]).endswith("#temporary-reduced-capacity")
