"""The demonstration in a browser: a gateway of its own with the page, on this machine alone."""

from __future__ import annotations

import os
import secrets
import sys
import webbrowser
from collections.abc import Callable, Mapping

import typer

from connectors.stopping import Stop, stop_on_leash, stop_on_signals
from flows.demo.answers import EXAMPLES, read_answers
from flows.terminal import is_plain
from guardrails.shipped import DEFAULT

# What the page begins with: a secret that is cut in the middle.
_SAMPLE = "deploy-token"


def has_browser(environ: Mapping[str, str], platform: str = sys.platform) -> bool:
    """Whether a page can be shown to whoever called: a desktop is there, with a browser.

    Somebody who came by ssh sits elsewhere, and so does who reads a pipe or a log; an editor that
    works on a remote machine says in `BROWSER` how its pages are opened.
    """
    if is_plain(sys.stdout, environ):
        return False
    if environ.get("BROWSER"):
        return True
    if environ.get("SSH_CONNECTION"):
        return False
    if platform not in ("darwin", "win32") and not (
        environ.get("DISPLAY") or environ.get("WAYLAND_DISPLAY")
    ):
        return False
    try:
        webbrowser.get()
    except webbrowser.Error:
        return False
    return True


def show_page(open_page: Callable[[str], object] = webbrowser.open) -> None:
    """Serve the page with the policies of the examples until Ctrl-C, and open it.

    Raises TidegateError, when the examples are not there.
    """
    stop = Stop()
    with stop_on_signals(stop):
        stop_on_leash(stop, os.environ)
        from connectors.gateway.proxy.settings import PREFIX as PROXY
        from connectors.metrics.checks import ChecksMetrics
        from connectors.metrics.guard import GuardMetrics
        from connectors.settings import GuardSettings
        from flows.gateway import Embedded
        from flows.kafka import load_plans

        names = sorted({answer.policy for answer in read_answers() if answer.policy is not None})
        files = tuple(str(EXAMPLES / "policies" / f"{name}.yaml") for name in names)
        # A port of its own, and nothing of the machine's gateway: no data, no keys of callers. A
        # key for a provider is there to ask it.
        environ = {
            key: value
            for key, value in os.environ.items()
            if "TIDEGATE_" not in key or key.startswith(PROXY)
        }
        environ["TIDEGATE_GATEWAY_PORT"] = "0"
        # Rules for the page, signed for as long as we run.
        environ["TIDEGATE_RULES_KEY"] = secrets.token_hex(32)
        settings = GuardSettings.from_env(environ)._replace(policies=(DEFAULT, *files))
        plans = load_plans(settings, events=True)
        with Embedded(
            *(plans, environ, stop), metrics=GuardMetrics(), checks_metrics=ChecksMetrics()
        ) as gateway:
            url = f"{gateway.url}/?sample={_SAMPLE}"
            typer.echo(f"The page is at {url}")
            typer.echo("Ctrl-C ends it; `tidegate demo` shows the same in the terminal.")
            open_page(url)
            gateway.run()
