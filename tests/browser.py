"""A headless Chromium, and the page in it as a person uses it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.gateway import Client

CARD = "Pay with 4111 1111 1111 1111 today."
SAFE = "Pay with [CREDIT_CARD] today."
# Long enough for something to happen in the middle; with findings, emoji, and two scripts.
LONG = (
    "The refund of 3 March went to the card 4111 1111 1111 1111. Ask ada@example.org 😀 if it "
    "is not there by Friday. 如需更改，请发邮件到lin.wei@example.com。 "
) * 6

# Milliseconds for what the page does by itself; far more than it takes, even on a busy machine.
PATIENCE_MS = 25_000


@contextmanager
def chromium() -> Iterator[Any]:
    """A browser for a block; the tests are skipped where there is none."""
    sync_api = pytest.importorskip("playwright.sync_api", reason="NOT RUN: no playwright")
    names = [os.environ.get("CHROMIUM"), "chromium", "chromium-browser", "google-chrome"]
    path = next((found for name in names if name and (found := shutil.which(name))), None)
    if path is None:
        pytest.skip("NOT RUN: there is no Chromium on the PATH; `make browser` installs one")
    with sync_api.sync_playwright() as playwright:
        # Root has no sandbox; what runs here is our own page.
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


class Tab:
    """One tab with the page of a gateway. problems: what its console complained of."""

    def __init__(self, context: Any, url: str) -> None:
        self.url = url
        self.context = context
        self.context.set_default_timeout(PATIENCE_MS)
        self.page = self.context.new_page()
        self.problems: list[str] = []
        self.page.on("console", self._note)
        self.page.on("pageerror", lambda error: self.problems.append(str(error)))

    def _note(self, message: Any) -> None:
        if message.type in ("error", "warning"):
            self.problems.append(message.text)

    def open(self, path: str = "/") -> Tab:
        """Load the page; the samples are there."""
        self.page.goto(self.url + path)
        self.page.wait_for_selector("#sample optgroup option", state="attached")
        return self

    def close(self) -> None:
        self.page.close()

    # -- what a person does ----------------------------------------------------------------------

    def speed(self, tokens: int) -> None:
        """Set the slider; 200 is as fast as it goes."""
        self.page.locator("#speed").fill(str(tokens))

    def write(self, text: str, *, policy: str = "", tokens: int = 200) -> None:
        """Fill in the form."""
        self.page.locator("#answer").fill(text)
        self.page.locator("#policy").select_option(policy)
        self.speed(tokens)

    def start(self) -> None:
        self.page.locator("#start").click()

    def guard(self, text: str, *, policy: str = "") -> None:
        """Guard a text to its end."""
        self.write(text, policy=policy)
        self.start()
        self.wait("ended")

    # -- what a person sees ----------------------------------------------------------------------

    def wait(self, state: str) -> None:
        """Wait for a state of the connection."""
        self.page.wait_for_selector(f"#connection[data-state={state}]")

    def wait_phase(self, phase: str) -> None:
        self.page.wait_for_selector(f"#phase[data-phase={phase}]")

    def wait_shown(self, chars: int) -> None:
        """Wait until readers are shown so many characters."""
        self.page.wait_for_function(
            "n => (document.querySelector('.shown')?.textContent.length ?? 0) >= n", arg=chars
        )

    @property
    def phase(self) -> str:
        return str(self.page.locator("#phase").get_attribute("data-phase"))

    @property
    def shown(self) -> str:
        """What readers see."""
        return str(self.page.locator(".shown").text_content())

    @property
    def under_water(self) -> str:
        """What is written and not shown."""
        water = self.page.locator("#sheet .water")
        return str(water.text_content()) if water.count() else ""

    @property
    def states(self) -> list[str]:
        """The states the connection went through."""
        lines = self.page.locator("#connection-log li")
        return [str(one.get_attribute("data-state")) for one in lines.all()]

    @property
    def transport(self) -> str:
        return str(self.page.locator("#connection-transport").text_content())

    def light(self, guardrail: str) -> str:
        row = self.page.locator(f".guardrails li[data-step='{guardrail}']")
        return str(row.get_attribute("data-state"))

    def figure(self, name: str, place: str = "#figures") -> str:
        """One of the figures below the text."""
        terms = self.page.locator(f"{place} dt").all_text_contents()
        return str(self.page.locator(f"{place} dd").all_text_contents()[terms.index(name)])

    @property
    def labels(self) -> list[str]:
        return [str(one) for one in self.page.locator(".shown .label").all_text_contents()]

    def expect_no_problems(self, known: tuple[str, ...] = ()) -> None:
        """Fail if its console complained. known: what may be complained of."""
        assert [one for one in self.problems if not any(part in one for part in known)] == []


Open = Callable[..., Tab]


def judged(url: str, text: str) -> str:
    """What readers may see of a text, by the API."""
    client = Client(url)
    shown: str = client.post("/v1/check", content=text).json()["text"]
    client.http.close()
    return shown
