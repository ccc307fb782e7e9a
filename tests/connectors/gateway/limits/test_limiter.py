"""Rates and quotas: what is spent, what is refused, and when it fits again."""

import asyncio
import re

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from limits import parse

from connectors.gateway.auth.principal import ALL_SCOPES, Principal
from connectors.gateway.limits.allowance import Allowance, Allowances
from connectors.gateway.limits.answer import Allowed, TooMany
from connectors.gateway.limits.limiter import Cost, Limiter
from tests.connectors.gateway.limits.clock import Clock

PLUGIN = Principal("acme", "key:plugin", ALL_SCOPES)
OTHER_KEY = Principal("acme", "key:other", ALL_SCOPES)
RIVAL = Principal("rival", "key:plugin", ALL_SCOPES)
ADA = Principal("acme", "sub:ada", ALL_SCOPES)


def limiter(clock: Clock, **allowance: object) -> Limiter:
    return Limiter(Allowances(Allowance(**allowance)), now=clock)  # type: ignore[arg-type]


def ask(
    limiter: Limiter,
    user: str | None = "u1",
    updates: int = 1,
    chars: int = 0,
    principal: Principal = PLUGIN,
) -> Allowed | TooMany:
    return asyncio.run(limiter.check(principal, user, Cost(updates, chars)))


def test_a_user_may_do_so_much_and_then_waits() -> None:
    clock = Clock()
    one = limiter(clock, user_updates="5/second")
    assert [type(ask(one)) for _ in range(6)] == [Allowed] * 5 + [TooMany]
    refused = ask(one)
    assert isinstance(refused, TooMany)
    assert refused.violated == ("user-updates",)
    clock.at += refused.retry_after_s
    assert isinstance(ask(one), Allowed)


def test_users_do_not_take_from_each_other_and_a_tenant_bounds_them_all() -> None:
    one = limiter(Clock(), user_updates="5/second", tenant_updates="8/second")
    assert all(isinstance(ask(one, "u1"), Allowed) for _ in range(5))
    assert all(isinstance(ask(one, "u2"), Allowed) for _ in range(3))
    refused = ask(one, "u2")
    assert isinstance(refused, TooMany)
    assert refused.violated == ("tenant-updates",)
    assert isinstance(ask(one, "u1", principal=RIVAL), Allowed)


def test_a_user_is_the_same_by_whatever_key_of_the_tenant() -> None:
    one = limiter(Clock(), user_updates="2/second")
    ask(one)
    ask(one, principal=OTHER_KEY)
    assert isinstance(ask(one), TooMany)


def test_without_a_user_the_tenant_counts_and_a_tokens_subject_is_a_user() -> None:
    one = limiter(Clock(), user_updates="2/second", tenant_updates="4/second")
    assert [type(ask(one, None)) for _ in range(5)] == [Allowed] * 4 + [TooMany]
    one = limiter(Clock(), user_updates="2/second")
    assert [type(ask(one, None, principal=ADA)) for _ in range(3)] == [Allowed] * 2 + [TooMany]
    # Who names a user like a subject does not spend the subject's.
    assert isinstance(ask(one, "sub:ada"), Allowed)
    assert isinstance(ask(one, "ada"), Allowed)


def test_what_is_refused_spends_nothing() -> None:
    clock = Clock()
    one = limiter(clock, user_updates="10/second", tenant_chars="100/second")
    for _ in range(50):
        ask(one, chars=101)
    assert isinstance(ask(one, chars=0), Allowed)
    allowed = ask(one)
    assert isinstance(allowed, Allowed)
    left = {standing.policy: standing.remaining for standing in allowed.standings}
    # The first of the fifty took the whole window of characters; the others took nothing.
    assert left["user-updates"] == 7


def test_characters_and_updates_are_limits_of_their_own() -> None:
    one = limiter(Clock(), user_updates="100/second", user_chars="50/second")
    assert isinstance(ask(one, chars=50), Allowed)
    refused = ask(one, chars=1)
    assert isinstance(refused, TooMany)
    assert refused.violated == ("user-chars",)
    assert isinstance(ask(one, chars=0), Allowed)


