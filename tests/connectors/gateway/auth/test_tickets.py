"""Tickets: once, soon, for one thing."""

import asyncio
import base64

import pytest

from connectors.gateway.auth.keychain import Keychain
from connectors.gateway.auth.principal import Principal, Priority, Scope, Unauthorized
from connectors.gateway.auth.redemptions import LogRedemptions, OwnRedemptions
from connectors.gateway.auth.tickets import Purpose, Tickets
from guardrails.errors import ConnectorError
from guardrails.records import Record

READER = Principal("acme", "sub:ada@example.org", frozenset({Scope.READ}), Priority.HIGH)
KEYS = Keychain([b"s" * 32])


class Clock:
    def __init__(self) -> None:
        self.at = 1_800_000_000.0

    def __call__(self) -> float:
        return self.at


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def tickets(clock: Clock) -> Tickets:
    return Tickets(KEYS, OwnRedemptions(clock), clock)


def redeem(
    tickets: Tickets, ticket: str, stream: str = "s1", purpose: Purpose = Purpose.EVENTS
) -> Principal:
    return asyncio.run(tickets.redeem(ticket, stream, purpose))


def refusal(tickets: Tickets, ticket: str, **what: object) -> str:
    with pytest.raises(Unauthorized) as caught:
        redeem(tickets, ticket, **what)  # type: ignore[arg-type]
    return str(caught.value)


def test_a_ticket_speaks_for_whom_it_was_issued_to(tickets: Tickets) -> None:
    assert redeem(tickets, tickets.issue(READER, "s1", Purpose.EVENTS)) == READER


def test_a_ticket_counts_once(tickets: Tickets) -> None:
    ticket = tickets.issue(READER, "s1", Purpose.EVENTS)
    redeem(tickets, ticket)
    assert "has been used" in refusal(tickets, ticket)
    assert "has been used" in refusal(tickets, ticket)


def test_of_many_at_the_same_moment_one_gets_in(tickets: Tickets) -> None:
    ticket = tickets.issue(READER, "s1", Purpose.EVENTS)

    async def try_all() -> list[object]:
        tries = (tickets.redeem(ticket, "s1", Purpose.EVENTS) for _ in range(50))
        return list(await asyncio.gather(*tries, return_exceptions=True))

    assert sum(isinstance(one, Principal) for one in asyncio.run(try_all())) == 1


def test_a_ticket_written_otherwise_is_the_same_ticket(tickets: Tickets) -> None:
    ticket = tickets.issue(READER, "s1", Purpose.EVENTS)
    redeem(tickets, ticket)
    refusal(tickets, ticket + "=" * (-len(ticket) % 4))
    refusal(tickets, f" {ticket}")
    refusal(tickets, f"{ticket}\n")


def test_a_ticket_ends_after_half_a_minute(tickets: Tickets, clock: Clock) -> None:
    late, in_time = (tickets.issue(READER, "s1", Purpose.EVENTS) for _ in range(2))
    clock.at += 29.9
    redeem(tickets, in_time)
    clock.at += 0.2
    assert "expired" in refusal(tickets, late)


def test_a_used_ticket_is_remembered_until_it_ends_and_no_longer(clock: Clock) -> None:
    used = OwnRedemptions(clock, max_remembered=1)
    tickets = Tickets(KEYS, used, clock)
    first = tickets.issue(READER, "s1", Purpose.EVENTS)
    redeem(tickets, first)
    # There is no more room: what cannot be remembered is refused.
    assert "has been used" in refusal(tickets, tickets.issue(READER, "s1", Purpose.EVENTS))
    clock.at += 30
    assert "has been used" in refusal(tickets, first)
    clock.at += 0.1
    assert "expired" in refusal(tickets, first)
    redeem(tickets, tickets.issue(READER, "s1", Purpose.EVENTS))


def test_a_ticket_for_another_stream_or_purpose_is_refused_and_not_spent(tickets: Tickets) -> None:
    ticket = tickets.issue(READER, "s1", Purpose.EVENTS)
    assert "something else" in refusal(tickets, ticket, stream="s2")
    assert "something else" in refusal(tickets, ticket, purpose=Purpose.SOCKET)
    redeem(tickets, ticket)


def test_a_restart_does_not_make_a_used_ticket_good_again(tickets: Tickets, clock: Clock) -> None:
    ticket = tickets.issue(READER, "s1", Purpose.EVENTS)
    redeem(tickets, ticket)
    clock.at += 1
    restarted = Tickets(KEYS, OwnRedemptions(clock), clock)
    assert "before a restart" in refusal(restarted, ticket)


def test_another_replica_can_check_a_ticket(tickets: Tickets, clock: Clock) -> None:
    replica = Tickets(KEYS, OwnRedemptions(clock), clock)
    assert redeem(replica, tickets.issue(READER, "s1", Purpose.SOCKET), purpose=Purpose.SOCKET)


