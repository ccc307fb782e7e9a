"""Rules for tokens: a fixed beginning, then characters drawn at random."""

from __future__ import annotations

from functools import partial

from guardrails.checksums import entropy
from guardrails.rule import Rule


def looks_random(text: str, *, bits: float) -> bool:
    """Tell whether a token has the entropy (bits per character) that gitleaks asks of its kind.

    >>> looks_random("AKIAXXXXXXXXXXXXXXXX", bits=3)
    False
    """
    return entropy(text) >= bits


def token(
    name: str, expression: str, *, bits: float = 3, right: str = "[A-Za-z0-9_-]", left: str = ""
) -> Rule:
    """Make a rule of a token.

    bits: the least entropy per character, gitleaks' figure. left, right: classes of which no
    character may stand before or behind the token; empty: any may.
    """
    return Rule(
        id=name,
        type="SECRET",
        expression="".join(
            (f"(?<!{left})" if left else "", f"(?:{expression})", f"(?!{right})" if right else "")
        ),
        confidence=0.95,
        check=partial(looks_random, bits=bits),
    )
