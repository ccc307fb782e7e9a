"""The page in a real browser, against a real gateway: streams, guardrails, its modules."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any

import msgspec
import pytest

from flows.demo.answers import Answer, read_answers
from guardrails.events import Segment, Verdict
from guardrails.guardrail import Action
from guardrails.reader import Reader
from tests.browser import CARD, LONG, SAFE, Open, Tab, judged
from tests.endpoint import UNAVAILABLE, Endpoint, reply
from tests.gateway import Gateway, running

pytestmark = pytest.mark.browser


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


def test_a_message_of_many_pieces_is_two_http_calls(tab: Tab) -> None:
    calls: list[str] = []
    tab.page.on("request", lambda request: calls.append(request.url.rpartition("/v1/")[2]))
    tab.page.on("websocket", lambda socket: calls.append(socket.url.rpartition("/")[2]))
    tab.write(LONG, tokens=100)
    tab.start()
    tab.wait("ended")
    assert calls == ["stream/start", "ws"]
    # Text goes over the socket, in as many messages as there were answers to wait for.
    assert int(tab.figure("updates")) > 20


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
