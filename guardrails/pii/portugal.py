"""Numbers that authorities of Portugal give to people and companies.

Catches: Portuguese tax and citizen card numbers. Misses: social security numbers. Cost: holds the
current number, and the 32 characters behind one that needs a word beside it.
"""

from __future__ import annotations

from stdnum.pt import cc, nif

from guardrails.guardrail import Guardrail
from guardrails.pii.identifier import PERSON, TAX, VAT, grouped, identifier


def _is_card(text: str) -> bool:
    return cc.is_valid(text) and not text.isdigit()


PORTUGAL = Guardrail(
    id="portugal",
    family="pii",
    summary="Portuguese tax and citizen card numbers",
    rules=(
        identifier(
            "pt-nif",
            rf"(?:(?i:PT) ?)?{grouped(3, 3, 3)}",
            check=nif.is_valid,
            words=f"nif, contribuinte, nipc, {TAX}, {VAT}",
        ),
        identifier(
            "pt-citizen-card",
            r"[0-9]{4}[0-9]{4} ?[0-9] ?[0-9A-Za-z]{2} ?[0-9]",
            check=_is_card,
            words=(f"cartão de cidadão, cartao de cidadao, cartão do cidadão, cidadão, {PERSON}"),
            bare=0.3,
        ),
    ),
    catches=(
        "her NIF is «611 301 962», as she told us",
        "under cartão de cidadão «78558235 5 K5 9» you find all of it",
        "（NIF）«775-699-160»。",
        "they gave me «73315905 8 08 6» as my cartão de cidadão",
    ),
    ignores=(
        "NIF PT496123703",
        "cartão de cidadão 043025880ZV5",
        "part PT 214 235 483 is in stock",
        "release 71063242 8 XD 3 is out",
        "see PT702456675 in the list",
    ),
)
