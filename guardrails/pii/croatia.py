"""Numbers that authorities of Croatia give to people and companies.

Catches: Croatian personal identification numbers. Misses: identity cards. Cost: holds the current
number, and the 32 characters behind one that needs a word beside it.
"""

from __future__ import annotations

from stdnum.hr import oib

from guardrails.guardrail import Guardrail
from guardrails.pii.identifier import PERSON, TAX, VAT, digits, identifier, loose

CROATIA = Guardrail(
    id="croatia",
    family="pii",
    summary="Croatian personal identification numbers",
    rules=(
        identifier(
            "hr-oib",
            rf"(?i:HR){loose(11)}|{digits(11)}",
            check=oib.is_valid,
            words=f"oib, osobni identifikacijski, {PERSON}, {TAX}, {VAT}",
        ),
    ),
    catches=(
        "OIB: «HR59868193669».",
        "her OIB is «HR46553286104», as she told us",
        "（OIB）«HR44331259563»。",
        "(OIB «48261830107», see the letter)",
    ),
    ignores=(
        "OIB HR06450053346",
        "part 44714365181 is in stock",
        "release HR90316126393 is out",
        "see HR92363720609 in the list",
        "OIB 7HR2795024269196",
    ),
)
