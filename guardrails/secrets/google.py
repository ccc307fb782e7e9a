"""Google Cloud.

Catches: API keys. Misses: OAuth client secrets; service account files, whose private key is found
as such. Cost: nothing but the key itself.
"""

from __future__ import annotations

from guardrails.guardrail import Guardrail
from guardrails.secrets.token import token

GOOGLE = Guardrail(
    id="google",
    family="secrets",
    summary="Google API keys",
    rules=(token("gcp-api-key", "AIza[A-Za-z0-9_-]{35}", bits=4, left="[A-Za-z0-9]"),),
    catches=(
        "key «AIza" + "SyD4kQ7mW2xV9rB3nZ5cL8tJ6hG1fE0pYuI»,",
        "密钥«AIza" + "SyD4kQ7mW2xV9rB3nZ5cL8tJ6hG1fE0pYuI»。",
        "maps.example.com/js?key=«AIza" + "SyD4kQ7mW2xV9rB3nZ5cL8tJ6hG1fE0pYuI»&v=3",
        '{"key":"«AIza' + 'SyD4kQ7mW2xV-rB3nZ5c_8tJ6hG1fE0pYuI»"}',
    ),
    ignores=(
        "AIzaXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX",
        "AIzaSyYOUR_API_KEY",
        "AIza" + "SyD4kQ7mW2xV9rB3nZ5cL8tJ6hG1fE0pYuIQ7 is too long",
        "AIzaSyAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    ),
)
