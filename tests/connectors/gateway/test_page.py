"""The page in a real browser, against a real gateway: what people see, do, and lose nothing of."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any

import msgspec
import pytest

from connectors.gateway.auth.api_key import ApiKey
from flows.demo.answers import Answer, read_answers
from guardrails.events import Segment, Verdict
from guardrails.guardrail import Action
from guardrails.reader import Reader
from tests.browser import Tab, chromium
from tests.endpoint import UNAVAILABLE, Endpoint, reply
from tests.gateway import Client, Gateway, data_directory, running
from tests.relay import Relay

Open = Callable[..., Tab]

CARD = "Pay with 4111 1111 1111 1111 today."
SAFE = "Pay with [CREDIT_CARD] today."
# Long enough for something to happen in the middle; with findings, emoji, and two scripts.
LONG = (
    "The refund of 3 March went to the card 4111 1111 1111 1111. Ask ada@example.org 😀 if it "
    "is not there by Friday. 如需更改，请发邮件到lin.wei@example.com。 "
) * 6
# What the console says when a request is not answered or refused, which is what these tests do.
NETWORK = ("net::ERR_", "WebSocket connection", "the server responded with a status of")


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as browser:
        yield browser


@pytest.fixture
def open_tab(browser: Any) -> Iterator[Open]:
    """Opens pages; none of them may complain of anything but the network, where that is told."""
    with ExitStack() as stack:

        def open_tab(url: str, *, cut_off: bool = False, **options: Any) -> Tab:
            context = stack.enter_context(browser.new_context(**options))
            tab = Tab(context, url)
            stack.callback(expect_no_problems, tab, NETWORK if cut_off else ())
            return tab

        yield open_tab


def expect_no_problems(tab: Tab, known: tuple[str, ...] = ()) -> None:
    assert [one for one in tab.problems if not any(part in one for part in known)] == []


@pytest.fixture(scope="module")
def context(browser: Any) -> Iterator[Any]:
    """One person's browser, with its cache."""
    with browser.new_context() as context:
        yield context


@pytest.fixture
def tab(context: Any, gateway: Gateway) -> Iterator[Tab]:
    tab = Tab(context, gateway.url).open()
    yield tab
    tab.close()
    expect_no_problems(tab)


def judged(url: str, text: str) -> str:
    """What readers may see of a text, by the API."""
    client = Client(url)
    shown: str = client.post("/v1/check", content=text).json()["text"]
    client.http.close()
    return shown


# -- a stream, to its end ----


def test_a_sample_is_guarded_to_its_end_and_its_audit_record_shown(tab: Tab) -> None:
    tab.page.locator("#sample").select_option("refund")
    text = tab.page.locator("#answer").input_value()
    assert "4111 1111 1111 1111" in text
    tab.speed(200)
    tab.start()
    tab.wait("ended")
    assert tab.phase == "complete"
    assert tab.shown == judged(tab.url, text)
    assert tab.labels == ["[CREDIT_CARD]"]
    assert tab.under_water == ""
    assert tab.states[0] == "connecting"
    assert tab.states[-2:] == ["live", "ended"]
    assert "WebSocket" in tab.transport
    assert tab.figure("outcome", "#audit-summary") == "redact"
    assert tab.figure("characters", "#audit-summary") == str(len(text))
    record = json.loads(str(tab.page.locator("#audit-record").text_content()))
    assert record["content"]["chars"] == len(text)
    assert "context" not in record
    assert tab.figure("trip p50").endswith("s")


def test_the_audit_record_can_be_copied(open_tab: Open, gateway: Gateway) -> None:
    permissions = ["clipboard-read", "clipboard-write"]
    tab = open_tab(gateway.url, permissions=permissions).open()
    tab.guard(CARD)
    tab.page.locator("#audit-copy").click()
    tab.page.locator("#audit-copy", has_text="Copied").wait_for()
    copied = tab.page.evaluate("navigator.clipboard.readText()")
    assert json.loads(copied)["content"]["outcome"] == "redact"


