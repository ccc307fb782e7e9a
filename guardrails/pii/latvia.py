"""Numbers that authorities of Latvia give to people and companies.

Catches: Latvian personal and VAT numbers. Misses: passports. Cost: holds the current number, and
the 32 characters behind one that needs a word beside it.
"""

from __future__ import annotations

from stdnum.lv import pvn

from guardrails.guardrail import Guardrail
from guardrails.pii.identifier import COMPANY, DAY, MONTH, PERSON, TAX, VAT, identifier, loose

LATVIA = Guardrail(
    id="latvia",
    family="pii",
    summary="Latvian personal and VAT numbers",
    rules=(
        identifier(
            "lv-personal-code",
            rf"(?:{DAY}{MONTH}[0-9]{{2}}|32[0-9]{{4}})-?[0-9]{{4}}[0-9]",
            check=pvn.is_valid,
            words=f"personas kods, personas koda, p.k., {PERSON}",
            bare=0.4,
        ),
        identifier(
            "lv-vat",
            rf"(?i:LV){loose(11)}|[4-9][0-9]{{3}}[0-9]{{4}}[0-9]{{3}}",
            check=pvn.is_valid,
            words=f"pvn, reģistrācijas, {TAX}, {COMPANY}, {VAT}",
        ),
    ),
    catches=(
        "is «320768-38270» the right personas kods?",
        "PVN: «LV65671318367».",
        "（personas kods）«321719-96479»。",
        "under PVN «LV94349506009» you find all of it",
    ),
    ignores=(
        "personas kods 32658165380",
        "PVN LV92656048667",
        "part LV55794908807 is in stock",
        "release 46956564927 is out",
        "see 320712-46638 in the list",
    ),
)
