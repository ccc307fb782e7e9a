"""Numbers that authorities of Uruguay give to people and companies.

Catches: Uruguayan taxpayer and identity numbers. Misses: passports. Cost: holds the current number,
and the 32 characters behind one that needs a word beside it.
"""

from __future__ import annotations

from stdnum.uy import rut

from guardrails.checksums import digits_of
from guardrails.guardrail import Guardrail
from guardrails.pii.check_digits import weigh
from guardrails.pii.identifier import COMPANY, PERSON, TAX, identifier


def _is_person(text: str) -> bool:
    """Dirección Nacional de Identificación Civil: what makes the sum by these weights end in 0."""
    found = digits_of(text)
    return weigh(found, (2, 9, 8, 7, 6, 3, 4, 1)) % 10 == 0


URUGUAY = Guardrail(
    id="uruguay",
    family="pii",
    summary="Uruguayan taxpayer and identity numbers",
    rules=(
        identifier(
            "uy-rut",
            r"(?:(?i:UY) ?)?(?:0[1-9]|1[0-9]|2[0-2])[ -]?[0-9]{3}[0-9]{3}[ -]?001[ -]?[0-9]",
            check=rut.is_valid,
            words=f"rut, {TAX}, {COMPANY}",
            bare=0.5,
        ),
        identifier(
            "uy-ci",
            r"[0-9]\.[0-9]{3}\.[0-9]{3}-[0-9]|[0-9]{3}[0-9]{4}-?[0-9]",
            check=_is_person,
            words=f"cédula, cedula, c.i., {PERSON}",
            bare=0.2,
        ),
    ),
    catches=(
        "RUT: «17-692879 001-7».",
        "her cédula is «1589293-5», as she told us",
        "（RUT）«15 459396 001 2»。",
        "(cédula «8.369.812-7», see the letter)",
    ),
    ignores=(
        "cédula 5.535.989-5",
        "RUT 15 907355 001-8",
        "part 8.765.585-4 is in stock",
        "release UY 21-520586 001-0 is out",
        "see UY149708610012 in the list",
    ),
)
