"""The files of the page and its samples, as a browser asks for them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from connectors.gateway.page_routes import PAGE
from flows.demo.answers import read_answers
from tests.gateway import Client

FILES = sorted(path.name for path in PAGE.iterdir() if path.suffix in (".css", ".js", ".svg"))
TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}


@pytest.mark.parametrize("address", ["/", "/operations"])
def test_both_views_are_one_page(client: Client, address: str) -> None:
    answer = client.http.get(address)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.text == (PAGE / "index.html").read_text("utf-8")
    assert "default-src 'self'" in answer.headers["content-security-policy"]
    assert client.http.head(address).content == b""


@pytest.mark.parametrize("name", FILES)
def test_a_file_is_sent_once_and_asked_about_afterwards(client: Client, name: str) -> None:
    answer = client.http.get(f"/page/{name}")
    assert answer.status_code == 200
    assert answer.headers["content-type"].split(";")[0] == TYPES[Path(name).suffix]
    assert answer.headers["cache-control"] == "no-cache"
    again = client.http.get(f"/page/{name}", headers={"If-None-Match": answer.headers["etag"]})
    assert again.status_code == 304
    assert again.content == b""
    other = client.http.get(f"/page/{name}", headers={"If-None-Match": '"another"'})
    assert other.content == answer.content


def test_nobody_is_to_be_believed_where_no_rules_are_signed(client: Client) -> None:
    assert client.http.get("/page/rule-keys.json").json() == {"keys": []}


@pytest.mark.parametrize("name", ["nothing.js", "..%2Fapi.py", "%2e%2e%2fapi.py", "api.py"])
def test_there_is_nothing_else(client: Client, name: str) -> None:
    answer = client.http.get(f"/page/{name}")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"


def test_the_page_asks_for_nothing_that_is_not_there() -> None:
    html = (PAGE / "index.html").read_text("utf-8")
    asked = re.findall(r'(?:src|href)="/page/([^"]+)"', html)
    modules = [name for name in asked if name.endswith(".js")]
    # All at once, and not one after the other as each is found in another.
    for name in modules:
        source = (PAGE / name).read_text("utf-8")
        assert set(re.findall(r'from "\./([^"]+)"', source)) <= set(modules), name
    assert len(modules) == len(set(modules)) > 15
    assert set(asked) <= set(FILES)
    # Inline code and styles are what the security policy forbids.
    assert not re.search(r"<script(?![^>]* src=)|<style|\sstyle=|\son[a-z]+=", html)
    used = [html, *(path.read_text("utf-8") for path in PAGE.glob("*.css"))]
    assert not any("://" in text for text in used)


def test_samples_are_the_answers_of_the_demo(client: Client) -> None:
    told = client.http.get("/v1/samples").json()
    assert told["policies"] == ["gateway", "default"]
    answers = {answer.id: answer for answer in read_answers()}
    assert [one["id"] for one in told["samples"]] == list(answers)
    for one in told["samples"]:
        answer = answers[one["id"]]
        assert "".join(one["pieces"]) == answer.plain
        assert one["title"] == answer.title
        assert one["policy"] == answer.policy
