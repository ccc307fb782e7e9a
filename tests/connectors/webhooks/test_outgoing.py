"""What is tried when, without a clock: the whole schedule in no time."""

from itertools import pairwise

import pytest

from connectors.webhooks.message import Parcel
from connectors.webhooks.outgoing import Outgoing
from connectors.webhooks.post import Answer
from connectors.webhooks.schedule import PAUSES_S, Schedule

HOUR_MS = 3_600_000
ILL = Answer(500, "5xx", "status 500")
TAKEN = Answer(200, "2xx", "status 200")
REFUSED = Answer(422, "4xx", "status 422")


def parcel(number: int = 0) -> Parcel:
    return Parcel(f"msg_{number}", "verdicts", 0, number, 0, b"{}")


def filled(count: int, concurrency: int = 1, **more) -> Outgoing:
    outgoing = Outgoing(concurrency, **more)
    for number in range(count):
        outgoing.put(parcel(number), 0)
    return outgoing


def run(outgoing: Outgoing, answer, until_ms: int = 2**60):
    """Try whatever is due, one after the other; yield (when, which, given up)."""
    now_ms = 0
    while (due_ms := outgoing.due_ms()) is not None and max(now_ms, due_ms) <= until_ms:
        now_ms = max(now_ms, due_ms)
        tried = outgoing.take(now_ms)
        assert tried is not None
        given_up = outgoing.settle(tried, answer(now_ms, tried.parcel), now_ms, 1.0)
        yield now_ms, tried.parcel.offset, given_up


def test_one_message_is_tried_by_the_schedule_of_the_specification() -> None:
    outgoing = filled(1)
    tries = list(run(outgoing, lambda *_: ILL, 76 * HOUR_MS))
    hours = [f"{at // HOUR_MS}:{at // 60_000 % 60:02}:{at // 1000 % 60:02}" for at, *_ in tries]
    assert hours == [
        *("0:00:00", "0:00:05", "0:05:05", "0:35:05", "2:35:05"),
        *("7:35:05", "17:35:05", "31:35:05", "51:35:05", "75:35:05"),
    ]
    assert [len(given_up) for *_, given_up in tries] == [0] * 9 + [1]
    (last,) = tries[-1][2]
    assert (last.reason, last.detail) == ("webhook-failed", "status 500 after 10 tries")
    assert len(outgoing) == 0


def test_a_pause_is_longer_by_chance_and_never_shorter_than_asked_for() -> None:
    outgoing = filled(1)
    tried = outgoing.take(0)
    outgoing.settle(tried, ILL, 0, 1.2)
    assert outgoing.due_ms() == 6_000
    tried = outgoing.take(6_000)
    outgoing.settle(tried, Answer(503, "5xx", "status 503", 1_000.0), 6_000, 1.0)
    assert outgoing.due_ms() == 6_000 + 1_000_000


def test_a_receiver_that_asks_for_less_gets_nothing_until_then() -> None:
    outgoing = filled(5, concurrency=4)
    tried = outgoing.take(0)
    outgoing.settle(tried, Answer(429, "4xx", "status 429", 60.0), 0, 1.0)
    assert outgoing.due_ms() == 60_000
    assert outgoing.take(59_999) is None
    assert outgoing.take(60_000) is not None


def test_no_receiver_may_ask_for_more_than_a_day() -> None:
    outgoing = filled(1)
    outgoing.settle(outgoing.take(0), Answer(429, "4xx", "status 429", 9e9), 0, 1.0)
    assert outgoing.due_ms() == 24 * HOUR_MS


def test_so_many_are_under_way_at_once_and_no_more() -> None:
    outgoing = filled(9, concurrency=3)
    under_way = [outgoing.take(0) for _ in range(3)]
    assert outgoing.take(0) is None
    assert outgoing.due_ms() is None
    outgoing.settle(under_way[1], TAKEN, 0, 1.0)
    assert outgoing.take(0) is not None
    assert outgoing.take(0) is None
    assert len(outgoing) == 8


def test_a_rate_is_kept() -> None:
    outgoing = filled(30, rate=10)
    tries = [at for at, *_ in run(outgoing, lambda *_: TAKEN)]
    assert len(tries) == 30
    assert all(later - earlier >= 100 for earlier, later in pairwise(tries))
    assert tries[-1] < 3_100