def test_a_ticket_of_another_secret_or_changed_or_invented_is_no_ticket(
    tickets: Tickets, clock: Clock
) -> None:
    foreign = Tickets(Keychain([b"x" * 32]), OwnRedemptions(clock), clock)
    ticket = tickets.issue(READER, "s1", Purpose.EVENTS)
    changed = ticket[:40] + ("A" if ticket[40] != "A" else "B") + ticket[41:]
    for wrong in (
        foreign.issue(READER, "s1", Purpose.EVENTS),
        changed,
        "",
        "x" * 100_000,
        "tïcket",
        "gAAAAA",
    ):
        assert "no ticket of ours" in refusal(tickets, wrong)


def test_a_rotated_secret_still_takes_tickets_of_the_one_before(
    tickets: Tickets, clock: Clock
) -> None:
    rotated = Tickets(Keychain([b"n" * 32, b"s" * 32]), OwnRedemptions(clock), clock)
    redeem(rotated, tickets.issue(READER, "s1", Purpose.EVENTS))


class Log:
    """A topic that several gateways follow. away: its broker is."""

    def __init__(self, clock: Clock, gateways: int = 3) -> None:
        self.clock = clock
        self.away = False
        self.records: list[Record] = []
        self.gateways = [self.open() for _ in range(gateways)]

    def open(self) -> LogRedemptions:
        """A gateway that begins now, and reads what the log holds."""
        gateway = LogRedemptions(self.append, self.clock, round_trip_s=0.1)
        gateway.take("tickets", self.records)
        return gateway

    async def append(self, topic: str, key: bytes, value: bytes) -> None:
        if self.away:
            raise ConnectorError("the broker is away; try again")
        self.records.append(Record(topic, 0, len(self.records), 1, key, value))
        asyncio.get_running_loop().call_soon(self.hand_over, self.records[-1:])

    def hand_over(self, records: list[Record]) -> None:
        for gateway in self.gateways:
            gateway.take("tickets", records)

    def tickets(self) -> list[Tickets]:
        return [Tickets(KEYS, gateway, self.clock) for gateway in self.gateways]


def test_a_ticket_counts_once_among_all_gateways(clock: Clock) -> None:
    tickets = Log(clock).tickets()
    ticket = tickets[0].issue(READER, "s1", Purpose.EVENTS)

    async def try_all() -> list[object]:
        tries = (one.redeem(ticket, "s1", Purpose.EVENTS) for one in tickets * 20)
        return await asyncio.gather(*tries, return_exceptions=True)

    answers = asyncio.run(try_all())
    assert answers.count(READER) == 1
    assert sum(isinstance(answer, Unauthorized) for answer in answers) == 59


def test_a_gateway_that_is_started_later_knows_what_was_used(clock: Clock) -> None:
    log = Log(clock)
    ticket = log.tickets()[0].issue(READER, "s1", Purpose.EVENTS)
    fresh = log.tickets()[0].issue(READER, "s1", Purpose.EVENTS)
    redeem(log.tickets()[0], ticket)
    log.gateways = [log.open()]
    # And the log may be read again from an earlier place.
    log.gateways[0].take("tickets", log.records)
    assert "has been used" in refusal(log.tickets()[0], ticket)
    # Unlike in memory, what was issued before it began is good.
    assert redeem(log.tickets()[0], fresh) == READER


def test_what_the_log_does_not_answer_is_refused(clock: Clock) -> None:
    log = Log(clock)
    tickets = log.tickets()[0]
    log.away = True
    assert "has been used" in refusal(tickets, tickets.issue(READER, "s1", Purpose.EVENTS))
    log.away = False
    log.gateways.clear()
    assert "has been used" in refusal(tickets, tickets.issue(READER, "s1", Purpose.EVENTS))


def test_a_use_that_is_told_when_it_may_have_been_forgotten_does_not_count(clock: Clock) -> None:
    log = Log(clock)
    ticket = log.tickets()[0].issue(READER, "s1", Purpose.EVENTS)
    redeem(log.tickets()[0], ticket)
    clock.at += 30
    late = log.tickets()[1]

    async def slow() -> None:
        trying = asyncio.ensure_future(late.redeem(ticket, "s1", Purpose.EVENTS))
        await asyncio.sleep(0)
        clock.at += 1
        with pytest.raises(Unauthorized):
            await trying

    asyncio.run(slow())


def test_records_of_others_are_passed_over(clock: Clock) -> None:
    log = Log(clock)
    log.hand_over([Record("tickets", 0, 0, 1, None, b"{}"), Record("tickets", 0, 1, 1, b"k", b"")])
    ticket = log.tickets()[0].issue(READER, "s1", Purpose.EVENTS)
    assert redeem(log.tickets()[0], ticket) == READER


def test_a_ticket_shows_nothing_of_whom_it_is_for(tickets: Tickets) -> None:
    ticket = tickets.issue(READER, "s1", Purpose.EVENTS)
    raw = base64.urlsafe_b64decode(ticket + "=" * (-len(ticket) % 4))
    assert b"ada" not in raw
    assert b"acme" not in raw
    assert ticket.replace("-", "").replace("_", "").isalnum()
    assert len(ticket) < 600
