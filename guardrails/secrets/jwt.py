"""JSON web tokens.

Catches: signed and unsecured tokens (RFC 7519) in compact form, with their signature or without;
tokens that were encoded in base64 once more. A payload of 8,192 characters and more is cut there,
and a redaction becomes a block. Misses: encrypted tokens, headers whose JSON begins with white
space or has more than 2,048 characters. Cost: holds words that begin with "ey", and the token to
its end.
"""

from __future__ import annotations

from guardrails.guardrail import Guardrail
from guardrails.secrets.sample import MIXED, drawn
from guardrails.secrets.token import token

# RFC 7515 3.1: base64url; some programs write plain base64. 2,048 holds a header with a
# certificate's hash and key id; proxies refuse request headers beyond 8 KiB (nginx, Apache), so
# no payload in use is longer; an RSA-8192 signature has 1,366.
_CHARACTER = r"[A-Za-z0-9/\\_-]"
_PAYLOAD_CAP = 8192
_HEADER = "ey[A-Za-z0-9_-]{15,2048}"
_SAMPLE = "eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9P"

JWT = Guardrail(
    id="jwt",
    family="secrets",
    summary="JSON web tokens",
    rules=(
        token(
            "jwt",
            rf"{_HEADER}\.ey(?:{_CHARACTER}{{15,{_PAYLOAD_CAP - 1}}}"
            rf"(?:\.(?:{_CHARACTER}{{10,1400}}={{0,2}})?|(?!{_CHARACTER}))|(?P<cap>{_CHARACTER}{{{_PAYLOAD_CAP}}}))",
            left="[A-Za-z0-9]",
            right="",
        ),
        # What begins with "eyJ", in base64.
        token("jwt-base64", "ZXlK[A-Za-z0-9_/+-]{60,8192}={0,2}", bits=4, left="[A-Za-z0-9+/]"),
    ),
    catches=(
        f"Bearer «eyJhbGciOiJIUzI1NiJ9.{_SAMPLE}»\n",
        f"令牌«eyJhbGciOiJIUzI1NiJ9.{_SAMPLE}»。",
        '{"token":"«eyJhbGciOiJub25lIn0' + '.eyJzdWIiOiJ0ZXN0LXVzZXIifQ.»"}',
        f"as «ZXlKaGJHY2lPaUpJVXpJMU5pSjku{drawn(MIXED, 90)}» in base64",
        f"two parts «eyJhbGciOiJIUzI1NiJ9.{_SAMPLE.partition('.')[0]}» only",
        f"?t=«eyJhbGciOiJIUzI1NiJ9.{_SAMPLE}»&x=1",
    ),
    ignores=(
        "eyJhbGciOiJIUzI1NiJ9 is its header",
        "eyes.eyelids.eyebrows",
        "eyJxxxxxxxxxxxxxxxxxxxx.eyJxxxxxxxxxxxxxxxxxxxx.xxxxxxxxxxxxxxxx",
        "eyJhbGciOiJIUzI1NiJ9.payload.signature",
    ),
)
