"""The page for everybody: with a key, as an operator, by keyboard, on a phone, light and dark."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors.gateway.auth.api_key import ApiKey
from tests.browser import CARD, LONG, SAFE, Open, Tab, judged
from tests.gateway import Client, Gateway, running

pytestmark = pytest.mark.browser


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
