"""When a failing service is left alone, and for how long."""

from __future__ import annotations

from random import Random

from guardrails.breaker import MAX_COOL_DOWN_S, THRESHOLD, Breaker, BreakerState


def opened(at_s: float = 0.0) -> Breaker:
    breaker = Breaker()
    for _ in range(THRESHOLD):
        assert breaker.admit(at_s)
        breaker.fail(at_s)
    return breaker


def test_it_opens_after_failures_in_a_row_and_not_after_as_many_apart() -> None:
    breaker = Breaker(threshold=3)
    for _ in range(10):
        breaker.fail(0.0)
        breaker.fail(0.0)
        breaker.succeed()
    assert breaker.state is BreakerState.CLOSED
    for _ in range(3):
        breaker.fail(5.0)
    assert (breaker.state, breaker.retry_at_s, breaker.opened) == (BreakerState.OPEN, 6.0, 1)


def test_an_open_one_admits_one_call_when_it_has_cooled_down() -> None:
    breaker = opened()
    assert not breaker.admit(0.999)
    assert breaker.admit(1.0)
    assert breaker.state is BreakerState.HALF_OPEN
    assert not breaker.admit(100.0)
    breaker.succeed()
    assert breaker.admit(100.0)
    assert breaker.admit(100.0)


def test_each_failed_try_doubles_the_cool_down_up_to_a_limit_and_a_success_forgets_it() -> None:
    breaker, now_s, waits = opened(), 0.0, []
    for _ in range(8):
        assert breaker.retry_at_s is not None
        waits.append(breaker.retry_at_s - now_s)
        now_s = breaker.retry_at_s
        assert breaker.admit(now_s)
        breaker.fail(now_s)
    assert waits == [1.0, 2.0, 4.0, 8.0, 16.0, MAX_COOL_DOWN_S, MAX_COOL_DOWN_S, MAX_COOL_DOWN_S]
    assert breaker.admit(now_s + MAX_COOL_DOWN_S)
    breaker.succeed()
    for _ in range(THRESHOLD):
        breaker.fail(1_000.0)
    assert breaker.retry_at_s == 1_001.0


def test_failures_of_calls_admitted_before_it_opened_do_not_prolong_the_cool_down() -> None:
    breaker = opened()
    for _ in range(20):
        breaker.fail(0.5)
    assert (breaker.retry_at_s, breaker.opened) == (1.0, 1)


def test_a_try_that_nobody_waited_for_may_be_repeated_at_once() -> None:
    breaker = opened()
    assert breaker.admit(2.0)
    breaker.abandon(2.5)
    assert breaker.state is BreakerState.OPEN
    assert breaker.admit(2.5)


def test_it_never_sticks_whatever_happens() -> None:
    random = Random(9)
    for _ in range(200):
        breaker, now_s, open_calls = Breaker(threshold=random.randint(1, 4)), 0.0, 0
        for _ in range(200):
            now_s += random.random()
            if random.random() < 0.5:
                open_calls += breaker.admit(now_s)
            elif open_calls:
                open_calls -= 1
                end = random.choice(("succeed", "fail", "abandon"))
                if end == "succeed":
                    breaker.succeed()
                else:
                    getattr(breaker, end)(now_s)
        while open_calls:
            open_calls -= 1
            breaker.abandon(now_s)
        assert breaker.admit(now_s + MAX_COOL_DOWN_S)
