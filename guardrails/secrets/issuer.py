"""Values that say themselves who has issued them: they are findings by that name alone."""

from __future__ import annotations

import re
from functools import cache

from guardrails.secrets.ai import AI
from guardrails.secrets.anthropic import ANTHROPIC
from guardrails.secrets.aws import AWS
from guardrails.secrets.cloud import CLOUD
from guardrails.secrets.code_hosting import CODE_HOSTING
from guardrails.secrets.commerce import COMMERCE
from guardrails.secrets.github import GITHUB
from guardrails.secrets.gitlab import GITLAB
from guardrails.secrets.google import GOOGLE
from guardrails.secrets.identity import IDENTITY
from guardrails.secrets.jwt import JWT
from guardrails.secrets.messaging import MESSAGING
from guardrails.secrets.observability import OBSERVABILITY
from guardrails.secrets.openai import OPENAI
from guardrails.secrets.slack import SLACK
from guardrails.secrets.social import SOCIAL
from guardrails.secrets.stripe import STRIPE
from guardrails.secrets.workplace import WORKPLACE
from guardrails.syntax import parse, unparse

_ISSUERS = (
    *(AI, ANTHROPIC, AWS, CLOUD, CODE_HOSTING, COMMERCE, GITHUB, GITLAB, GOOGLE, IDENTITY, JWT),
    *(MESSAGING, OBSERVABILITY, OPENAI, SLACK, SOCIAL, STRIPE, WORKPLACE),
)


# What an expression begins with as it stands there, behind what only looks back.
_BEGINNING = re.compile(r"(?:\(\?<![^)]*\)|\(\?:)*([A-Za-z0-9_-]{2,}+)(?![?*+{])", re.ASCII)
_TOKENS = tuple(
    (beginning[1], rule)
    for issuer in _ISSUERS
    for rule in issuer.rules
    if (beginning := _BEGINNING.match(rule.expression))
)


# Compiled when its beginning is met: all of them take half a second.
@cache
def _compile(expression: str) -> re.Pattern[str]:
    return re.compile(unparse(parse(expression).root), re.ASCII)


def names_issuer(text: str) -> bool:
    """Tell whether a token of a known issuer stands in a folded text.

    >>> names_issuer("Bearer ghp_" + "wWPw5k4aXcaT4fNP0UcnZwJUVFk6LO2rT8mQ")
    True
    """
    return any(
        rule.check is None or rule.check(match[0])
        for beginning, rule in _TOKENS
        if beginning in text
        for match in _compile(rule.expression).finditer(text)
    )
