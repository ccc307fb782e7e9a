"""Numbers that authorities of Slovenia give to people and companies.

Catches: Slovenian personal, tax and company numbers. Misses: identity cards. Cost: holds the
current number, and the 32 characters behind one that needs a word beside it.
"""

from __future__ import annotations

from stdnum.si import ddv, emso, maticna

from guardrails.guardrail import Guardrail
from guardrails.pii.identifier import COMPANY, DAY, MONTH, PERSON, TAX, VAT, identifier, loose

SLOVENIA = Guardrail(
    id="slovenia",
    family="pii",
    summary="Slovenian personal, tax and company numbers",
    rules=(
        identifier(
            "si-emso",
            rf"{DAY}{MONTH}[09][0-9]{{2}}[0-9]{{2}}[0-9]{{3}}[0-9]",
            check=emso.is_valid,
            words=f"emšo, emso, matična številka, {PERSON}",
            bare=0.45,
        ),
        identifier(
            "si-vat",
            rf"(?i:SI){loose(8)}|[1-9][0-9]{{3}}[0-9]{{4}}",
            check=ddv.is_valid,
            words=f"davčna, ddv, {TAX}, {VAT}",
        ),
        identifier(
            "si-company-number",
            r"[0-9]{4}[0-9]{3}(?:[0-9]{3})?",
            check=maticna.is_valid,
            words=f"matična številka, maticna, {COMPANY}",
        ),
    ),
    catches=(
        "her emšo is «0310936515656», as she told us",
        "under davčna «46911499» you find all of it",
        "（matična številka）«6130542732»。",
        "they gave me «1707973939912» as my emšo",
    ),
    ignores=(
        "davčna SI90462352",
        "emšo 2610920921397",
        "matična številka 6532648",
        "part 4206207 is in stock",
        "release 9309144 is out",
    ),
)