def test_what_is_held_is_drawn_under_water_and_readers_do_not_see_it(tab: Tab) -> None:
    tab.write(CARD + " Or tomorrow, or some day." * 40, tokens=10)
    tab.start()
    tab.page.wait_for_function(
        "() => document.querySelector('#sheet .water')?.textContent.startsWith('4111 1111')"
    )
    assert tab.shown == "Pay with "
    water = tab.page.locator("#sheet .water")
    assert water.is_visible()
    tab.page.locator("#only").check()
    assert water.is_hidden()
    tab.page.locator("#only").uncheck()
    tab.page.wait_for_function(
        "() => document.querySelector('.shown').textContent.includes('[CREDIT')"
    )
    tab.page.locator("#finish").click()
    tab.wait("ended")
    assert tab.phase == "complete"
    assert tab.shown.startswith(SAFE[:22])
    assert "4111" not in tab.page.locator("#sheet").text_content()


def test_an_aborted_answer_keeps_what_may_be_shown(tab: Tab) -> None:
    tab.write(LONG, tokens=15)
    tab.start()
    tab.wait_shown(20)
    tab.page.locator("#abort").click()
    tab.wait("ended")
    assert tab.phase == "aborted"
    assert LONG.startswith(tab.shown[:30])
    assert tab.figure("ended by", "#audit-summary") == "the model gave up"


def test_a_block_is_where_the_answer_ends(tab: Tab) -> None:
    tab.write("The next one is Project Nightjar, and it comes in May. " * 3, tokens=60)
    tab.start()
    tab.wait("ended")
    assert tab.phase == "blocked"
    assert tab.shown == "The next one is "
    note = str(tab.page.locator(".cut").text_content())
    assert note.startswith("Blocked by KEYWORD (keywords).")
    assert "never shown" in note
    assert "Nightjar" not in str(tab.page.locator("#sheet").text_content())
    assert tab.light("keywords") == "blocked"
    assert tab.figure("held") == "0"
    assert tab.figure("outcome", "#audit-summary") == "block"


def test_a_finding_leads_to_its_place(tab: Tab) -> None:
    tab.guard(LONG)
    buttons = tab.page.locator("#findings button")
    assert buttons.count() == 18
    spans = [str(one) for one in tab.page.locator("#findings .facts").all_text_contents()]
    starts = [int(one.split(" · ")[1].split("–")[0].replace(",", "")) for one in spans]
    assert starts == sorted(starts)
    buttons.nth(17).click()
    assert buttons.nth(17).get_attribute("aria-pressed") == "true"
    chosen = tab.page.locator(".label.chosen")
    assert chosen.count() == 1
    assert chosen.bounding_box()["y"] > 0
    assert tab.labels.index(str(chosen.text_content())) in (1, 2)
    assert chosen.evaluate("one => one === [...document.querySelectorAll('.shown .label')].at(-1)")


def test_what_a_policy_only_watches_stays_in_the_text_and_is_underlined(
    open_tab: Open, tmp_path: Path
) -> None:
    policy = tmp_path / "watch.yaml"
    policy.write_text("{name: watch, enforcement: audit_only, guardrails: {pii: {action: redact}}}")
    with running("--policy", str(policy)) as gateway:
        tab = open_tab(gateway.url).open()
        tab.guard(CARD)
        assert tab.shown == CARD
        assert tab.page.locator("#findings .does").all_text_contents() == ["would replace"]
        ranges = "() => [...CSS.highlights.get('noted')].map(String)"
        assert tab.page.evaluate(ranges) == ["4111 1111 1111 1111"]
        tab.page.locator("#findings button").click()
        assert tab.page.evaluate(ranges.replace("noted", "chosen")) == ["4111 1111 1111 1111"]
        assert tab.light("credit-card") == "found"


def test_a_second_stream_begins_with_an_empty_page(tab: Tab) -> None:
    tab.guard("Call Project Nightjar. " + CARD)
    tab.guard("Nothing to see. " * 3)
    assert tab.shown == "Nothing to see. " * 3
    assert tab.labels == []
    assert tab.page.locator("#findings li").count() == 0
    assert tab.page.locator(".cut").count() == 0
    assert tab.phase == "complete"


# -- guardrails ----

CHECKS = """
name: checks
guardrails:
  pii: {action: redact}
  http/well: {url: "URL/well", response: {score: score}, checkpoint: end, mode: monitor}
  http/away:
    url: "URL/away"
    response: {score: score}
    checkpoint: end
    mode: monitor
    max_attempts: 1
"""


