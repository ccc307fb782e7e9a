"""The modules in a real browser: WebCrypto, a Web Worker, a strict Content-Security-Policy."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from typing import Any

import pytest

from tests.connectors.gateway.rules.serving import Site, serve

pytestmark = pytest.mark.browser

sync_api = pytest.importorskip("playwright.sync_api", reason="NOT RUN: playwright is missing")

RUN = """async ([url, keys, texts, exploding]) => {
  const { RuleStore, verifyBundle } = await import("/rules.js");
  const { RuleRunner } = await import("/rule-runner.js");
  const store = new RuleStore({ url, keys, policy: "small" });
  let bundle;
  try {
    bundle = await store.refresh();
  } catch (error) {
    return { refused: error.reason ?? `${error}` };
  }
  const rules = [...bundle.rules];
  if (exploding) rules.unshift({ ...rules[0], id: "bad", expression: "(?:a|a)+$", checks: [] });
  const runner = new RuleRunner({ ...bundle, rules }, { limitMs: 500, runLimitMs: 30000 });
  const said = [];
  for (const text of texts) said.push(await runner.check(text));
  runner.close();
  return said;
}"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    path = shutil.which("chromium") or shutil.which("google-chrome")
    if path is None:
        pytest.skip("NOT RUN: there is no Chromium on the PATH")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def site() -> Iterator[Site]:
    with serve() as site:
        yield site


def run(browser: Any, site: Site, texts: list[str], *, exploding: bool = False) -> Any:
    page = browser.new_page()
    try:
        page.goto(site.address)
        keys = [site.ours.public_key]
        return page.evaluate(RUN, [f"{site.address}/v1/rules", keys, texts, exploding])
    finally:
        page.close()


def test_a_browser_verifies_a_bundle_and_runs_its_rules(browser: Any, site: Site) -> None:
    said = run(browser, site, ["😀 ada@example.org, ４１１１ 1111 1111 1111", "Project BLUEBIRD"])
    spans = [[(one["rule"], one["start"], one["end"]) for one in row["findings"]] for row in said]
    assert spans == [[("email", 2, 17), ("credit-card", 19, 38)], [("keywords", 8, 16)]]
    assert [row["skipped"] for row in said] == [[], []]


def test_a_browser_refuses_what_was_changed_or_signed_by_another(browser: Any, site: Site) -> None:
    site.tampered = True
    assert run(browser, site, ["x"]) == {"refused": "bad-signature"}
    site.tampered, site.signer = False, site.stranger
    assert run(browser, site, ["x"]) == {"refused": "unknown-key"}


def test_a_browser_ends_a_rule_that_explodes(browser: Any, site: Site) -> None:
    said = run(browser, site, ["a" * 60 + "b ada@example.org"], exploding=True)
    assert [(one["rule"], one["reason"]) for one in said[0]["skipped"]] == [("bad", "slow")]
    assert [one["rule"] for one in said[0]["findings"]] == ["email"]
