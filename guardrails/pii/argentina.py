"""Numbers that authorities of Argentina give to people and companies.

Catches: Argentine tax, identity and bank account numbers. Misses: passports. Cost: holds the
current number, and the 32 characters behind one that needs a word beside it.
"""

from __future__ import annotations

from stdnum.ar import cbu, cuit

from guardrails.guardrail import Guardrail
from guardrails.pii.identifier import TAX, identifier, scattered

ARGENTINA = Guardrail(
    id="argentina",
    family="pii",
    summary="Argentine tax, identity and bank account numbers",
    rules=(
        identifier(
            "ar-cuit",
            r"[23][0-9]-[0-9]{4}[0-9]{4}-[0-9]",
            check=cuit.is_valid,
            words=f"cuit, cuil, {TAX}",
            confidence=0.95,
            bare=0.7,
        ),
        identifier(
            "ar-cuit-unbroken",
            r"[235][0-9]{3}[0-9]{4}[0-9]{3}",
            kind="AR_CUIT",
            check=cuit.is_valid,
            words=f"cuit, cuil, {TAX}",
            bare=0.3,
        ),
        identifier(
            "ar-dni",
            r"[0-9]{1,2}\.[0-9]{3}\.[0-9]{3}|[0-9]{3}[0-9]{4}[0-9]?",
            words="dni, documento nacional, documento único, national id",
            bare=0.05,
        ),
        identifier(
            "ar-cbu",
            scattered(22),
            check=cbu.is_valid,
            words="cbu, cvu, clave bancaria, bank account, cuenta",
            confidence=0.95,
            bare=0.4,
        ),
    ),
    catches=(
        "under CUIT «24-55908962-8» you find all of it",
        "(CUIT «33950870359», see the letter)",
        "（DNI）«9.803.335»。",
        "CBU = «0425288976789423226422»",
    ),
    ignores=(
        "CUIT 23-25649034-3",
        "CBU 7526955386075639364824",
        "part 8859405761875138920705 is in stock",
        "release 50972351447 is out",
        "see 24-61446714-9 in the list",
    ),
)
