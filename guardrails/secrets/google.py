"""Google Cloud.

Catches: API keys. Misses: OAuth client secrets; service account files, whose private key is found
as such. Cost: nothing but the key itself.
"""

from __future__ import annotations

from guardrails.guardrail import Guardrail
from guardrails.secrets.entropy import is_regular, looks_random
from guardrails.secrets.token import token


def _is_drawn(text: str) -> bool:
    return looks_random(text, bits=4) and not is_regular(text)


GOOGLE = Guardrail(
    id="google",
    family="secrets",
    summary="Google API keys",
    rules=(token("gcp-api-key", "AIza[A-Za-z0-9_-]{35}", left="[A-Za-z0-9]", check=_is_drawn),),
    catches=(
        "key «AIza" + "SyD4kQ7mW2xV9rB3nZ5cL8tJ6hG1fE0pYuI»,",
        "密钥«AIza" + "SyD4kQ7mW2xV9rB3nZ5cL8tJ6hG1fE0pYuI»。",
        "maps.example.com/js?key=«AIza" + "SyD4kQ7mW2xV9rB3nZ5cL8tJ6hG1fE0pYuI»&v=3",
        '{"key":"«AIza' + 'SyD4kQ7mW2xV-rB3nZ5c_8tJ6hG1fE0pYuI»"}',
    ),
    ignores=(
        "AIzaXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX",
        "AIzaSyYOUR_API_KEY",
        "AIzaSy" + "0123456789abcdefghijklmnopqrstuvw",
        "AIza" + "SyD4kQ7mW2xV9rB3nZ5cL8tJ6hG1fE0pYuIQ7 is too long",
        "AIzaSyAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    ),
)
