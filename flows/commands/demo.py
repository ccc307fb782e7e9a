"""`tidegate demo`: watch the guard at work, without a broker."""

from __future__ import annotations

import importlib
import os
import sys
from typing import Annotated

import typer

EPILOG = """\b
Examples:
  tidegate demo
  tidegate demo --fast            do not imitate the pace of a model
  tidegate demo --page            in a browser, where you can write texts of your own
  NO_COLOR=1 tidegate demo"""


def demo(
    fast: Annotated[
        bool, typer.Option("--fast", help="As quick as the machine can, not at reading pace.")
    ] = False,
    page: Annotated[
        bool, typer.Option("--page", help="In a browser; in the terminal where there is none.")
    ] = False,
) -> None:
    """Watch the guard at work on example streams, without a broker."""
    from flows.exits import MissingError

    try:
        demo = importlib.import_module("flows.demo")
    except ImportError as error:
        raise MissingError(
            f"the demonstration cannot be loaded ({error.name}); run it from a checkout of the "
            "repository after `make install`"
        ) from error
    if page:
        paged = importlib.import_module("flows.demo.page")
        if paged.has_browser(os.environ):
            paged.show_page()
            return
    demo.show(fast=fast)
    if page:
        command = f"{sys.argv[0]} serve"
        typer.echo(f"There is no browser here; `{command}` has the same as a page, and says where.")
