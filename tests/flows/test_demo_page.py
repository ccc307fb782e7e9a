"""`tidegate demo --page`: where it opens a browser, and what that finds."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import time
from pathlib import Path

import httpx
import pytest

from flows.demo import page
from tests.flows.command import COMMAND, ROOT, Command, environment

DESKTOP = {"DISPLAY": ":0", "TERM": "xterm-256color"}


@pytest.fixture
def screen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page, "is_plain", lambda *_: False)
    monkeypatch.setattr(page.webbrowser, "get", object)


@pytest.mark.usefixtures("screen")
def test_a_desktop_has_a_browser() -> None:
    assert page.has_browser(DESKTOP, "linux")
    assert page.has_browser({"WAYLAND_DISPLAY": "wayland-0", "TERM": "xterm"}, "linux")
    assert page.has_browser({"TERM": "xterm"}, "darwin")


@pytest.mark.usefixtures("screen")
def test_an_editor_that_works_on_a_server_opens_pages() -> None:
    environ = {"TERM": "xterm", "SSH_CONNECTION": "10.0.0.1 5 10.0.0.2 22", "BROWSER": "open.sh"}
    assert page.has_browser(environ, "linux")


@pytest.mark.usefixtures("screen")
@pytest.mark.parametrize(
    "environ",
    [{"TERM": "xterm"}, {**DESKTOP, "SSH_CONNECTION": "10.0.0.1 5 10.0.0.2 22"}],
)
def test_a_server_has_none(environ: dict[str, str]) -> None:
    assert not page.has_browser(environ, "linux")


@pytest.mark.usefixtures("screen")
def test_a_desktop_without_a_browser_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    def nothing() -> None:
        raise page.webbrowser.Error

    monkeypatch.setattr(page.webbrowser, "get", nothing)
    assert not page.has_browser(DESKTOP, "linux")


def test_in_a_pipe_the_terminal_view_is_printed(tmp_path: Path) -> None:
    done = Command(tmp_path)("demo", "--page", "--fast", DISPLAY=":0")
    assert done.code == 0, done.err
    assert "streams" in done.out
    assert "http" not in done.out
    assert "serve` has the same as a page" in done.out


def test_the_page_opens_with_the_policies_of_the_examples(tmp_path: Path) -> None:
    told = tmp_path / "url"
    # What `webbrowser` runs instead of a browser.
    opener = tmp_path / "opener"
    opener.write_text(f'#!/bin/sh\nprintf %s "$1" >{told}.part\nmv {told}.part {told}\n')
    opener.chmod(0o755)
    ours, theirs = pty.openpty()
    child = subprocess.Popen(
        [*COMMAND, "demo", "--page"],
        cwd=ROOT,
        env=environment(DISPLAY=":0", BROWSER=str(opener), TIDEGATE_GATEWAY_KEYS_FILE="/no/file"),
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    try:
        for _ in range(600):
            if told.exists() or child.poll() is not None:
                break
            time.sleep(0.1)
        url = told.read_text()
        assert url.endswith("/?sample=deploy-token")
        assert httpx.get(url, trust_env=False).status_code == 200
        samples = httpx.get(httpx.URL(url).join("/v1/samples"), trust_env=False).json()
        needed = {one["policy"] for one in samples["samples"]} - {None}
        assert needed
        assert needed < set(samples["policies"])
        assert "deploy-token" in {one["id"] for one in samples["samples"]}
        child.send_signal(signal.SIGINT)
        assert child.wait(30) in (0, 130)
    finally:
        child.kill()
        child.wait(30)
        os.close(ours)
