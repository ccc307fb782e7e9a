"""Rules for tokens: a fixed beginning, then characters drawn at random."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from guardrails.rule import Rule
from guardrails.secrets.entropy import looks_random


def token(
    name: str,
    expression: str,
    *,
    bits: float = 3,
    right: str = "[A-Za-z0-9_-]",
    left: str = "",
    check: Callable[[str], bool] | None = None,
) -> Rule:
    """Make a rule of a token.

    bits: the least entropy per character, gitleaks' figure. left, right: classes of which no
    character may stand before or behind the token; empty: any may. check: instead of the entropy.
    """
    return Rule(
        id=name,
        type="SECRET",
        expression="".join(
            (f"(?<!{left})" if left else "", f"(?:{expression})", f"(?!{right})" if right else "")
        ),
        confidence=0.95,
        check=check or partial(looks_random, bits=bits),
    )