def test_each_guardrail_shows_what_it_does(open_tab: Open, tmp_path: Path) -> None:
    def script(asked: Any) -> Any:
        return UNAVAILABLE if asked.path == "/away" else reply({"score": 0.1})

    with Endpoint(script) as endpoint:
        endpoint.pause()
        policy = tmp_path / "checks.yaml"
        policy.write_text(CHECKS.replace("URL", endpoint.url))
        with running("--policy", str(policy)) as gateway:
            tab = open_tab(gateway.url).open()
            tab.write(CARD)
            tab.start()
            tab.page.wait_for_selector(".guardrails li[data-step='http/well'][data-state=asked]")
            assert tab.light("credit-card") == "found"
            assert tab.light("email") == "watching"
            endpoint.go_on()
            tab.wait("ended")
            assert tab.light("email") == "clear"
            assert tab.light("http/well") == "clear"
            assert tab.light("http/away") == "error"
            told = tab.page.locator("li[data-step='http/away'] .told").text_content()
            assert "1 failed" in told
            # Those with something to say stand open, the others are folded and counted.
            open_ones = tab.page.locator("#guardrails > li").count()
            folded = tab.page.locator("#guardrails-quiet li").count()
            assert open_ones == 3
            assert tab.page.locator("#guardrails-quiet li").first.is_hidden()
            summary = str(tab.page.locator("#guardrails-quiet summary").text_content())
            assert summary.startswith(f"{folded} others")
            total = str(tab.page.locator("#guardrails-count").text_content())
            assert int(total) == open_ones + folded


def test_the_device_says_what_it_finds_before_anything_is_sent(
    open_tab: Open, tmp_path: Path
) -> None:
    with running(TIDEGATE_RULES_KEY="5a" * 32) as gateway:
        tab = open_tab(gateway.url).open()
        tab.write("Mail ada@example.org")
        found = tab.page.locator("#device-found")
        assert found.text_content() == ""
        tab.page.locator("#device").check()
        found.filter(has_text="Found on this device: EMAIL_ADDRESS 5–20.").wait_for()
        tab.write("Nothing at all")
        found.filter(has_text="Nothing found on this device.").wait_for()
        tab.page.locator("#sample").select_option("refund")
        found.filter(has_text="CREDIT_CARD").wait_for()
        asked = tab.page.evaluate("performance.getEntriesByType('resource').map((o) => o.name)")
        assert not any("/v1/stream/" in one for one in asked)
        tab.page.locator("#device").uncheck()
        assert found.text_content() == ""


# -- connections that break ----


class Site:
    """A gateway behind a way to it that tests cut. url: the same, whatever happens behind it."""

    def __init__(self, relay: Relay, directory: Path) -> None:
        self.relay = relay
        self._directory = directory
        self._environ = {
            "TIDEGATE_GATEWAY_ORIGINS": self.url,
            "TIDEGATE_GATEWAY_SECRET": "a secret that two processes share, for tests only",
        }
        self.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.relay.port}"

    def start(self, *, fresh: bool = False) -> None:
        """Start it. fresh: with nothing of what was there before."""
        if fresh:
            self._directory = self._directory / "fresh"
        self.gateway = Gateway(**data_directory(self._directory), **self._environ)
        self.relay.target = int(self.gateway.url.rpartition(":")[2])


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

    def relay(route: Any) -> None:
        server = route.connect_to_server()
        lost: list[dict[str, Any]] = []

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


def test_a_gap_is_closed_with_what_the_gateway_still_knows(tab: Tab) -> None:
    lose_results(tab, 60)
    tab.write(LONG, tokens=60)
    tab.start()
    tab.wait("gap")
    tab.speed(200)
    tab.wait("ended")
    assert tab.shown == judged(tab.url, LONG)
    assert tab.page.locator(".missing").count() == 0


def test_a_gap_that_cannot_be_closed_stands_in_the_text(open_tab: Open, gateway: Gateway) -> None:
    tab = open_tab(gateway.url, cut_off=True).open()
    tab.page.route("**/v1/stream/status*", lambda route: route.fulfill(status=503, body="{}"))
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


