"""Every guardrail Tidegate ships. Adding one: a file with its samples, and one line here.

Importing this module checks them all against `guardrails.contract`.
"""

from __future__ import annotations

from guardrails.checks.http import HTTP
from guardrails.checks.judge import JUDGE
from guardrails.checks.moderation import MODERATION
from guardrails.checks.toxicity import TOXICITY
from guardrails.content.invisible_run import INVISIBLE_RUN
from guardrails.content.keywords import KEYWORDS
from guardrails.content.length import LENGTH
from guardrails.content.patterns import PATTERNS
from guardrails.contract import require_contract
from guardrails.guardrail import Guardrail
from guardrails.pii.credit_card import CREDIT_CARD
from guardrails.pii.email import EMAIL
from guardrails.pii.iban import IBAN
from guardrails.pii.ip_address import IP_ADDRESS
from guardrails.pii.phone import PHONE
from guardrails.pii.us_ssn import US_SSN
from guardrails.secrets.anthropic import ANTHROPIC
from guardrails.secrets.aws import AWS
from guardrails.secrets.github import GITHUB
from guardrails.secrets.gitlab import GITLAB
from guardrails.secrets.google import GOOGLE
from guardrails.secrets.jwt import JWT
from guardrails.secrets.openai import OPENAI
from guardrails.secrets.private_key import PRIVATE_KEY
from guardrails.secrets.slack import SLACK
from guardrails.secrets.stripe import STRIPE
from guardrails.secrets.url_credentials import URL_CREDENTIALS

CATALOGUE: tuple[Guardrail, ...] = (
    EMAIL,
    PHONE,
    CREDIT_CARD,
    IBAN,
    US_SSN,
    IP_ADDRESS,
    PRIVATE_KEY,
    JWT,
    AWS,
    GITHUB,
    GITLAB,
    SLACK,
    STRIPE,
    GOOGLE,
    OPENAI,
    ANTHROPIC,
    URL_CREDENTIALS,
    KEYWORDS,
    PATTERNS,
    INVISIBLE_RUN,
    LENGTH,
    TOXICITY,
    MODERATION,
    JUDGE,
    HTTP,
)

require_contract(CATALOGUE)
