"""Amazon Web Services.

Catches: access key ids; secret access keys behind their name, which the finding includes; Bedrock
API keys. Misses: secret access keys on their own, which are any 40 characters; on purpose the
access key ids of AWS's documentation, which end in EXAMPLE. Cost: nothing but the keys themselves.
"""

from __future__ import annotations

from guardrails.checksums import entropy
from guardrails.guardrail import Guardrail
from guardrails.rule import Rule
from guardrails.secrets.sample import MIXED, issued
from guardrails.secrets.token import token


def _is_access_key_id(text: str) -> bool:
    return entropy(text) >= 3 and not text.endswith("EXAMPLE")


def _is_a_secret_key(text: str) -> bool:
    # 4: 40 random base64 characters have 4.7 on average; a hexadecimal digest has at most 4.
    return entropy(text[-40:]) > 4 and any("A" <= c <= "Z" for c in text[-40:])


AWS = Guardrail(
    id="aws",
    family="secrets",
    summary="AWS access keys",
    rules=(
        # AWS, IAM identifiers: unique ID prefixes; then base32.
        token(
            "aws-access-token",
            "(?:A3T[A-Z0-9]|AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}",
            left="[A-Za-z0-9]",
            right="[A-Za-z0-9]",
            check=_is_access_key_id,
        ),
        Rule(
            id="aws-secret-access-key",
            type="SECRET",
            # The name is part of the finding: as context words around any 40 characters it would
            # make every chunk be searched.
            expression=r"(?i:(?:secret|aws)[_ -]?access[_ -]?key)[^A-Za-z0-9/+]{1,12}"
            r"(?P<secret>[A-Za-z0-9/+]{40})(?![A-Za-z0-9/+=])",
            confidence=0.9,
            check=_is_a_secret_key,
        ),
        token(
            "aws-amazon-bedrock-api-key-long-lived",
            "ABSK[A-Za-z0-9+/]{109,269}={0,2}",
            right="[A-Za-z0-9+/=]",
        ),
        # A presigned address in base64, of which the host stays the same.
        token(
            "aws-amazon-bedrock-api-key-short-lived",
            "bedrock-api-key-YmVkcm9jay5hbWF6b25hd3MuY29t[A-Za-z0-9+/=_-]{0,4000}",
            right="[A-Za-z0-9+/=]",
        ),
    ),
    catches=(
        "key «AKIA" + "Z7QW5N2RTP6LVK3D»,",
        "密钥«ASIA" + "Y34FZKBOKMUTVV7A»。",
        "aws_«secret_access_key = wJalrXUtnFEMI/K7MDENG" + "/bPxRfiCYq8ZrT2mN5v»",
        issued("ABSK", MIXED, 128),
        issued("bedrock-api-key-" + "YmVkcm9jay5hbWF6b25hd3MuY29t", MIXED, 200),
        "AKIAXXXXXXXXXXXXXXXX «AKIA" + "Z7QW5N2RTP6LVK3D»",
    ),
    ignores=(
        "AKIAXXXXXXXXXXXXXXXX",
        "AKIA" + "IOSFODNN7EXAMPLE is in AWS's documentation",
        "TODAYINASIAASACKOFRICEFELLOVER",
        "AKIAZ7QW5N2RTP6LVK3" + "D7 is too long",
        "sha 2fd4e1c67a2d28fced849ee1bb76e7391b93eb12",
        "secret_access_key: da39a3ee5e6b4b0d3255bfef95601890afd80709",
    ),
)
