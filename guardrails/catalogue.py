"""Every guardrail Tidegate ships. Adding one: a file with its samples, and one line here.

Importing this module checks them all against `guardrails.contract`.
"""

from __future__ import annotations

from guardrails.checks.http import HTTP
from guardrails.checks.judge import JUDGE
from guardrails.checks.language import LANGUAGE
from guardrails.checks.moderation import MODERATION
from guardrails.checks.topics import TOPICS
from guardrails.checks.toxicity import TOXICITY
from guardrails.content.dangerous_code import DANGEROUS_CODE
from guardrails.content.invisible_run import INVISIBLE_RUN
from guardrails.content.json import JSON
from guardrails.content.keywords import KEYWORDS
from guardrails.content.length import LENGTH
from guardrails.content.links import LINKS
from guardrails.content.patterns import PATTERNS
from guardrails.content.profanity import PROFANITY
from guardrails.content.prompt_injection import PROMPT_INJECTION
from guardrails.content.repetition import REPETITION
from guardrails.content.system_prompt import SYSTEM_PROMPT
from guardrails.contract import require_contract
from guardrails.guardrail import Guardrail
from guardrails.pii.birth_date import BIRTH_DATE
from guardrails.pii.countries import COUNTRIES
from guardrails.pii.credit_card import CREDIT_CARD
from guardrails.pii.crypto import CRYPTO
from guardrails.pii.email import EMAIL
from guardrails.pii.iban import IBAN
from guardrails.pii.ip_address import IP_ADDRESS
from guardrails.pii.mac_address import MAC_ADDRESS
from guardrails.pii.phone import PHONE
from guardrails.pii.url import URL
from guardrails.pii.us_ssn import US_SSN
from guardrails.secrets.ai import AI
from guardrails.secrets.anthropic import ANTHROPIC
from guardrails.secrets.aws import AWS
from guardrails.secrets.cloud import CLOUD
from guardrails.secrets.code_hosting import CODE_HOSTING
from guardrails.secrets.commerce import COMMERCE
from guardrails.secrets.credential_file import CREDENTIAL_FILE
from guardrails.secrets.generic import GENERIC
from guardrails.secrets.github import GITHUB
from guardrails.secrets.gitlab import GITLAB
from guardrails.secrets.google import GOOGLE
from guardrails.secrets.high_entropy_string import HIGH_ENTROPY_STRING
from guardrails.secrets.http_auth import HTTP_AUTH
from guardrails.secrets.identity import IDENTITY
from guardrails.secrets.jwt import JWT
from guardrails.secrets.messaging import MESSAGING
from guardrails.secrets.observability import OBSERVABILITY
from guardrails.secrets.openai import OPENAI
from guardrails.secrets.placeholder import PLACEHOLDER
from guardrails.secrets.private_key import PRIVATE_KEY
from guardrails.secrets.slack import SLACK
from guardrails.secrets.social import SOCIAL
from guardrails.secrets.stripe import STRIPE
from guardrails.secrets.url_credentials import URL_CREDENTIALS
from guardrails.secrets.workplace import WORKPLACE

CATALOGUE: tuple[Guardrail, ...] = (
    EMAIL,
    PHONE,
    CREDIT_CARD,
    IBAN,
    US_SSN,
    IP_ADDRESS,
    MAC_ADDRESS,
    URL,
    CRYPTO,
    BIRTH_DATE,
    *COUNTRIES,
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
    AI,
    CLOUD,
    CODE_HOSTING,
    COMMERCE,
    MESSAGING,
    SOCIAL,
    OBSERVABILITY,
    IDENTITY,
    WORKPLACE,
    URL_CREDENTIALS,
    CREDENTIAL_FILE,
    HTTP_AUTH,
    GENERIC,
    HIGH_ENTROPY_STRING,
    PLACEHOLDER,
    KEYWORDS,
    PROFANITY,
    PATTERNS,
    PROMPT_INJECTION,
    SYSTEM_PROMPT,
    DANGEROUS_CODE,
    LINKS,
    INVISIBLE_RUN,
    LENGTH,
    REPETITION,
    JSON,
    TOXICITY,
    LANGUAGE,
    TOPICS,
    MODERATION,
    JUDGE,
    HTTP,
)

require_contract(CATALOGUE)
