"""OpenAI.

Catches: project, service account and admin keys, and the older user keys; also keys of providers
that copied the older form. Misses: session and organisation ids. Cost: nothing but the key itself.
"""

from __future__ import annotations

from guardrails.guardrail import Guardrail
from guardrails.secrets.token import token

OPENAI = Guardrail(
    id="openai",
    family="secrets",
    summary="OpenAI keys",
    rules=(
        # gitleaks wants the marker T3BlbkFJ in the middle. Here any random tail of a typed key
        # counts, as OpenAI states no format: 20 is far above what a name behind "sk-proj-" has.
        token(
            "openai-api-key",
            "sk-(?:(?:proj|svcacct|admin)-[A-Za-z0-9_-]{20,240}|[A-Za-z0-9]{32,64})",
            bits=3.5,
            left="[A-Za-z0-9]",
        ),
    ),
    catches=(
        "key «sk-proj-" + "kJ8mQ2xW5vT9rB3nZ7cLaB4dE6fG0hYuIoPqSwDe»,",
        "密钥«sk-" + "kJ8mQ2xW5vT9rB3nZ7cLT3BlbkFJaB4dE6fG0hYuIoPqSwDe»。",
        "OPENAI_API_KEY=«sk-svcacct-" + "kJ8mQ2xW5vT9_B3nZ7cL-aB4dE6fG0hYuIoPqSwDe»\n",
        "(«sk-admin-" + "kJ8mQ2xW5vT9rB3nZ7cLaB4dE6fG0hYuIoPqSwDe»)",
    ),
    ignores=(
        "sk-proj-your-key-here",
        "sk-XXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX",
        "sk-1234567890",
        "a risk-adjusted, task-oriented approach",
    ),
)