# -- who may ----


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Gateway, dict[str, str]]]:
    """A gateway that asks for keys, and two of them."""
    path = tmp_path_factory.mktemp("keys") / "keys.yaml"
    lines, texts = ["keys:"], {}
    scopes = {"writer": "[streams:write, streams:read]", "operator": "[streams:read, admin]"}
    for name, scope in scopes.items():
        key = ApiKey.new()
        texts[name] = key.text
        lines += [f"  - id: {key.id}", f"    hash: {key.digest}", "    tenant: acme"]
        lines += [f"    name: {name}", f"    scopes: {scope}"]
    path.write_text("\n".join(lines) + "\n")
    with running(TIDEGATE_GATEWAY_KEYS_FILE=str(path)) as gateway:
        yield gateway, texts


def sign_in(tab: Tab, key: str) -> None:
    tab.page.locator("#sign-in-key").fill(key)
    tab.page.locator("#sign-in-form button[type=submit]").click()


def test_a_key_is_asked_for_and_stays_in_the_tab(
    open_tab: Open, keys: tuple[Gateway, dict[str, str]]
) -> None:
    gateway, texts = keys
    tab = open_tab(gateway.url, cut_off=True)
    tab.page.goto(gateway.url)
    tab.page.wait_for_selector("#sign-in[open]")
    assert tab.page.evaluate("document.activeElement.id") == "sign-in-key"
    sign_in(tab, ApiKey.new().text)
    tab.page.locator("#sign-in-problem", has_text="That key was refused").wait_for()
    sign_in(tab, texts["writer"])
    tab.page.wait_for_selector("#sample option:nth-child(2)", state="attached")
    for transport in ("websocket", "sse", "polling"):
        tab.page.locator("#transport").select_option(transport)
        tab.guard(CARD)
        assert tab.shown == SAFE
    assert tab.page.evaluate("Object.values(sessionStorage)") == [texts["writer"]]
    assert texts["writer"] not in str(tab.page.evaluate("Object.values(localStorage)"))
    # Not even the addresses of its requests have it.
    asked = tab.page.evaluate("performance.getEntriesByType('resource').map((one) => one.name)")
    assert not any(texts["writer"] in one for one in asked)
    tab.page.locator("#sign-out").click()
    tab.page.wait_for_selector("#sign-in[open]")
    assert tab.page.evaluate("Object.values(sessionStorage)") == []


def test_operators_need_another_key_than_writers(
    open_tab: Open, keys: tuple[Gateway, dict[str, str]]
) -> None:
    gateway, texts = keys
    tab = open_tab(gateway.url, cut_off=True)
    tab.page.goto(gateway.url + "/operations")
    tab.page.wait_for_selector("#sign-in[open]")
    sign_in(tab, texts["writer"])
    tab.page.wait_for_selector("#operations-state[data-state=lost]")
    assert "admin" in str(tab.page.locator("#operations-note").text_content())
    tab.page.locator("#sign-out").click()
    tab.page.wait_for_selector("#sign-in[open]")
    sign_in(tab, texts["operator"])
    tab.page.wait_for_selector("#operations-state[data-state=live]")


# -- operations ----


def test_operators_see_live_streams_without_their_text_and_whole_ids(
    tab: Tab, client: Client
) -> None:
    stream = client.start()
    client.send(stream, "The address is ada@exam", 0)
    tab.page.locator("nav a[data-view=operations]").click()
    assert tab.page.url.endswith("/operations")
    row = tab.page.locator("#live tr", has_text=stream[:8])
    row.wait_for()
    assert stream not in tab.page.content()
    assert "address" not in str(tab.page.locator("#operations").text_content())
    cells = row.locator("td").all_text_contents()
    assert cells[1:5] == ["active", "allow", "15", "8"]
    client.send(stream, "ple.org and more. ", 1)
    row.locator("td", has_text="redact").wait_for()
    client.finish(stream)
    row.wait_for(state="detached")
    assert tab.figure("memory", "#operations-figures").endswith("MiB")
    assert "EMAIL_ADDRESS" in str(tab.page.locator("#outcomes").text_content())
    tab.page.go_back()
    assert tab.page.locator("#compose").is_visible()


def test_a_stream_goes_on_while_somebody_looks_at_operations(tab: Tab) -> None:
    tab.write(LONG, tokens=40)
    tab.start()
    tab.wait_shown(40)
    tab.page.locator("nav a[data-view=operations]").click()
    tab.page.wait_for_selector("#operations-state[data-state=live]")
    tab.page.locator("nav a[data-view=guard]").click()
    assert tab.phase == "writing"
    tab.speed(200)
    tab.wait("ended")
    assert tab.shown == judged(tab.url, LONG)


