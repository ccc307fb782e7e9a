"""Private keys in PEM and OpenPGP armour.

Catches: from the BEGIN line to the END line (RFC 7468, RFC 4880), with line breaks as they are or
written as \\n, quoted or commented out. Without an END line the key ends where its characters do,
or with the stream; 8,192 characters of body are the cap: the finding is cut there, and a redaction
becomes a block. Misses: keys without a BEGIN line, bodies below 32 characters. Cost: behind a BEGIN
line, holds the key up to its end.
"""

from __future__ import annotations

import re

from guardrails.checksums import entropy
from guardrails.guardrail import Guardrail
from guardrails.rule import Rule

# RSA-8192 in PEM has 6,400 characters; the rest is for quotes and escaped line breaks.
_BODY_CAP = 8192
_BREAK = r"(?:\s|\\[nr])"
_BEGIN = r"-----BEGIN[ A-Z0-9_-]{0,64}PRIVATE KEY(?: BLOCK)?-----"
_END = r"-----END[ A-Z0-9_-]{0,64}PRIVATE KEY(?: BLOCK)?-----"
# RFC 4880 6.2 and RFC 1421 4.6: "Version:", "Comment:", "Proc-Type:", "DEK-Info:",
# in lines of at most 76 characters.
_HEADERS = rf"(?:{_BREAK}{{1,4}}[A-Z][A-Za-z-]{{3,15}}: ?[ -\[\]-~]{{0,76}}){{0,4}}"
# Base64, white space, and what quotes or comments out a line in a program.
_BODY = r"A-Za-z0-9+/=\s\\\"'>|,#*;-"

_RUN = re.compile(r"[A-Za-z0-9+/=]{24,}", re.ASCII)


def _has_a_body(text: str) -> bool:
    """Tell a key from a description of one: some line of it looks random."""
    return any(entropy(run) >= 3 for run in _RUN.findall(text))


_KEY, _BLOCK = "PRIVATE " + "KEY-----", "PRIVATE " + "KEY BLOCK-----"
_PGP = "lQWGBGSVV4YBDAClvRnxezIRy2Yv7SFlzC0i\n=8xQN"

PRIVATE_KEY = Guardrail(
    id="private-key",
    family="secrets",
    summary="Private keys in PEM and OpenPGP armour",
    rules=(
        Rule(
            id="private-key",
            type="SECRET",
            expression=rf"{_BEGIN}{_HEADERS}"
            rf"(?:[{_BODY}]{{32,{_BODY_CAP}}}?(?:{_END}|\Z|(?=[^{_BODY}]))"
            rf"|(?P<cap>[{_BODY}]{{{_BODY_CAP + 1}}}))",
            confidence=0.99,
            check=_has_a_body,
        ),
    ),
    catches=(
        f"«-----BEGIN RSA {_KEY}\nMIIEpAIBAAKCAQEAx7Jk2mQ9vW4nT1\nrB8zL5cY\n-----END RSA {_KEY}».",
        f"密钥：«-----BEGIN {_KEY}\\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC\\n-----END {_KEY}»。",
        f"«-----BEGIN PGP {_BLOCK}\nVersion: GnuPG v1.4 (Linux)\n\n{_PGP}\n-----END PGP {_BLOCK}»",
        f"unclosed «-----BEGIN EC {_KEY}\nMHcCAQEEIIrYSSNQFaA2Hwf1duRSxKtLYX5CB04f»",
        f"broken off «-----BEGIN {_KEY}\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC»... and so on",
    ),
    ignores=(
        "It starts with `-----BEGIN PRIVATE KEY-----` and ends with `-----END PRIVATE KEY-----`.",
        "-----BEGIN PRIVATE KEY-----\n...\n-----END PRIVATE KEY-----",
        "-----BEGIN PRIVATE KEY-----\nYour private key goes here and nowhere else\n",
        "-----BEGIN PUBLIC KEY-----\nMIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA\n-----END",
        "-----BEGIN OPENSSH PRIVATE KEY----------END OPENSSH PRIVATE KEY-----",
    ),
)