def test_one_message_that_fails_holds_up_no_other() -> None:
    outgoing = filled(50, concurrency=1)
    tries = list(run(outgoing, lambda _, one: ILL if one.offset == 7 else TAKEN, 1))
    assert sorted(number for _, number, _ in tries) == list(range(50))
    assert not outgoing.ill
    assert len(outgoing) == 1


def test_an_ill_receiver_is_asked_seldom_and_by_one_message_at_a_time() -> None:
    outgoing = filled(1_000, concurrency=4)
    tries = list(run(outgoing, lambda *_: ILL, HOUR_MS))
    # Three at once; then after 5, 10, 20, ... up to 300 s.
    assert 10 < len(tries) < 25
    assert outgoing.ill
    asked = outgoing.take(2 * HOUR_MS)
    assert asked is not None
    assert outgoing.take(2 * HOUR_MS) is None
    # Not always the same one: it might be to blame.
    assert len({number for _, number, _ in tries}) == len(tries)


def test_a_receiver_that_is_well_again_gets_at_once_what_had_failed() -> None:
    outgoing = filled(40, concurrency=4)
    list(run(outgoing, lambda *_: ILL, HOUR_MS))
    tries = list(run(outgoing, lambda *_: TAKEN, 2 * HOUR_MS))
    assert len(outgoing) == 0
    assert tries[-1][0] - tries[0][0] == 0


def test_what_was_refused_for_itself_waits_for_its_own_turn_all_the_same() -> None:
    outgoing = filled(20)
    refused = 4

    def answer(now_ms, one):
        if one.offset == refused:
            return REFUSED
        return ILL if now_ms < 60_000 else TAKEN

    tries = list(run(outgoing, answer, 4 * HOUR_MS))
    own = [at for at, number, _ in tries if number == refused]
    assert len(own) == 4
    assert [
        pause >= 1000 * least
        for pause, least in zip([b - a for a, b in pairwise(own)], PAUSES_S, strict=False)
    ] == [True] * 3
    (given_up,) = [one for *_, many in tries for one in many]
    assert (given_up.parcel.offset, given_up.detail) == (refused, "status 422 after 4 tries")


def test_410_disables_and_gives_up_everything() -> None:
    outgoing = filled(5, concurrency=2)
    first, second = outgoing.take(0), outgoing.take(0)
    given_up = outgoing.settle(first, Answer(410, "4xx", "status 410"), 0, 1.0)
    assert [one.reason for one in given_up] == ["webhook-gone"] + ["webhook-disabled"] * 3
    assert outgoing.disabled == "status 410"
    assert outgoing.due_ms() is None
    # What was under way may fail later, and is not tried again.
    (late,) = outgoing.settle(second, ILL, 0, 1.0)
    assert late.reason == "webhook-disabled"
    assert len(outgoing) == 0


def test_a_receiver_that_takes_nothing_for_five_days_is_disabled_with_all_that_waits() -> None:
    outgoing = filled(1_000, concurrency=4)
    tries = list(run(outgoing, lambda *_: ILL))
    at = tries[-1][0]
    assert 120 * HOUR_MS < at < 121 * HOUR_MS
    assert outgoing.disabled == "took nothing for 120 hours"
    assert len(outgoing) == 0
    assert sum(len(given_up) for *_, given_up in tries) == 1_000


def test_a_success_now_and_then_keeps_it_enabled() -> None:
    schedule = Schedule((10.0,) * 9, 5.0, 60.0, patience_s=100.0)
    outgoing = filled(100, schedule=schedule)
    list(run(outgoing, lambda now_ms, _: TAKEN if now_ms // 1_000 % 50 < 7 else ILL))
    assert outgoing.disabled == ""
    assert len(outgoing) == 0


@pytest.mark.parametrize("status", [400, 413, 415, 422])
def test_what_the_receiver_finds_wrong_is_tried_for_half_an_hour(status: int) -> None:
    tries = list(run(filled(1), lambda *_: Answer(status, "4xx", f"status {status}")))
    assert [at // 1000 for at, *_ in tries] == [0, 5, 305, 2105]
    assert len(tries[-1][2]) == 1


def test_tries_of_an_earlier_run_count() -> None:
    outgoing = Outgoing(1)
    outgoing.put(parcel(), 0, tries=9)
    ((at, _, given_up),) = list(run(outgoing, lambda *_: ILL))
    assert at == 0
    assert given_up[0].detail == "status 500 after 10 tries"