def test_what_is_larger_than_the_window_passes_when_the_window_is_empty() -> None:
    clock = Clock()
    one = limiter(clock, user_chars="50/second")
    assert isinstance(ask(one, chars=5000), Allowed)
    refused = ask(one, chars=5000)
    assert isinstance(refused, TooMany)
    clock.at += refused.retry_after_s
    assert isinstance(ask(one, chars=5000), Allowed)


def test_a_quota_of_a_day_holds_over_the_day() -> None:
    clock = Clock()
    one = limiter(clock, tenant_chars_per_day=1000)
    assert isinstance(ask(one, chars=1000), Allowed)
    clock.at += 3600
    refused = ask(one, chars=10)
    assert isinstance(refused, TooMany)
    assert refused.violated == ("tenant-chars-per-day",)
    assert refused.retry_after_s > 3600
    clock.at += refused.retry_after_s
    assert isinstance(ask(one, chars=10), Allowed)


def test_a_limit_that_is_none_is_not_counted() -> None:
    one = limiter(
        Clock(), user_updates="none", user_chars=None, tenant_updates=None, tenant_chars=None
    )
    answer = ask(one, updates=10**9, chars=10**9)
    assert isinstance(answer, Allowed)
    assert answer.headers == {}


def test_a_tenant_may_have_limits_of_its_own() -> None:
    allowances = Allowances(
        Allowance(user_updates="1/second"),  # type: ignore[arg-type]
        {"acme": Allowance(user_updates="3/second")},  # type: ignore[arg-type]
    )
    one = Limiter(allowances, now=Clock())
    assert [type(ask(one)) for _ in range(4)] == [Allowed] * 3 + [TooMany]
    assert [type(ask(one, principal=RIVAL)) for _ in range(2)] == [Allowed, TooMany]


def test_the_headers_are_those_of_the_draft() -> None:
    one = limiter(
        Clock(), user_updates="5/minute", user_chars=None, tenant_updates=None, tenant_chars=None
    )
    answer = ask(one)
    assert isinstance(answer, Allowed)
    assert answer.headers["RateLimit-Policy"] == '"user-updates";q=5;w=60'
    assert re.fullmatch(r'"user-updates";r=4;t=[1-9]\d*', answer.headers["RateLimit"])
    for _ in range(4):
        ask(one)
    refused = ask(one)
    assert isinstance(refused, TooMany)
    assert '"user-updates";r=0;t=' in refused.headers["RateLimit"]
    assert int(refused.headers["Retry-After"]) >= refused.retry_after_s
    assert refused.problem["status"] == 429
    assert refused.problem["violated-policies"] == ["user-updates"]
    assert str(refused.problem["type"]).endswith("#quota-exceeded")


def test_a_message_names_neither_user_nor_tenant() -> None:
    one = limiter(Clock(), user_updates="1/second")
    ask(one, "ada@example.org")
    refused = ask(one, "ada@example.org")
    assert isinstance(refused, TooMany)
    assert "ada" not in str(refused) + str(refused.problem) + str(refused.headers)
    assert "acme" not in str(refused) + str(refused.problem) + str(refused.headers)


def test_many_at_once_spend_no_more_than_there_is() -> None:
    one = limiter(Clock(), user_updates="100/second", tenant_updates="150/second")

    async def all_at_once() -> int:
        asked = [one.check(PLUGIN, f"u{number % 3}", Cost()) for number in range(1000)]
        answers = await asyncio.gather(*asked)
        return sum(isinstance(answer, Allowed) for answer in answers)

    assert asyncio.run(all_at_once()) == 150


