"""The vendors' clients get from a guarded reply what they get from the reply itself."""

from __future__ import annotations

import random

import pytest

from connectors.providers.decoder import Decoder
from connectors.providers.events import Channel, Delta, Event
from connectors.providers.rewriting import DIALECTS
from tests.connectors.providers.recorded import Row, api, cut, decode, raw, recorded
from tests.connectors.providers.rewriting.clients import READ, as_events
from tests.connectors.providers.rewriting.judging import Guard, Proxy

pytestmark = pytest.mark.data
# Clients warn of fields and blocks they do not know.
CLIENT_WARNINGS = pytest.mark.filterwarnings("ignore")


def rows(name: str) -> list[Row]:
    return [row for row in recorded() if api(row) == name]


@CLIENT_WARNINGS
@pytest.mark.parametrize("every", [3, pytest.param(1, marks=pytest.mark.long)])
@pytest.mark.parametrize("name", DIALECTS)
def test_a_client_gets_the_same_of_a_reply_with_nothing_to_find(name: str, every: int) -> None:
    chance = random.Random(1)
    different = []
    for row in rows(name)[::every]:
        data = as_events(row)
        sizes = [chance.randint(0, 4_000) for _ in range(len(data) // 1_000 + 1)]
        hold = chance.choice([1, 3, 12])
        proxy = Proxy(name, "sse", lambda size=hold: Guard(hold=size))  # type: ignore[misc]
        guarded = proxy.run(cut(data, sizes))
        assert not proxy.rewriter.ended, row["id"]
        assert all(one.passed for one in proxy.unscanned), row["id"]
        if READ[name]([guarded]) != READ[name]([data]):
            different.append(row["id"])
    assert not different


def test_what_is_released_at_once_passes_byte_for_byte() -> None:
    guarded = [row for row in recorded() if api(row) in DIALECTS]
    other = []
    for row in guarded:
        data = raw(row)
        out = Proxy(api(row), row["framing"], Guard).run([data])
        if out != data:
            other.append(row["id"])
            whole = decode(Decoder(api(row), row["framing"]), [out])
            assert joined(whole) == joined(decode(Decoder(api(row), row["framing"]), [data]))
    # One begins with a line that is no field of an event; in the others an escape of arguments is
    # cut between two frames, and sent with the second.
    assert len(guarded) == 326
    assert len(other) == 8


def joined(said: list[Event]) -> dict[Channel, str]:
    found: dict[Channel, str] = {}
    for event in said:
        if isinstance(event, Delta):
            found[event.channel] = found.get(event.channel, "") + event.text
    return found
