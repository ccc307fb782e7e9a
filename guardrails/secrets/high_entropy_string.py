"""Any quoted text that looks drawn at random.

Catches: 20 to 150 characters of base64 between quotes with 4.5 bits of entropy per character and
more. Only for policies with a `min_confidence` of 0.2 or less: digests, ids and names of builds
look the same. Misses: hexadecimal digits, which have at most 4 bits; words. Cost: holds quoted
words.
"""

from __future__ import annotations

from functools import partial

from guardrails.guardrail import Guardrail
from guardrails.rule import Rule
from guardrails.secrets.generic import is_key
from guardrails.secrets.sample import MIXED, drawn

HIGH_ENTROPY_STRING = Guardrail(
    id="high-entropy-string",
    family="secrets",
    summary="Quoted text that looks random",
    rules=(
        Rule(
            id="high-entropy-string",
            type="SECRET",
            expression=r"(?<=[\"'`])[A-Za-z0-9+/_-]{20,150}={0,2}(?=[\"'`])",
            confidence=0.2,
            # The least that detect-secrets asks of base64; text of words stays below.
            check=partial(is_key, bits=4.5),
        ),
    ),
    catches=(
        f'x = "«{drawn(MIXED, 48)}»"',
        f"在 '«{drawn(MIXED, 64)}»' 中",
        f"run `«{drawn(MIXED, 43)}=»` now",
        f'["«{drawn(MIXED, 40)}»", "b"]',
    ),
    ignores=(
        "\"supercalifragilisticexpialidocious\" and 'aVeryLongNameOfOneFunction'",
        "'2fd4e1c67a2d28fced849ee1bb76e7391b93eb12'",
        '"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"',
        "an unquoted k9Fq2LxV7bTz4mW8sYcH3dRj6NpQ",
    ),
)
