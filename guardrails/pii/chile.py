"""Numbers that authorities of Chile give to people and companies.

Catches: Chilean tax and identity numbers. Misses: passports. Cost: holds the current number, and
the 32 characters behind one that needs a word beside it.
"""

from __future__ import annotations

from stdnum.cl import rut

from guardrails.guardrail import Guardrail
from guardrails.pii.identifier import PERSON, TAX, identifier

CHILE = Guardrail(
    id="chile",
    family="pii",
    summary="Chilean tax and identity numbers",
    rules=(
        identifier(
            "cl-rut",
            r"[0-9]{1,2}\.[0-9]{3}\.[0-9]{3}-[0-9Kk]",
            check=rut.is_valid,
            words=f"rut, run, rol único, {PERSON}, {TAX}",
            confidence=0.95,
            bare=0.7,
        ),
        identifier(
            "cl-rut-undotted",
            r"[0-9]{3}[0-9]{4}[0-9]?-?[0-9Kk]",
            kind="CL_RUT",
            check=rut.is_valid,
            words=f"rut, rol único, rol unico, {PERSON}, {TAX}",
        ),
    ),
    catches=(
        "RUT = «35.420.126-7»",
        "is «18813899-3» the right RUT?",
        "（RUT）«9.371.648-5»。",
        "her RUT is «61131712-3», as she told us",
    ),
    ignores=(
        "RUT 4.416.210-7",
        "part 13267827-8 is in stock",
        "release 89.011.434-2 is out",
        "see 74290754-6 in the list",
        "RUT 75.707.343-854",
    ),
)