# -- everybody ----


def test_the_keyboard_is_enough(tab: Tab) -> None:
    keyboard = tab.page.keyboard

    def tab_to(name: str) -> None:
        for _ in range(30):
            if tab.page.evaluate("document.activeElement.id") == name:
                return
            keyboard.press("Tab")
        raise AssertionError(f"no way to #{name}")

    keyboard.press("Tab")
    assert tab.page.evaluate("document.activeElement.textContent") == "Skip to content"
    keyboard.press("Enter")
    tab_to("answer")
    keyboard.type("My card is 4111 1111 1111 1111. ")
    keyboard.insert_text("It goes on and on. " * 60)
    tab_to("speed")
    for _ in range(4):
        keyboard.press("ArrowLeft")
    assert tab.page.locator("#speed-value").text_content() == "25 tokens a second"
    tab_to("start")
    keyboard.press("Enter")
    tab.wait_phase("writing")
    # Start is no button to press now: the focus has moved on to the one that is.
    assert tab.page.evaluate("document.activeElement.id") == "finish"
    tab.page.wait_for_selector(".shown .label")
    keyboard.press("Enter")
    tab.wait("ended")
    assert tab.page.evaluate("document.activeElement.id") == "start"
    for _ in range(30):
        keyboard.press("Tab")
        if tab.page.evaluate("document.activeElement.className") == "finding":
            break
    keyboard.press("Enter")
    assert tab.page.locator(".finding").first.get_attribute("aria-pressed") == "true"
    assert tab.page.locator(".label.chosen").count() == 1


def test_what_is_released_is_announced_in_sentences(tab: Tab) -> None:
    tab.page.evaluate(
        """() => {
          window.said = [];
          const place = document.querySelector("#announcer");
          new MutationObserver(() => window.said.push(place.textContent))
            .observe(place, { childList: true, characterData: true, subtree: true });
        }"""
    )
    tab.write(LONG[:240], tokens=60)
    tab.start()
    tab.wait("ended")
    said = tab.page.evaluate("window.said")
    assert 1 <= len(said) <= 6
    assert said[-1].endswith("The answer is complete.")
    assert "[CREDIT_CARD]" in " ".join(said)
    assert "4111" not in " ".join(said)


SMALL = {"width": 360, "height": 740}
OVERFLOWING = """() => [...document.querySelectorAll("main *")]
  .filter((one) => one.checkVisibility() && !one.closest(".table, pre, .sheet, .gauge, .unseen"))
  .filter((one) => one.getBoundingClientRect().right > innerWidth + 1)
  .map((one) => one.tagName + "." + one.className)"""


def test_it_fits_a_phone(open_tab: Open, gateway: Gateway) -> None:
    tab = open_tab(gateway.url, viewport=SMALL, has_touch=True).open()

    def fits() -> None:
        assert tab.page.evaluate("document.documentElement.scrollWidth") <= SMALL["width"]
        assert tab.page.evaluate(OVERFLOWING) == []

    fits()
    tab.guard("Long" * 40 + " " + CARD + " Project Nightjar.")
    # The form fills the screen of a phone: the stream came into view by itself.
    assert tab.page.locator("#text").bounding_box()["y"] < 0.75 * SMALL["height"]
    fits()
    tab.page.locator("nav a[data-view=operations]").click()
    tab.page.wait_for_selector("#operations-state[data-state=live]")
    fits()


CHECK = (Path(__file__).parents[2] / "accessibility.js").read_text("utf-8")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_names_structure_and_contrast_are_right_in_every_state(
    open_tab: Open, gateway: Gateway, scheme: str
) -> None:
    tab = open_tab(gateway.url, color_scheme=scheme, reduced_motion="reduce").open()

    def is_right(least: int) -> None:
        wrong, looked_at = tab.page.evaluate(CHECK)
        assert wrong == []
        assert looked_at >= least

    is_right(20)
    tab.write("Mail ada@example.org and pay with 4111 1111 1111 1111 today, or " * 40, tokens=25)
    tab.start()
    tab.page.wait_for_selector(".shown .label")
    tab.page.wait_for_function(
        "() => document.querySelector('#sheet .water').textContent.length > 8"
    )
    is_right(30)
    tab.page.locator("#guardrails-quiet summary").click()
    tab.page.locator("#connection-log summary").click()
    tab.page.locator("#abort").click()
    tab.wait("ended")
    tab.page.locator("#audit details summary").click()
    is_right(60)
    tab.guard("This is Project Nightjar.")
    is_right(40)
    tab.page.locator("nav a[data-view=operations]").click()
    tab.page.wait_for_selector("#outcomes td")
    is_right(30)
    tab.page.evaluate("document.querySelector('#sign-in').showModal()")
    is_right(30)


