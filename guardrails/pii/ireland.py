"""Numbers that authorities of Ireland give to people and companies.

Catches: Irish personal public service and VAT numbers. Misses: passports. Cost: holds the current
number, and the 32 characters behind one that needs a word beside it.
"""

from __future__ import annotations

from stdnum.ie import pps, vat

from guardrails.guardrail import Guardrail
from guardrails.pii.identifier import PERSON, TAX, VAT, identifier

IRELAND = Guardrail(
    id="ireland",
    family="pii",
    summary="Irish personal public service and VAT numbers",
    rules=(
        identifier(
            "ie-pps",
            r"[0-9]{4}[0-9]{3}[A-Wa-w][A-ITWXa-itwx]?",
            check=pps.is_valid,
            words=f"pps, ppsn, personal public, {PERSON}, {TAX}",
            bare=0.45,
        ),
        identifier(
            "ie-vat",
            r"(?i:IE) ?[0-9][0-9A-Za-z+*][0-9]{4}[0-9][A-Wa-w][A-IWa-iw]?",
            check=vat.is_valid,
            words=VAT,
            bare=0.6,
        ),
        identifier(
            "ie-vat-national",
            r"[0-9][0-9A-Z+*][0-9]{4}[0-9][A-W][A-IW]?",
            kind="IE_VAT",
            check=vat.is_valid,
            words=VAT,
            bare=0.2,
        ),
    ),
    catches=(
        "PPS: «8865689Q».",
        "her VAT is «IE 3Q29082T», as she told us",
        "（PPS）«5727332RB»。",
        "its VAT number is «8H54479LW»",
        "(VAT «IE 8H54479LW», see the letter)",
    ),
    ignores=(
        "VAT IE 5W59763H",
        "PPS 4011922G",
        "part IE5998297P is in stock",
        "release 0578422E is out",
        "see 2262975E in the list",
    ),
)
