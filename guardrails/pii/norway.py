"""Numbers that authorities of Norway give to people and companies.

Catches: Norwegian national identity, organisation, VAT and bank account numbers. Misses: H and FH
numbers. Cost: holds the current number, and the 32 characters behind one that needs a word beside
it.
"""

from __future__ import annotations

from stdnum.no import fodselsnummer, kontonr, mva, orgnr

from guardrails.checksums import digits_of
from guardrails.guardrail import Guardrail
from guardrails.pii.identifier import COMPANY, DAY, MONTH, PERSON, VAT, grouped, identifier

# Skatteetaten: day (40 more in D numbers), month (40 more in tests), year, count, check digits.
_PERSON = (
    rf"(?:{DAY}|[4-6][0-9]|7[01])[ -]?(?:{MONTH}|4[1-9]|5[0-2])[ -]?[0-9]{{2}}"
    r"[ -]?[0-9]{3}[ -]?[0-9]{2}"
)


def _is_person(text: str) -> bool:
    found = digits_of(text)
    first, second = fodselsnummer.calc_check_digit1(found), fodselsnummer.calc_check_digit2(found)
    return found[9:] == first + second


NORWAY = Guardrail(
    id="norway",
    family="pii",
    summary="Norwegian national identity, organisation, VAT and bank account numbers",
    rules=(
        identifier(
            "no-fodselsnummer",
            _PERSON,
            check=_is_person,
            words=f"fødselsnummer, fodselsnummer, personnummer, d-nummer, fnr, {PERSON}",
            bare=0.4,
        ),
        identifier(
            "no-orgnr",
            grouped(3, 3, 3, by=" "),
            check=orgnr.is_valid,
            words=(f"organisasjonsnummer, orgnr, org.nr, org nr, foretaksnummer, {COMPANY}"),
        ),
        identifier(
            "no-vat",
            r"(?:(?i:NO) ?)?[0-9]{3} ?[0-9]{3} ?[0-9]{3} ?(?i:MVA)",
            check=mva.is_valid,
            words=f"mva, {VAT}",
            bare=0.7,
        ),
        identifier(
            "no-bank-account",
            r"[0-9]{4}(?P<by>[ .]?)[0-9]{2}(?P=by)[0-9]{4}[0-9]",
            check=kontonr.is_valid,
            words="kontonummer, kontonr, konto, bank account",
        ),
    ),
    catches=(
        "is «29506439882» the right fødselsnummer?",
        "organisasjonsnummer: «688 776 503».",
        "（MVA）«614 262 249 MVA»。",
        "under kontonummer «50649425725» you find all of it",
    ),
    ignores=(
        "organisasjonsnummer 568 526 127",
        "fødselsnummer 19 47 89-753 77",
        "kontonummer 94320746177",
        "part 95487523055 is in stock",
        "release 8877 53 30982 is out",
    ),
)