def test_light_and_dark_may_be_chosen_and_stay_so(open_tab: Open, gateway: Gateway) -> None:
    tab = open_tab(gateway.url, color_scheme="light").open()
    ground = "getComputedStyle(document.documentElement).backgroundColor"
    light = tab.page.evaluate(ground)
    tab.page.locator("#theme").select_option("dark")
    dark = tab.page.evaluate(ground)
    assert dark != light
    tab.open()
    assert tab.page.evaluate(ground) == dark
    tab.page.locator("#theme").select_option("auto")
    assert tab.page.evaluate(ground) == light
    tab.page.emulate_media(color_scheme="dark")
    assert tab.page.evaluate(ground) == dark


def test_nothing_moves_where_people_asked_for_that(open_tab: Open, gateway: Gateway) -> None:
    tab = open_tab(gateway.url, reduced_motion="reduce").open()
    tab.page.evaluate("document.querySelector('#connection').dataset.state = 'connecting'")
    style = "getComputedStyle(document.querySelector('#connection .dot')).animationName"
    assert tab.page.evaluate(style) == "none"
    tab.page.emulate_media(reduced_motion="no-preference")
    assert tab.page.evaluate(style) == "turn"


def test_what_a_model_writes_is_text_and_never_markup(tab: Tab) -> None:
    text = (
        "<img src=x onerror=\"document.title='run'\"> <script>document.title='run'</script> &amp; "
    )
    tab.guard(text)
    assert tab.shown == text
    assert tab.page.title() == "Tidegate"
    assert tab.page.locator("#sheet img, #sheet script").count() == 0


# -- the modules, beside their counterparts in Python ----


def in_page(tab: Tab, module: str, code: str, argument: Any) -> Any:
    """The value of an expression over a module `m` of the page and an argument `a`."""
    return tab.page.evaluate(
        f"async (a) => {{ const m = await import('/page/{module}'); return ({code}); }}", argument
    )


def test_a_text_is_cut_as_the_demo_cuts_it(tab: Tab) -> None:
    texts = [answer.plain for answer in read_answers()]
    cuts = in_page(tab, "cutter.js", "a.map(m.cut)", texts)
    for text, pieces in zip(texts, cuts, strict=True):
        assert pieces == Answer("a", "", text).pieces()


READ = """(() => {
  const reader = new m.Reader();
  const read = a.map((segment) => reader.read(segment)).filter((one) => one !== null);
  return [read.map(({ start, end, text }) => [start, end, text]), reader.gaps];
})()"""


def test_the_page_reads_segments_as_any_reader_does(tab: Tab) -> None:
    random = Random(7)
    text = "Résumé 😀😀 of 如需 and 👩‍👩‍👧, again. " * 4
    starts = sorted({0, *random.sample(range(1, len(text)), 30)})
    segments = [
        Segment(start, end, text[start:end]) if at % 5 else Segment(start, end, "[LABEL]", "r")
        for at, (start, end) in enumerate(pairwise([*starts, len(text)]))
    ]
    for _ in range(50):
        # Whole runs come again, as after a reconnection, and some never come.
        told = [one for one in segments if random.random() < 0.9]
        at = random.randrange(len(told))
        told = [*told[:at], *told[max(0, at - 5) :]]
        ours = Reader()
        verdict = Verdict("s", 0, Action.ALLOW, tuple(told), 0, 0, (), "chunk", "active", "v")
        expected = [(one.start, one.end, one.text) for one in ours.read(verdict)]
        read, gaps = in_page(tab, "reader.js", READ, msgspec.to_builtins(told))
        assert [tuple(one) for one in read] == expected
        assert gaps == msgspec.to_builtins(ours.gaps)
