"""Guardrails of other packages, loaded once per process: before the first policy is read."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from connectors.plugins import Plugin


@cache
def load_plugins() -> tuple[Plugin, ...]:
    """Let policies name what installed packages bring; return it, with what is broken.

    A broken one is logged, and said again where a policy names something that is not there.
    """
    from connectors.logs import logger
    from connectors.plugins import discover
    from guardrails.naming import extend

    plugins = tuple(discover())
    missing = [f"{one.origin} could not be loaded: {one.problem}" for one in plugins if one.problem]
    for problem in missing:
        logger(__name__).warning("guardrails of a package are not there", problem=problem)
    extend((guardrail for one in plugins for guardrail in one.guardrails), missing)
    return plugins
