"""The policies Tidegate ships, by name."""

from __future__ import annotations

from importlib.resources import files

DEFAULT = "default"
# The first is what a team wants on day one; each stands in `policies/` with what it is for.
SHIPPED = (DEFAULT, "pii", "secrets", "strict", "everything")


def shipped_text(name: str) -> str:
    """Return a shipped policy as it is written. name: one of SHIPPED.

    >>> "min_confidence: 0" in shipped_text("everything")
    True
    """
    return files("guardrails").joinpath(f"policies/{name}.yaml").read_text("utf-8")
