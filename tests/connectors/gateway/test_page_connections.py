"""The page where connections break and gateways die: nothing is lost, nothing is doubled."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.browser import CARD, LONG, SAFE, Open, Tab, judged
from tests.connectors.gateway.site import Site
from tests.gateway import Gateway
from tests.relay import Relay

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with Relay() as relay:
        site = Site(relay, tmp_path_factory.mktemp("site"))
        yield site
        site.gateway.stop()


@pytest.fixture
def cuttable(open_tab: Open, site: Site) -> Tab:
    return open_tab(site.url, cut_off=True).open()


def test_a_killed_gateway_loses_and_doubles_nothing(cuttable: Tab, site: Site) -> None:
    expected = judged(site.url, LONG)
    cuttable.write(LONG, tokens=40)
    cuttable.start()
    cuttable.wait_shown(100)
    site.gateway.kill()
    cuttable.wait("reconnecting")
    assert cuttable.phase == "writing"
    cuttable.speed(200)
    site.start()
    cuttable.wait("ended")
    assert cuttable.phase == "complete"
    assert cuttable.shown == expected
    assert {"reconnecting", "replayed"} <= set(cuttable.states)
    assert "gap" not in cuttable.states
    assert cuttable.figure("characters", "#audit-summary") == str(len(LONG))


def test_a_stream_that_the_gateway_has_forgotten_is_said_to_be_lost(
    cuttable: Tab, site: Site
) -> None:
    cuttable.write(LONG, tokens=40)
    cuttable.start()
    cuttable.wait_shown(100)
    cuttable.speed(5)
    site.gateway.kill()
    site.start(fresh=True)
    cuttable.wait("lost")
    assert cuttable.phase == "lost"
    assert "gap" in cuttable.states
    # What was shown stays, and nobody says of the rest that it was clear.
    assert len(cuttable.shown) >= 100
    assert "never shown" in str(cuttable.page.locator(".cut").text_content())
    assert cuttable.light("iban") == "unknown"
    assert cuttable.light("email") == "found"
    assert cuttable.page.locator("#start").is_enabled()
    cuttable.guard(CARD)
    assert cuttable.shown == SAFE


@pytest.mark.parametrize("transport", ["websocket", "sse", "polling"])
def test_a_cut_connection_loses_and_doubles_nothing(
    cuttable: Tab, site: Site, transport: str
) -> None:
    expected = judged(site.url, LONG)
    cuttable.page.locator("#transport").select_option(transport)
    cuttable.write(LONG, tokens=40)
    cuttable.start()
    for chars in (40, 160):
        cuttable.wait_shown(chars)
        site.relay.cut()
        cuttable.wait("reconnecting")
        site.relay.mend()
        cuttable.page.wait_for_selector("#connection:not([data-state=reconnecting])")
    cuttable.speed(200)
    cuttable.wait("ended")
    assert cuttable.phase == "complete"
    assert cuttable.shown == expected
    assert "gap" not in cuttable.states
    name = {"websocket": "WebSocket", "sse": "Server-sent events", "polling": "Polling"}[transport]
    assert name in cuttable.transport


def test_a_browser_that_is_offline_for_a_while_loses_nothing(
    open_tab: Open, gateway: Gateway
) -> None:
    tab = open_tab(gateway.url, cut_off=True).open()
    tab.write(LONG, tokens=40)
    tab.start()
    tab.wait_shown(60)
    tab.context.set_offline(True)
    tab.wait("reconnecting")
    tab.speed(200)
    tab.context.set_offline(False)
    tab.wait("ended")
    assert tab.shown == judged(tab.url, LONG)
    note = tab.page.locator("#connection-log li[data-state=replayed]").first.text_content()
    assert "replayed" in str(note)


@pytest.mark.parametrize(
    ("missing", "transport"),
    [(["WebSocket"], "Server-sent events"), (["WebSocket", "EventSource"], "Polling")],
)
def test_it_falls_back_where_a_network_lets_nothing_better_through(
    open_tab: Open, gateway: Gateway, missing: list[str], transport: str
) -> None:
    tab = open_tab(gateway.url)
    broken = "window.{} = class {{ constructor() {{ throw new Error('not here') }} }};"
    tab.context.add_init_script("".join(broken.format(name) for name in missing))
    tab.open().guard(CARD)
    assert transport in tab.transport
    assert tab.shown == SAFE


def lose_results(tab: Tab, chars: int) -> None:
    """Let some results get lost on the way to the page, and have it told, as a gateway tells a
    client that is too slow. chars: readers have seen so many by then.
    """

    lost: list[dict[str, Any]] = []

    def relay(route: Any) -> None:
        server = route.connect_to_server()

        def pass_on(message: str) -> None:
            event = json.loads(message)
            result = event.get("type") == "partial_result"
            if result and event["data"]["frontier"] > chars and len(lost) < 8:
                lost.append(event)
                return
            if len(lost) == 8:
                data = {"reason": "slow", "frontier": 0}
                gap = {**lost[-1], "type": "gap", "data": data}
                del gap["id"]
                lost.append(gap)
                route.send(json.dumps(gap))
            route.send(message)

        server.on_message(pass_on)

    tab.page.route_web_socket("**/ws*", relay)


def guard_over_a_gap(tab: Tab) -> None:
    """Guard a text of which events are lost; nothing of it is missing in the end."""
    lose_results(tab, 60)
    tab.write(LONG, tokens=60)
    tab.start()
    tab.wait("gap")
    tab.speed(200)
    tab.wait("ended")
    assert tab.shown == judged(tab.url, LONG)
    assert tab.page.locator(".missing").count() == 0


def test_a_gap_is_closed_with_what_the_gateway_still_knows(tab: Tab) -> None:
    guard_over_a_gap(tab)


def test_a_gap_is_closed_by_a_gateway_that_answers_later(open_tab: Open, gateway: Gateway) -> None:
    tab = open_tab(gateway.url, cut_off=True).open()
    failures = ["away", "503", "away"]

    def fail(route: Any) -> None:
        match failures.pop() if failures else None:
            case "away":
                route.abort()
            case "503":
                route.fulfill(status=503, body="{}")
            case _:
                route.continue_()

    tab.page.route("**/v1/stream/status*", fail)
    guard_over_a_gap(tab)
    assert "reconnecting" not in tab.states


def test_a_gap_is_closed_by_a_gateway_that_restarts(cuttable: Tab, site: Site) -> None:
    expected = judged(site.url, LONG)
    lose_results(cuttable, 60)
    cuttable.page.route("**/v1/stream/status*", lambda route: route.abort())
    cuttable.write(LONG, tokens=60)
    cuttable.start()
    cuttable.wait("gap")
    # It was not asked before it died.
    site.gateway.kill()
    cuttable.wait("reconnecting")
    cuttable.speed(200)
    cuttable.page.unroute("**/v1/stream/status*")
    site.start()
    cuttable.wait("ended")
    assert cuttable.phase == "complete"
    assert cuttable.shown == expected
    assert cuttable.page.locator(".missing").count() == 0


# One that says no, and one that is away for longer than anybody waits.
@pytest.mark.parametrize("status", [400, 503])
def test_a_gap_that_cannot_be_closed_stands_in_the_text(
    open_tab: Open, gateway: Gateway, status: int
) -> None:
    tab = open_tab(gateway.url, cut_off=True).open()
    tab.page.route("**/v1/stream/status*", lambda route: route.fulfill(status=status, body="{}"))
    lose_results(tab, 60)
    tab.write(LONG, tokens=60)
    tab.start()
    tab.wait("gap")
    tab.speed(200)
    tab.wait("ended")
    missing = tab.page.locator(".missing")
    assert missing.count() == 1
    words = str(missing.text_content())
    chars = int(words.split(maxsplit=1)[0])
    before, after = tab.shown.split(words)
    whole = judged(tab.url, LONG)
    assert whole.startswith(before)
    assert whole.endswith(after)
    # Labels are of other lengths than what they stand for.
    assert abs(len(whole) - len(before) - len(after) - chars) <= 30
