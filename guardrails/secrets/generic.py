"""Keys, tokens and passwords of no known provider, by the names they are assigned to.

Catches: `api_key = "..."`, `"token": "..."`, `SECRET=...`, `--token ...`, "the password is ...",
in programs, configuration and prose, when the value looks drawn at random, or like a password; a
redaction replaces the value. Misses: values that hold words (`example`, `your`, `changeme`),
templates (`${VAR}`), UUIDs, and names of public keys, ids and files, all on purpose; passwords
without a digit. Cost: holds what may follow the words "key", "token", "secret" and "password".
"""

from __future__ import annotations

from guardrails.guardrail import Guardrail
from guardrails.rule import Rule
from guardrails.secrets.assignment import OPERATOR, RIGHT, value_of
from guardrails.secrets.entropy import (
    is_named,
    is_regular,
    is_uuid,
    looks_random,
    switches,
    unleet,
)
from guardrails.secrets.issuer import names_issuer
from guardrails.secrets.sample import HEX, LOWER, MIXED, drawn

# Names of what is no secret: public, foreign and primary keys, tokens against forgery.
_NOT_PUBLIC = "(?<!public[_.-])(?<!public)(?<!pub)(?<!pub[_-])(?<!csrf)(?<!csrf[_-])(?<!xsrf[_-])"
# "key" ends a name, or is numbered; the others may stand at its beginning.
_KEY = "key[_-]?[0-9]{0,2}"
_SECRETS = "(?:token|secret|creds|passw(?:or)?d|auth)[A-Za-z0-9_.-]{0,20}"
_PHRASES = "(?:passw(?:or)?d|passphrase|pwd)[A-Za-z0-9_.-]{0,20}"
# In Go and Kotlin the type stands behind the name.
_TYPE = "(?:[ :]{1,2}[Ss]tring)?"
# Brackets, dollars and percents write what a password is put into.
_OUT = r"^\s\"'`<>{}()\[\],;|\\$%&=:"
# In Java and JavaScript a word's plural, an object's attribute: `token.value`, `secret[0]`.
_END = r"(?=[\s\"'`;,<]|\\[nr]|\.(?![A-Za-z0-9])|\Z)"


def is_key(value: str, *, bits: float = 3.5, changes: int = 3) -> bool:
    """Tell a drawn value from a name, a version, a path or a placeholder.

    bits: the least entropy per character. changes: the least places where letters and digits meet.

    >>> [is_key(value) for value in ("k9Fq2LxV7bTz4", "your_api_key_1", "rc0.15.0_2023-SNAPSHOT")]
    [True, False, False]
    """
    return (
        looks_random(value, bits=bits)
        and switches(value) >= changes
        and not (is_named(value) or is_regular(value) or is_uuid(value))
    )


def is_password(value: str) -> bool:
    """Tell a password from a name, a type, an expression or a placeholder.

    >>> [is_password(value) for value in ("v8!kQ2x_Lm", "P@ssw0rd1", "os.environ", "12345678")]
    [True, False, False, False]
    """
    return (
        any("0" <= character <= "9" for character in value)
        and any(character.isalpha() for character in value)
        and looks_random(value, bits=2.5)
        and not any(is_named(text) or is_regular(text) for text in (value, unleet(value)))
        and not is_uuid(value)
    )


def _assigns_key(text: str) -> bool:
    return is_key(value_of(text)) and not names_issuer(text)


def _assigns_password(text: str) -> bool:
    return is_password(value_of(text)) and not names_issuer(text)


def _passes_secret(text: str) -> bool:
    """Read the value of an option, whose name says less often than a variable's what is no key."""
    value = value_of(text.partition("=")[2] or text.rpartition(" ")[2])
    return is_key(value, bits=3, changes=2) and not names_issuer(value)


GENERIC = Guardrail(
    id="generic",
    family="secrets",
    summary="Keys, tokens and passwords by their names",
    rules=(
        Rule(
            id="generic-api-key",
            type="SECRET",
            expression=rf"{_NOT_PUBLIC}(?i:{_KEY}|{_SECRETS}){_TYPE}{OPERATOR}"
            rf"(?P<secret>[A-Za-z0-9_.=+/~-]{{10,150}}){RIGHT}",
            confidence=0.6,
            check=_assigns_key,
        ),
        Rule(
            id="command-line-secret",
            type="SECRET",
            expression=r"--[A-Za-z0-9-]{0,30}(?:key|token|secret|password|passwd)[ =][\"']?"
            rf"(?P<secret>[A-Za-z0-9_.+/~-]{{10,150}}){RIGHT}",
            confidence=0.6,
            check=_passes_secret,
        ),
        Rule(
            id="generic-password",
            type="SECRET",
            expression=rf"(?i:{_PHRASES}){_TYPE}{OPERATOR}"
            rf"(?P<secret>[{_OUT}]{{5,63}}[{_OUT}.]){_END}",
            confidence=0.6,
            check=_assigns_password,
        ),
    ),
    catches=(
        f'api_«key = "{drawn(MIXED, 32)}»"',
        f'令牌 {{"access_«token": "{drawn(LOWER, 40)}»"}}。',
        f"<my«Secret>\n    {drawn(HEX, 40)}»\n</mySecret>",
        f'set("MY_«TOKEN", "{drawn(MIXED, 24)}»")',
        f"deploy «--api-key {drawn(MIXED, 32)}» --region eu",
        f'deploy «--auth-token="{drawn(HEX, 40)}»"',
        f'var my«Token string = "{drawn(MIXED, 24)}»"',
        "the «password is " + "v8!kQ2x_Lm». Change it.",
        "DB_«PASSWORD=" + "kT4!hq9Zr»\n",
    ),
    ignores=(
        "password = 'hunter2' or \"P@ssw0rd1\" or changeme1",
        "api_key = os.environ['API_KEY1'] or '${API_KEY}' or \"<your-key-2>\"",
        "The key: 3 points; the secret is 10 minutes of rest, the token is 256 bits long.",
        "public_key = '9Cnzj4p4WGeKLs1Pt8QuKUpRKfFLfRYC9AIKjbJTWit'",
        "token: 0736f5ef-7e88-499a-80cc-90c85d2a5180",
        "run --api-key your-api-key-1 --token $TOKEN --secret-name app-config-2024",
        "password: String, pwd=getpass(1), passwords = list2",
        "const key = 'abcdefghijklmnopqrstuvwxyz0123456789'",
    ),
)
