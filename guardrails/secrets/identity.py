"""Vaults, sign-in and secrets themselves.

Catches: keys and tokens of 1Password, age, Authress, Auth0, Clerk, Doppler, Infisical, Okta and
HashiCorp Vault. Misses: keys without a shape of their own that stand without the provider's name.
Cost: nothing but the tokens themselves.
"""

from __future__ import annotations

from guardrails.guardrail import Guardrail
from guardrails.secrets.assignment import assigned
from guardrails.secrets.entropy import looks_random
from guardrails.secrets.sample import LOWER, MIXED, UPPER, drawn, issued, named
from guardrails.secrets.token import token

_WORD = "[A-Za-z0-9]"
# Bech32 (BIP 173): no 1, b, i and o.
_BECH32 = "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L"


def _is_mixed(text: str) -> bool:
    """Tell a Vault token from a method behind an object called `s`."""
    value = text.partition(".")[2]
    return any(c.isdigit() for c in value) and looks_random(value, bits=3.5)


IDENTITY = Guardrail(
    id="identity",
    family="secrets",
    summary="Tokens of vaults and sign-in",
    rules=(
        token(
            "1password-secret-key",
            "A3-[A-Z0-9]{6}-(?:[A-Z0-9]{11}|[A-Z0-9]{6}-[A-Z0-9]{5})(?:-[A-Z0-9]{5}){3}",
            bits=3.5,
            left=_WORD,
        ),
        # JSON in base64 behind "ops_".
        token(
            "1password-service-account-token",
            "ops_eyJ[A-Za-z0-9+/]{250,4000}={0,3}",
            bits=4,
            right="[A-Za-z0-9+/=]",
        ),
        token("age-secret-key", f"AGE-SECRET-KEY-1[{_BECH32}]{{58}}", bits=0),
        token(
            "authress-service-client-access-key",
            r"(?:sc|ext|scauth|authress)_[A-Za-z0-9]{5,30}\.[A-Za-z0-9]{4,6}\.acc[_-]"
            r"[A-Za-z0-9-]{10,32}\.[A-Za-z0-9+/_=-]{30,120}",
            left=_WORD,
            right="[A-Za-z0-9+/=_-]",
        ),
        assigned("auth0-client-secret", "auth0[a-z_. -]{0,12}secret", "[A-Za-z0-9_-]{64}"),
        token("clerk-secret-key", "sk_(?:live|test)_[A-Za-z0-9]{40,50}", bits=4.2, left=_WORD),
        token("doppler-api-token", r"dp\.(?:pt|st|sa|ct|scim|audit)\.[A-Za-z0-9_.]{40,70}"),
        token("infisical-token", r"st\.[0-9a-f]{24}\.[0-9a-f]{24,64}\.[0-9a-f]{24,64}", left=_WORD),
        assigned("okta-access-token", "(?-i:[Oo]kta|OKTA)", "00[A-Za-z0-9_=-]{40}", bits=4),
        token("vault-batch-token", r"hvb\.[A-Za-z0-9_-]{138,300}", bits=4, left=_WORD),
        # Before Vault 1.10: "s." and 24 characters.
        token(
            "vault-service-token",
            r"hvs\.[A-Za-z0-9_-]{90,120}|s\.[A-Za-z0-9]{24}",
            left="[A-Za-z0-9_.)]",
            check=_is_mixed,
        ),
    ),
    catches=(
        f"密钥«A3-{drawn(UPPER, 6)}-{drawn(UPPER, 11)}-"
        + "-".join((drawn(UPPER, 5), drawn("234ABCD789", 5), drawn("XYZ5602", 5)))
        + "»。",
        issued("ops_eyJ", MIXED, 400),
        issued("AGE-SECRET-KEY-1", _BECH32, 58),
        issued("sc_", LOWER, 12, f".{drawn(LOWER, 5)}.acc_{drawn(LOWER, 16)}.{drawn(MIXED, 60)}"),
        named("AUTH0_CLIENT_SECRET", MIXED, 64),
        issued("sk_live_", MIXED, 42),
        issued("dp.pt.", MIXED, 43),
        issued("st.", "0123456789abcdef", 24, f".{drawn('0123456789abcdef', 32)}." + "4f1e9d" * 6),
        named("oktaApiToken", MIXED, 40, "00"),
        issued("hvb.", MIXED, 150),
        issued("hvs.", MIXED, 95),
        issued("s.", MIXED, 24),
    ),
    ignores=(
        "A3-XXXXXX-XXXXXXXXXXX-XXXXX-XXXXX-XXXXX",
        "ops_eyJ" + "x" * 260,
        "s.AcceptanceTimeoutSeconds1 and s.makeKubeConfigController",
        "hvs." + "x" * 95,
        "Okta is a provider of sign-in: see https://okta.com",
    ),
)
