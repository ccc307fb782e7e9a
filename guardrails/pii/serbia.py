"""Numbers that authorities of Serbia give to people and companies.

Catches: Serbian personal numbers, as in all countries that were Yugoslavia, and tax numbers.
Misses: identity cards. Cost: holds the current number, and the 32 characters behind one that needs
a word beside it.
"""

from __future__ import annotations

from stdnum.rs import pib
from stdnum.si import emso

from guardrails.guardrail import Guardrail
from guardrails.pii.identifier import DAY, MONTH, PERSON, TAX, VAT, digits, identifier

SERBIA = Guardrail(
    id="serbia",
    family="pii",
    summary="Serbian personal and tax numbers",
    rules=(
        identifier(
            "rs-jmbg",
            rf"{DAY}{MONTH}[09][0-9]{{2}}[0-9]{{2}}[0-9]{{3}}[0-9]",
            check=emso.is_valid,
            words=f"jmbg, јмбг, матични број, matični broj, {PERSON}",
            bare=0.44,
        ),
        identifier("rs-pib", digits(9), check=pib.is_valid, words=f"pib, пиб, {TAX}, {VAT}"),
    ),
    catches=(
        "is «1702003865213» the right JMBG?",
        "PIB: «653973723».",
        "（JMBG）«2807980965790»。",
        "under PIB «935677059» you find all of it",
    ),
    ignores=(
        "JMBG 0301086216936",
        "PIB 731515610",
        "part 579855934 is in stock",
        "release 1803002154713 is out",
        "see 2504953295895 in the list",
    ),
)
