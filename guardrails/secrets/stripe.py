"""Stripe.

Catches: secret and restricted keys, of live and of test mode. Misses: publishable keys, which are
public, and webhook secrets. Cost: nothing but the key itself.
"""

from __future__ import annotations

from guardrails.guardrail import Guardrail
from guardrails.secrets.token import token

STRIPE = Guardrail(
    id="stripe",
    family="secrets",
    summary="Stripe secret keys",
    rules=(
        # Stripe, "API keys"; 24 to 107 characters in all, gitleaks takes from 10 on.
        token(
            "stripe-access-token",
            "(?:sk|rk)_(?:test|live|prod)_[A-Za-z0-9]{10,150}",
            left="[A-Za-z0-9]",
        ),
    ),
    catches=(
        "key «sk_live_" + "4eC39HqLyjWDarjtT1zdp7dc»,",
        "密钥«rk_test_" + "4eC39HqLyjWDarjtT1zdp7dc»。",
        "STRIPE=«sk_test_" + "4eC39HqLyjWDarjtT1zdp7dc»;",
        "(«sk_prod_" + "51OuEMLAlTWGaDypq4P5cuDHbuKeG4tAGPYHJpEXQ7zE8mKK3jkh»)",
    ),
    ignores=(
        "sk_test_your_key_here",
        "sk_live_xxxxxxxxxxxxxxxxxxxxxxxx",
        "pk_live_" + "4eC39HqLyjWDarjtT1zdp7dc",
        "task_test_abcdefghijklmnop",
    ),
)
