"""Open streams: how many at once, and when a slot is free again."""

from connectors.gateway.auth.principal import ALL_SCOPES, Principal
from connectors.gateway.limits.allowance import Allowance, Allowances
from connectors.gateway.limits.answer import Allowed, TooMany
from connectors.gateway.limits.stream_slots import StreamSlots
from tests.connectors.gateway.limits.clock import Clock

PLUGIN = Principal("acme", "key:plugin", ALL_SCOPES)
RIVAL = Principal("rival", "key:plugin", ALL_SCOPES)


def make(clock: Clock, max_streams: int = 100, **allowance: int) -> StreamSlots:
    allowances = Allowances(Allowance(**allowance))  # type: ignore[arg-type]
    return StreamSlots(allowances, monotonic=clock, max_streams=max_streams)


def test_a_user_has_so_many_streams_open_and_may_open_another_when_one_ends() -> None:
    slots = make(Clock(), user_streams=2)
    assert isinstance(slots.open(PLUGIN, "u1", "a"), Allowed)
    assert isinstance(slots.open(PLUGIN, "u1", "b"), Allowed)
    refused = slots.open(PLUGIN, "u1", "c")
    assert isinstance(refused, TooMany)
    assert refused.violated == ("user-streams",)
    assert isinstance(slots.open(PLUGIN, "u2", "c"), Allowed)
    slots.close("a")
    assert isinstance(slots.open(PLUGIN, "u1", "d"), Allowed)


def test_a_retried_start_takes_one_slot_and_an_end_said_twice_frees_one() -> None:
    slots = make(Clock(), user_streams=2)
    slots.open(PLUGIN, "u1", "a")
    slots.open(PLUGIN, "u1", "a")
    slots.open(PLUGIN, "u1", "b")
    slots.close("a")
    slots.close("a")
    slots.close("unknown")
    slots.open(PLUGIN, "u1", "c")
    assert isinstance(slots.open(PLUGIN, "u1", "d"), TooMany)


def test_tenants_are_bounded_and_do_not_take_from_each_other() -> None:
    slots = make(Clock(), tenant_streams=2)
    slots.open(PLUGIN, None, "a")
    slots.open(PLUGIN, "u1", "b")
    refused = slots.open(PLUGIN, "u2", "c")
    assert isinstance(refused, TooMany)
    assert refused.violated == ("tenant-streams",)
    assert isinstance(slots.open(RIVAL, "u1", "d"), Allowed)


def test_the_process_is_bounded_and_does_not_tell_how_many_others_have_open() -> None:
    slots = make(Clock(), max_streams=2)
    slots.open(RIVAL, None, "a")
    slots.open(RIVAL, None, "b")
    refused = slots.open(PLUGIN, None, "c")
    assert isinstance(refused, TooMany)
    assert refused.violated == ("gateway-streams",)
    assert "gateway-streams" not in refused.headers["RateLimit"]


def test_a_stream_that_is_not_heard_of_frees_its_slot_by_itself() -> None:
    clock = Clock()
    slots = make(clock, user_streams=2)
    slots.open(PLUGIN, "u1", "quiet")
    slots.open(PLUGIN, "u1", "busy")
    clock.at += 200
    slots.touch("busy")
    slots.touch("unknown")
    clock.at += 100
    assert isinstance(slots.open(PLUGIN, "u1", "next"), Allowed)
    assert isinstance(slots.open(PLUGIN, "u1", "one more"), TooMany)


def test_nothing_is_left_of_streams_that_are_over() -> None:
    slots = make(Clock(), max_streams=10_000)
    for number in range(5000):
        slots.open(PLUGIN, f"u{number}", str(number))
    for number in range(5000):
        slots.close(str(number))
    assert (len(slots), len(slots._users), len(slots._tenants)) == (0, 0, 0)


def test_the_headers_name_streams_as_what_is_open_at_once() -> None:
    answer = make(Clock(), user_streams=2).open(PLUGIN, "u1", "a")
    assert isinstance(answer, Allowed)
    assert '"user-streams";q=2;qu="concurrent-requests"' in answer.headers["RateLimit-Policy"]
    assert '"user-streams";r=1' in answer.headers["RateLimit"]


def test_a_stream_knows_for_whom_it_was_opened_and_one_from_elsewhere_counts_by_itself() -> None:
    slots = make(Clock())
    slots.open(PLUGIN, "u1", "a")
    slots.open(PLUGIN, None, "b")
    assert (slots.user_of("a"), slots.user_of("b")) == ("u1", None)
    assert slots.user_of("x") == slots.user_of("x") != slots.user_of("y")
    slots.close("a")
    assert slots.user_of("a") not in ("u1", None)
