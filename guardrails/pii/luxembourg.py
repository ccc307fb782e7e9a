"""Numbers that authorities of Luxembourg give to people and companies.

Catches: Luxembourgish national identification and VAT numbers. Misses: company register numbers.
Cost: holds the current number, and the 32 characters behind one that needs a word beside it.
"""

from __future__ import annotations

from stdnum import luhn, verhoeff
from stdnum.lu import tva

from guardrails.guardrail import Guardrail
from guardrails.pii.check_digits import is_date
from guardrails.pii.identifier import DAY, MONTH, PERSON, VAT, identifier, loose


def _is_person(text: str) -> bool:
    """Loi du 19 juin 2013: a date and a count, then Luhn's and Verhoeff's digit over them."""
    return (
        is_date(text[:4], text[4:6], text[6:8])
        and luhn.is_valid(text[:12])
        and verhoeff.is_valid(text[:11] + text[12])
    )


LUXEMBOURG = Guardrail(
    id="luxembourg",
    family="pii",
    summary="Luxembourgish national identification and VAT numbers",
    rules=(
        identifier(
            "lu-national-number",
            rf"(?:19|20)[0-9]{{2}}{MONTH}{DAY}[0-9]{{4}}[0-9]",
            check=_is_person,
            words=f"matricule, numéro d'identification, sozialversicherung, {PERSON}",
            bare=0.5,
        ),
        identifier(
            "lu-vat", rf"(?i:LU){loose(8)}", check=tva.is_valid, words=f"tva, {VAT}", bare=0.5
        ),
    ),
    catches=(
        "(matricule «1957101438662», see the letter)",
        "TVA = «LU48668129»",
        "（matricule）«1901121576557»。",
        "is «LU99887326» the right TVA?",
    ),
    ignores=(
        "TVA LU01001104",
        "matricule 2087090128240",
        "part LU01037046 is in stock",
        "release LU36672343 is out",
        "see 2046031651096 in the list",
    ),
)
