"""Credentials of HTTP: headers, addresses, and what curl is called with.

Catches: `Authorization: Basic`, `Bearer` and `Token` (RFC 7617, RFC 6750), keys and tokens in
headers of curl, `curl -u user:password`, tokens and passwords in the query of an address; a
redaction replaces the value. Misses:
placeholders such as `$TOKEN`, `<token>` and `user:password`, on purpose; values without a digit.
Cost: nothing but what stands behind the names of headers.
"""

from __future__ import annotations

import re

from guardrails.guardrail import Guardrail
from guardrails.rule import Rule
from guardrails.secrets.assignment import value_of
from guardrails.secrets.entropy import is_named, is_regular, looks_random
from guardrails.secrets.generic import is_key, is_password
from guardrails.secrets.issuer import names_issuer
from guardrails.secrets.sample import HEX, MIXED, drawn

_SCHEME = r"(?i:(?:basic|bearer|apikey|(?:api-)?token)[ \t]{1,2})"
# Proxies refuse request headers beyond 8 KiB (nginx, Apache); tokens have half of it.
_VALUE = "[A-Za-z0-9=~@.+/_-]{7,4096}[A-Za-z0-9=~@+/_-]"
# One call of curl with its headers and body has about as many characters.
_CALL_CHARS = 256
_BEGINS_TEMPLATE = re.compile(r"[$<\[%*]|\{\{")


def _is_header(text: str) -> bool:
    value = value_of(text.rstrip("\"'"))
    return (
        sum(any(map(kind, value)) for kind in (str.isupper, str.islower, str.isdigit)) > 1
        and looks_random(value, bits=2.75)
        and not is_regular(value)
        and not names_issuer(value)
    )


def _is_authorization(text: str) -> bool:
    value = text.rsplit(maxsplit=1)[-1].strip("\"'`")
    return _is_header(value) and not is_named(value[:40]) and looks_random(value, bits=3)


def _is_login(text: str) -> bool:
    """Read a user and a password behind `-u`; either may be the secret, as with API keys."""
    login = re.sub(r"\A(?:-u|--user)[\s=]{0,3}|[\"']", "", text)
    user, _, password = login.partition(":")
    if not password:
        return is_password(user)
    if _BEGINS_TEMPLATE.match(password) or _BEGINS_TEMPLATE.match(user):
        return False
    # 2 bits: "pass", "test" and "xxx" have less.
    return (
        looks_random(password, bits=2)
        and re.search(r"(?i:password|token|secret|changeme|your|\$\{)", password) is None
    )


def _is_query(text: str) -> bool:
    value = text.partition("=")[2]
    return is_key(value, bits=3, changes=2) and not names_issuer(value)


HTTP_AUTH = Guardrail(
    id="http-auth",
    family="secrets",
    summary="Credentials in headers, addresses and calls of curl",
    rules=(
        Rule(
            id="curl-auth-header",
            type="SECRET",
            expression=r"(?<=\s)(?:-H|--header)[ \t=]{0,3}[\"']"
            rf"(?i:authorization:[ \t]{{0,5}}{_SCHEME}?"
            r"|(?:x-(?:[a-z]{1,20}-){0,3})?(?:[a-z]{1,20}-)?(?:api-?)?(?:key|token):[ \t]{0,5})"
            rf"(?P<secret>{_VALUE})(?=[\"'])",
            confidence=0.9,
            check=_is_header,
        ),
        Rule(
            id="curl-auth-user",
            type="SECRET",
            # With an empty password the user is the key.
            expression=r"(?<=\s)(?:-u|--user)[ \t=]{1,3}[\"']?"
            r"(?:[^\s\"':]{0,80}[\"']?:[\"']?(?P<secret>[^\s\"']{1,100})"
            r"|(?P<secret_user>[^\s\"':]{1,80})[\"']?:[\"']?)(?=[\"'\s]|\Z)",
            confidence=0.9,
            check=_is_login,
            context=("curl",),
            context_chars=_CALL_CHARS,
        ),
        Rule(
            id="authorization-header",
            type="SECRET",
            expression=rf"(?i:authorization)[\"'\]\s]{{0,4}}[:=,][\"'`\s]{{0,4}}{_SCHEME}"
            rf"(?P<secret>{_VALUE})(?![A-Za-z0-9=~@+/_-])",
            confidence=0.85,
            check=_is_authorization,
        ),
        Rule(
            id="url-query-secret",
            type="SECRET",
            expression=r"[?&](?i:(?:access|auth|api|client|private|refresh|id)?[_-]?"
            r"(?:token|key|secret|password|passwd|pwd|auth|signature|sig))="
            r"(?P<secret>[A-Za-z0-9_.~+/%-]{8,512})(?![A-Za-z0-9_~+/%-])",
            confidence=0.7,
            check=_is_query,
        ),
    ),
    catches=(
        f"curl «-H 'X-Api-Key: {drawn(HEX, 32)}»' https://example.com",
        f'curl «-H "Private-Token: {drawn(MIXED, 40)}»" https://example.com',
        "curl «-u admin:" + "kT4!hq9Zr» https://example.com",
        "curl -s «--user 'api:" + "v8kQ2xLm!t»' https://example.com",
        f"请求 Authorization: Bearer {drawn(MIXED, 40)}".replace("请求 A", "请求 «A") + "».",
        "headers = {'«Authorization': 'Basic " + "YWRhOmtUNCFocTlacg==»'}",
        f"https://example.com/v1«?api_key={drawn(MIXED, 32)}»&page=2",
    ),
    ignores=(
        'curl -H "Authorization: Bearer $TOKEN" -u "$USER:$PASSWORD" https://example.com',
        "curl -u username:password and -u test:test and -u user:<password>",
        "docker run -u 1000:1000 alpine",
        "Authorization: Bearer <your access token 1>",
        "https://example.com/?key=value&token=your_token_1&sig=abcdefgh12345678",
        "curl -H 'Content-Type: application/json' -H 'Accept: text/html;q=0.9'",
    ),
)
