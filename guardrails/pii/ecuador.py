"""Numbers that authorities of Ecuador give to people and companies.

Catches: Ecuadorian identity and taxpayer numbers. Misses: passports. Cost: holds the current
number, and the 32 characters behind one that needs a word beside it.
"""

from __future__ import annotations

from stdnum.ec import ci, ruc

from guardrails.guardrail import Guardrail
from guardrails.pii.identifier import COMPANY, PERSON, TAX, identifier

ECUADOR = Guardrail(
    id="ecuador",
    family="pii",
    summary="Ecuadorian identity and taxpayer numbers",
    rules=(
        identifier(
            "ec-ci",
            r"(?:[01][0-9]|2[0-4]|30)[0-9]{2}[0-9]{4}[0-9]-?[0-9]",
            check=ci.is_valid,
            words=f"cédula, cedula, {PERSON}",
        ),
        identifier(
            "ec-ruc",
            r"(?:[01][0-9]|2[0-4]|30)[0-9]{2}[0-9]{4}[0-9]{2}-?[0-9]{3}",
            check=ruc.is_valid,
            words=f"ruc, contribuyente, {TAX}, {COMPANY}",
            bare=0.3,
        ),
    ),
    catches=(
        "cédula: «3028056665».",
        "her RUC is «2498651197-842», as she told us",
        "（cédula）«1535314767»。",
        "(RUC «2434125718-725», see the letter)",
    ),
    ignores=(
        "RUC 2034153452-029",
        "cédula 223767154-0",
        "part 3037964990-693 is in stock",
        "release 2464844067-905 is out",
        "see 3049162864 in the list",
    ),
)
