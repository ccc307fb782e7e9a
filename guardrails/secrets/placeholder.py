"""What stands where a secret would.

Catches: the beginning of a provider's token with one character over and over behind it, and
passwords such as `user:password@` in addresses. They open nothing, so they are found with a
confidence of 0.1 only: for those who look for places where a secret belongs, or who trust no `x`.
Misses: words such as `your-api-key`. Cost: where a policy asks for it, holds words that begin like
a token.
"""

from __future__ import annotations

from guardrails.guardrail import Guardrail
from guardrails.rule import Rule
from guardrails.secrets.url_credentials import EXPRESSION, is_placeholder

_CONFIDENCE = 0.1
# The beginnings of tokens that documentation masks most: AWS, JFrog, Twilio, GitHub, GitLab, npm,
# Slack, OpenAI and Anthropic, Google, Hugging Face, SendGrid, Stripe.
_BEGINNINGS = (
    r"A(?:KIA|SIA|BIA|CCA|3T[A-Z0-9])|AKC|AP[0-9A-F]|SK|AC|gh[pousr]_|glpat-|npm_|xox[abprs]-"
    r"|sk-(?:ant-|proj-)?|AIza|hf_|SG\.|[rs]k_(?:live|test)_"
)
# Numbers and words have no character eight times in a row.
_MIN_MASKED = 8


def _is_masked(text: str) -> bool:
    return len(set(text[-_MIN_MASKED:])) == 1


PLACEHOLDER = Guardrail(
    id="placeholder",
    family="secrets",
    summary="Masked tokens and passwords such as 'password'",
    rules=(
        Rule(
            id="token-placeholder",
            type="SECRET",
            expression=rf"(?<![A-Za-z0-9])(?:{_BEGINNINGS})[A-Za-z0-9*]{{8,80}}(?![A-Za-z0-9*])",
            confidence=_CONFIDENCE,
            check=_is_masked,
        ),
        Rule(
            id="url-credentials-placeholder",
            type="SECRET",
            expression=EXPRESSION,
            confidence=_CONFIDENCE,
            check=is_placeholder,
        ),
    ),
    catches=(
        "key=«AKIA" + "XXXXXXXXXXXXXXXX»;",
        "令牌「«ghp_" + "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx»」",
        "export STRIPE_KEY=«sk_live_" + "****************»",
        "see «https://user:password@»example.com",
        "«postgres://app:xxxxxx@»db.internal/main",
    ),
    ignores=(
        "AKIA" + "Z7QW5N2RTP6LVK3D",
        "SKIPPED and ACCOMPLISHED, SKxxxx",
        "https://deploy:h4rdT0guess@git.example.com",
        "https://example.com/user:password",
    ),
)
