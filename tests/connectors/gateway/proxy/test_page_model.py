"""The page asks a provider: readers see what is decided, and nobody what is not."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.browser import LONG, Open, Tab, judged
from tests.connectors.gateway.conftest import POLICY
from tests.connectors.gateway.proxy import replies
from tests.connectors.gateway.proxy.provider import Provider
from tests.connectors.gateway.site import Site
from tests.gateway import Client, Gateway, running
from tests.relay import Relay

pytestmark = pytest.mark.browser

TEXT = "Pay with 4111 1111 1111 1111 today, and write to nobody. Thank you, and good-bye."
SAFE = TEXT.replace("4111 1111 1111 1111", "[CREDIT_CARD]")
REPLIES: dict[str, Any] = {
    "openai": replies.chat,
    "anthropic": replies.messages,
    "gemini": replies.gemini,
}


def cut(text: str, size: int = 4) -> list[str]:
    return [text[at : at + size] for at in range(0, len(text), size)]


def settings(url: str) -> dict[str, str]:
    return {
        "TIDEGATE_PROXY_OPENAI_URL": f"{url}/v1",
        "TIDEGATE_PROXY_ANTHROPIC_URL": url,
        "TIDEGATE_PROXY_GEMINI_URL": url,
        **{f"TIDEGATE_PROXY_{name.upper()}_KEY": "our-key" for name in REPLIES},
        "TIDEGATE_PROXY_OPENAI_MODEL": "model-1",
    }


@pytest.fixture(scope="module")
def keyed(provider: Provider, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    policy = tmp_path_factory.mktemp("asked") / "gateway.yaml"
    policy.write_text(POLICY)
    with running("--policy", f"default,{policy}", **settings(provider.url)) as gateway:
        yield gateway


def choose(tab: Tab, name: str, *, policy: str = "") -> None:
    """Fill in the form for a provider."""
    page = tab.page
    page.locator("#sample").select_option(f"ask:{name}")
    assert page.locator("#answer-label").text_content() == "Your prompt"
    assert page.locator("#speed").is_hidden()
    page.locator("#model").fill("model-2")
    page.locator("#answer").fill("Invent a customer.")
    page.locator("#policy").select_option(policy)


@pytest.mark.parametrize("name", REPLIES)
def test_an_answer_of_a_provider_is_guarded(
    open_tab: Open, keyed: Gateway, provider: Provider, name: str
) -> None:
    provider.plays(*REPLIES[name](cut(TEXT)), pause_s=0.01)
    tab = open_tab(keyed.url).open()
    choose(tab, name)
    tab.start()
    tab.wait("ended")
    assert tab.phase == "complete"
    assert tab.shown == SAFE
    assert tab.labels == ["[CREDIT_CARD]"]
    assert tab.figure("characters", "#audit-summary") == str(len(TEXT))
    assert tab.figure("written") == str(len(TEXT))
    (seen,) = provider.seen
    assert "our-key" in str(seen.headers)
    assert "Invent a customer." in seen.body.decode()
    assert "model-2" in seen.path + seen.body.decode()


def test_of_what_is_held_the_page_knows_the_length_alone(
    open_tab: Open, keyed: Gateway, provider: Provider
) -> None:
    frames = replies.chat(["Pay with ", "4111 1111 ", *["1111 "] * 2, "today."])
    provider.plays(*frames[:4], *[b": wait\n\n"] * 40, *frames[4:], pause_s=0.05)
    tab = open_tab(keyed.url).open()
    bodies: list[str] = []
    tab.page.on(
        "websocket", lambda one: one.on("framereceived", lambda body: bodies.append(str(body)))
    )
    choose(tab, "openai")
    tab.start()
    tab.page.wait_for_function(
        "() => document.querySelector('#sheet .water')?.textContent === '░'.repeat(10)"
    )
    assert tab.shown == "Pay with "
    tab.wait("ended")
    assert tab.shown == "Pay with [CREDIT_CARD] today."
    assert bodies
    assert not any("4111" in body for body in bodies)


def test_a_block_ends_the_answer_and_the_provider_is_left(
    open_tab: Open, keyed: Gateway, provider: Provider
) -> None:
    text = "The next one is Project Nightjar. " + "It comes in May. " * 200
    provider.plays(*replies.chat(cut(text)), pause_s=0.01)
    tab = open_tab(keyed.url).open()
    choose(tab, "openai", policy="gateway")
    tab.start()
    tab.wait("ended")
    assert tab.phase == "blocked"
    assert tab.shown == "The next one is "
    assert provider.left.wait(5)


def test_who_aborts_leaves_the_provider(open_tab: Open, keyed: Gateway, provider: Provider) -> None:
    provider.plays(*replies.chat(["One two three. "] * 500), pause_s=0.02)
    tab = open_tab(keyed.url).open()
    choose(tab, "openai")
    tab.start()
    tab.wait_shown(30)
    assert tab.page.locator("#finish").is_disabled()
    tab.page.locator("#abort").click()
    tab.wait("ended")
    assert tab.phase == "aborted"
    assert tab.figure("ended by", "#audit-summary") == "the model gave up"
    assert provider.left.wait(5)


def test_a_provider_that_refuses_is_quoted(
    open_tab: Open, keyed: Gateway, provider: Provider
) -> None:
    refusal = {"error": {"message": "model-2 does not exist", "type": "invalid_request_error"}}
    provider.plays(json.dumps(refusal).encode(), content_type="application/json", status=404)
    tab = open_tab(keyed.url, cut_off=True).open()
    choose(tab, "openai")
    tab.start()
    tab.wait("lost")
    assert tab.page.locator("#connection-note").text_content() == "Model-2 does not exist."
    # It stands where people look, too, and there is no water.
    assert tab.page.locator("#sheet").text_content() == "Model-2 does not exist."
    # And another one can be asked.
    provider.plays(*replies.chat(cut(TEXT)))
    tab.start()
    tab.wait("ended")
    assert tab.shown == SAFE


def test_what_is_missing_is_asked_for(open_tab: Open, keyed: Gateway) -> None:
    tab = open_tab(keyed.url).open()
    tab.page.locator("#sample").select_option("ask:openai")
    assert tab.page.locator("#model").input_value() == "model-1"
    tab.start()
    assert tab.page.locator("#compose-hint").text_content() == "Write a prompt first."
    tab.page.locator("#sample").select_option("ask:gemini")
    tab.start()
    assert tab.page.locator("#compose-hint").text_content() == "Name the model to ask."
    tab.page.locator("#sample").select_option("refund")
    assert tab.page.locator("#model").is_hidden()
    assert tab.page.locator("#speed").is_visible()


def test_a_provider_without_a_key_is_not_offered(proxy: Gateway) -> None:
    client = Client(proxy.url)
    assert client.http.get("/v1/samples").json()["providers"] == []
    client.http.close()


def test_a_gateway_that_is_killed_while_a_provider_answers(
    open_tab: Open, provider: Provider, tmp_path: Path
) -> None:
    pieces: Sequence[bytes] = replies.chat(cut(LONG))
    provider.plays(*pieces, pause_s=0.03)
    with Relay() as relay:
        site = Site(relay, tmp_path, **settings(provider.url))
        try:
            tab = open_tab(site.url, cut_off=True).open()
            choose(tab, "openai")
            tab.start()
            tab.wait_shown(100)
            site.gateway.kill()
            tab.wait("reconnecting")
            site.start()
            tab.wait("ended")
            # Nobody asks the provider again; what was said is decided, shown once, and audited.
            assert tab.phase == "aborted"
            assert len(tab.shown) >= 100
            said = int(tab.figure("characters", "#audit-summary"))
            assert tab.shown == judged(site.url, LONG[:said])
            assert tab.figure("ended by", "#audit-summary") == "the model gave up"
        finally:
            site.gateway.stop()
