"""Numbers that authorities of Greece give to people and companies.

Catches: Greek social security and tax numbers. Misses: identity cards. Cost: holds the current
number, and the 32 characters behind one that needs a word beside it.
"""

from __future__ import annotations

from stdnum.gr import amka, vat

from guardrails.guardrail import Guardrail
from guardrails.pii.identifier import DAY, MONTH, PERSON, TAX, VAT, digits, identifier, loose

GREECE = Guardrail(
    id="greece",
    family="pii",
    summary="Greek social security and tax numbers",
    rules=(
        identifier(
            "gr-amka",
            rf"{DAY}{MONTH}[0-9]{{2}}[ -]?[0-9]{{4}}[0-9]",
            check=amka.is_valid,
            words=f"αμκα, amka, κοινωνικής ασφάλισης, {PERSON}",
            bare=0.4,
        ),
        identifier(
            "gr-afm",
            rf"(?i:EL|GR){loose(8, 9)}|{digits(9)}",
            check=vat.is_valid,
            words=f"αφμ, α.φ.μ., afm, φορολογικού μητρώου, {TAX}, {VAT}",
        ),
    ),
    catches=(
        "is «27069996489» the right αμκα?",
        "αφμ: «EL812059501».",
        "（αμκα）«100999 36584»。",
        "under αφμ «025793602» you find all of it",
    ),
    ignores=(
        "αφμ GR93438264",
        "αμκα 190406-84785",
        "part 101029 02656 is in stock",
        "release 13073304910 is out",
        "see EL10329704 in the list",
    ),
)
