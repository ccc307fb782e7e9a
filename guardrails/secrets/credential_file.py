"""Passwords in files that programs read them from.

Catches: passwords in .netrc and .pgpass, logins of Docker's config.json, hashes of passwords
(crypt, bcrypt, Argon2, Apache's). Of a line of .pgpass the host stays. Misses: placeholders such
as `password` and `${PASSWORD}`, on purpose. Cost: nothing but what stands behind "machine" and "$".
"""

from __future__ import annotations

import binascii

from guardrails.guardrail import Guardrail
from guardrails.rule import Rule
from guardrails.secrets.entropy import is_named, is_regular, looks_random
from guardrails.secrets.sample import MIXED, drawn
from guardrails.secrets.token import token

_CRYPT = "[./A-Za-z0-9]"


def _is_last_word_a_password(text: str) -> bool:
    value = text.replace(":", " ").split()[-1]
    return looks_random(value, bits=2) and not is_named(value) and not is_regular(value)


def _is_login(text: str) -> bool:
    """Tell whether base64 holds a user, a colon and a password."""
    value = text.rpartition('"')[2]
    try:
        user, colon, password = binascii.a2b_base64(value).partition(b":")
    except binascii.Error:
        return False
    return bool(user and colon and password) and user.isascii()


CREDENTIAL_FILE = Guardrail(
    id="credential-file",
    family="secrets",
    summary="Passwords in .netrc, .pgpass, Docker's configuration, and hashes",
    rules=(
        # The GNU inetutils manual, "The .netrc file".
        Rule(
            id="netrc-password",
            type="SECRET",
            expression=r"machine\s{1,4}[A-Za-z0-9.-]{1,100}\s{1,4}login\s{1,4}\S{1,100}\s{1,4}"
            r"password\s{1,4}(?P<secret>\S{4,200})(?!\S)",
            check=_is_last_word_a_password,
        ),
        # PostgreSQL's manual, "The Password File": host:port:database:user:password.
        Rule(
            id="pgpass-password",
            type="SECRET",
            expression=r"(?<=[A-Za-z0-9*]):[0-9]{4,5}:[A-Za-z0-9_*-]{1,63}:[A-Za-z0-9_.-]{1,63}:"
            r"(?P<secret>[^\s:\"'`<>/]{6,100})(?!\S)",
            confidence=0.6,
            check=_is_last_word_a_password,
        ),
        Rule(
            id="docker-config-auth",
            type="SECRET",
            expression=r"\"auth\"\s{0,3}:\s{0,3}\"(?P<secret>[A-Za-z0-9+/]{8,400}={0,2})(?=\")",
            check=_is_login,
        ),
        # crypt(5) and Apache's documentation of password formats.
        token(
            "password-hash",
            rf"\$(?:apr1|1)\${_CRYPT}{{1,8}}\${_CRYPT}{{22}}"
            rf"|\$2[abxy]\$[0-9]{{2}}\${_CRYPT}{{53}}"
            rf"|\$5\$(?:rounds=[0-9]{{4,9}}\$)?{_CRYPT}{{1,16}}\${_CRYPT}{{43}}"
            rf"|\$6\$(?:rounds=[0-9]{{4,9}}\$)?{_CRYPT}{{1,16}}\${_CRYPT}{{86}}"
            rf"|\$y\${_CRYPT}{{1,16}}\${_CRYPT}{{1,86}}\${_CRYPT}{{43}}"
            r"|\$argon2(?:id|i|d)\$v=[0-9]{1,3}\$m=[0-9]{1,9},t=[0-9]{1,4},p=[0-9]{1,4}"
            r"\$[A-Za-z0-9+/]{11,64}\$[A-Za-z0-9+/]{16,86}",
            bits=3.5,
            right="[./A-Za-z0-9]",
        ),
    ),
    catches=(
        "«machine example.com login ada password " + "kT4hq9Zr»\n",
        "db.example.com«:5432:orders:app:" + "kT4!hq9Zr»\n",
        '{"auths": {"x": {«"auth": "' + 'YWRhOmtUNCFocTlacg==»"}}}',
        f"ada:«$apr1${drawn(MIXED, 8)}${drawn(MIXED, 22)}»\n",
        f"散列 «$2y$10${drawn(MIXED, 53)}» 。",
        f"ada:«$6${drawn(MIXED, 16)}${drawn(MIXED, 86)}»:19000",
        f"«$argon2id$v=19$m=65536,t=3,p=4${drawn(MIXED, 22)}${drawn(MIXED, 43)}»\n",
    ),
    ignores=(
        "machine example.com login ada password your_password",
        "localhost:5432:db:user:password",
        '{"auth": "enabled", "auth": "none"}',
        "it costs $1$ or $2a$ more, $5$ at most",
        "the machine learning login page has a password field",
    ),
)
