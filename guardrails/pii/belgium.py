"""Numbers that authorities of Belgium give to people and companies.

Catches: Belgian national register, identity card and enterprise numbers. Misses: passports. Cost:
holds the current number, and the 32 characters behind one that needs a word beside it.
"""

from __future__ import annotations

from guardrails.checksums import digits_of
from guardrails.guardrail import Guardrail
from guardrails.pii.identifier import COMPANY, PERSON, TAX, VAT, identifier, loose


def _is_person(text: str) -> bool:
    """Rijksregister: 97 less the remainder, with a 2 in front for who is born since 2000.

    The month of those who are no citizens is 20 or 40 higher; unknown months and days are 0.
    """
    found = digits_of(text)
    number, key = int(found[:9]), int(found[9:])
    if int(found[2:4]) % 20 > 12 or int(found[2:4]) > 52 or int(found[4:6]) > 31:
        return False
    return key in (97 - number % 97, 97 - (2_000_000_000 + number) % 97)


def _is_enterprise(text: str) -> bool:
    found = digits_of(text).zfill(10)
    return int(found) > 0 and 97 - int(found[:8]) % 97 == int(found[8:])


def _is_card(text: str) -> bool:
    found = digits_of(text)
    return (int(found[:10]) % 97 or 97) == int(found[10:])


BELGIUM = Guardrail(
    id="belgium",
    family="pii",
    summary="Belgian national register, identity card and enterprise numbers",
    rules=(
        identifier(
            "be-national-number",
            r"[0-9]{2}(?P<by>[. ]?)[0-9]{2}(?P=by)[0-9]{2}[ -]?[0-9]{3}[ .-]?[0-9]{2}",
            check=_is_person,
            words=(
                "rijksregister, registre national, nationaal nummer, "
                f"numéro national, nationalregister, rrn, niss, insz, {PERSON}, "
                f"{TAX}"
            ),
            bare=0.3,
        ),
        identifier(
            "be-enterprise-number",
            rf"(?i:BE){loose(9, 10)}|[01][0-9]{{3}}(?P<by>[ .]?)[0-9]{{3}}(?P=by)[0-9]{{3}}",
            check=_is_enterprise,
            words=(
                f"ondernemingsnummer, btw, tva, kbo, bce, numéro d'entreprise, {COMPANY}, {VAT}"
            ),
            bare=0.3,
        ),
        identifier(
            "be-identity-card",
            r"[0-9]{3}(?P<by>[ -]?)[0-9]{4}[0-9]{3}(?P=by)[0-9]{2}",
            check=_is_card,
            words="identiteitskaart, carte d'identité, eid, identity card, id card",
        ),
    ),
    catches=(
        "rijksregister: «42 51 30-395-70».",
        "her ondernemingsnummer is «BE115791373», as she told us",
        "（identiteitskaart）«987001216773»。",
        "(rijksregister «64.27.18 640.91», see the letter)",
    ),
    ignores=(
        "identiteitskaart 437427462568",
        "ondernemingsnummer BE116441246",
        "rijksregister 79320606459",
        "part 74410361895 is in stock",
        "release BE347482704 is out",
    ),
)
