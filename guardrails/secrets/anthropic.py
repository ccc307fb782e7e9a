"""Anthropic.

Catches: API keys and admin keys. Misses: OAuth tokens, keys of another length. Cost: nothing but
the key itself.
"""

from __future__ import annotations

from guardrails.guardrail import Guardrail
from guardrails.secrets.token import token

# As in gitleaks: 93 characters and the ending AA.
_BODY = "[A-Za-z0-9_-]{93}AA"
_SAMPLE = "kJ8mQ2xW5vT9rB3nZ7cLaB4dE6fG0h_" * 3 + "AA"

ANTHROPIC = Guardrail(
    id="anthropic",
    family="secrets",
    summary="Anthropic keys",
    rules=(
        token("anthropic-api-key", "sk-ant-api03-" + _BODY),
        token("anthropic-admin-api-key", "sk-ant-admin01-" + _BODY),
    ),
    catches=(
        "key «sk-ant-" + f"api03-{_SAMPLE}»,",
        "密钥«sk-ant-" + f"api03-{_SAMPLE}»。",
        "ANTHROPIC_API_KEY='«sk-ant-" + f"api03-{_SAMPLE}»'",
        "(«sk-ant-" + f"admin01-{_SAMPLE}»)",
    ),
    ignores=(
        "sk-ant-api03-your-key-here",
        "sk-ant-api03-" + "x" * 93 + "AA",
        "sk-ant-" + f"api03-{_SAMPLE[:60]}",
        "sk-ant-" + f"api03-{_SAMPLE}QQ is too long",
    ),
)
