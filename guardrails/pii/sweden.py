"""Numbers that authorities of Sweden give to people and companies.

Catches: Swedish personal, coordination, organisation and VAT numbers. Misses: postal codes. Cost:
holds the current number, and the 32 characters behind one that needs a word beside it.
"""

from __future__ import annotations

from stdnum.se import orgnr, vat

from guardrails.checksums import digits_of, luhn
from guardrails.guardrail import Guardrail
from guardrails.pii.check_digits import is_date
from guardrails.pii.identifier import COMPANY, MONTH, PERSON, VAT, identifier


def _is_person(text: str) -> bool:
    """Folkbokföringslagen 18: a day, 60 more in it for coordination numbers, Luhn's digit."""
    found = digits_of(text)[-10:]
    day = int(found[4:6]) % 60
    return is_date(found[:2], found[2:4], f"{day:02d}") and luhn(found)


SWEDEN = Guardrail(
    id="sweden",
    family="pii",
    summary="Swedish personal, coordination, organisation and VAT numbers",
    rules=(
        identifier(
            "se-personnummer",
            rf"(?:19|20)?[0-9]{{2}}{MONTH}(?:0[1-9]|[1-8][0-9]|9[01])[-+]?[0-9]{{4}}",
            check=_is_person,
            words=f"personnummer, samordningsnummer, person-nr, pnr, {PERSON}",
            bare=0.4,
        ),
        identifier(
            "se-organisationsnummer",
            r"[0-9]{2}[2-9][0-9]{3}-?[0-9]{4}",
            check=orgnr.is_valid,
            words=(f"organisationsnummer, orgnummer, org.nr, org nr, orgnr, org. nr, {COMPANY}"),
            bare=0.25,
        ),
        identifier(
            "se-vat",
            r"(?i:SE) ?[0-9]{4}[0-9]{2}-?[0-9]{4} ?01",
            check=vat.is_valid,
            words=f"moms, momsregistrering, {VAT}",
            bare=0.6,
        ),
    ),
    catches=(
        "is «19920102+9098» the right personnummer?",
        "organisationsnummer: «797723-7341».",
        "（MOMS）«SE 112748-2741 01»。",
        "under personnummer «3509010694» you find all of it",
    ),
    ignores=(
        "MOMS SE683569050301",
        "personnummer 209005099592",
        "organisationsnummer 297946-0408",
        "part 2210906356 is in stock",
        "release SE095245871901 is out",
    ),
)