@given(
    st.lists(st.tuples(st.floats(0, 3), st.integers(1, 12)), max_size=30),
    st.floats(0, 1e6),
    st.integers(1, 12),
)
def test_retry_after_is_when_it_fits_and_not_much_later(
    before: list[tuple[float, int]], start: float, cost: int
) -> None:
    clock = Clock(1_800_000_000 + start)
    one = limiter(clock, user_updates="10 per 2 seconds")
    for pause, updates in before:
        clock.at += pause
        ask(one, updates=updates)
    refused = ask(one, updates=cost)
    assume(isinstance(refused, TooMany))
    assert isinstance(refused, TooMany)
    asked_at = clock.at
    clock.at = asked_at + refused.retry_after_s * 0.99 - 0.001
    if clock.at > asked_at:
        assert isinstance(ask(one, updates=cost), TooMany)
    clock.at = asked_at + refused.retry_after_s
    assert isinstance(ask(one, updates=cost), Allowed)


@given(st.lists(st.tuples(st.floats(0.001, 0.6), st.integers(1, 5)), min_size=1, max_size=60))
def test_no_second_of_the_clock_lets_more_than_the_limit_through(
    asked: list[tuple[float, int]],
) -> None:
    clock = Clock()
    one = limiter(clock, user_updates="10/second")
    passed: dict[int, int] = {}
    for pause, updates in asked:
        clock.at += pause
        if isinstance(ask(one, updates=updates), Allowed):
            passed[int(clock.at)] = passed.get(int(clock.at), 0) + updates
    assert all(spent <= 10 for spent in passed.values())


def test_the_window_is_the_librarys() -> None:
    """The storage answers as the library's own does, at the same moments."""
    from limits.aio.storage import MemoryStorage
    from limits.aio.strategies import SlidingWindowCounterRateLimiter

    from connectors.gateway.limits import windows

    async def compare() -> None:
        import time

        theirs = SlidingWindowCounterRateLimiter(MemoryStorage())
        ours = SlidingWindowCounterRateLimiter(windows.Windows(time.time))
        # A day: no window ends meanwhile but at midnight, and both would see that.
        rate = parse("100/day")
        for number in range(60):
            expected = await theirs.hit(rate, "a", cost=number % 7)
            assert await ours.hit(rate, "a", cost=number % 7) is expected

    asyncio.run(compare())


@pytest.mark.parametrize("names", [1000])
def test_names_beyond_the_bound_are_forgotten_and_the_tenant_still_holds(names: int) -> None:
    one = Limiter(
        Allowances(Allowance(tenant_updates="3000/second")),  # type: ignore[arg-type]
        now=Clock(),
        max_names=names,
    )

    async def invent() -> int:
        answers = [await one.check(PLUGIN, f"invented-{number}") for number in range(5000)]
        return sum(isinstance(answer, Allowed) for answer in answers)

    assert asyncio.run(invent()) == 3000
    assert all(len(windows) <= names for windows in one._windows.values())


def test_what_has_come_is_counted_beyond_a_limit_and_the_next_request_waits() -> None:
    clock = Clock()
    one = limiter(clock, user_chars="100/second", tenant_chars="1000/second")
    assert isinstance(ask(one, chars=1), Allowed)
    for _ in range(15):
        one.charge(PLUGIN, "u1", 10)
    refused = ask(one, chars=1)
    assert isinstance(refused, TooMany)
    assert refused.violated == ("user-chars",)
    clock.at += refused.retry_after_s
    assert isinstance(ask(one, chars=1), Allowed)
    # Others have what the tenant has left.
    assert isinstance(ask(one, "u2", chars=100), Allowed)


def test_what_has_come_counts_for_the_day_and_for_the_tenant() -> None:
    one = limiter(Clock(), user_chars_per_day=1_000, tenant_chars_per_day=1_500)
    one.charge(PLUGIN, "u1", 999)
    assert isinstance(ask(one, chars=1), Allowed)
    refused = ask(one, chars=1)
    assert isinstance(refused, TooMany)
    assert refused.violated == ("user-chars-per-day",)
    one.charge(PLUGIN, None, 500)
    refused = ask(one, "u2", chars=1)
    assert isinstance(refused, TooMany)
    assert refused.violated == ("tenant-chars-per-day",)


def test_what_has_come_is_no_update() -> None:
    one = limiter(Clock(), user_updates="2/second")
    one.charge(PLUGIN, "u1", 50)
    assert [type(ask(one)) for _ in range(3)] == [Allowed, Allowed, TooMany]
