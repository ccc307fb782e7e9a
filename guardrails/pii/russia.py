"""Numbers that authorities of Russia give to people and companies.

Catches: Russian taxpayer, company, insurance and passport numbers. Misses: passports for travel.
Cost: holds the current number, and the 32 characters behind one that needs a word beside it.
"""

from __future__ import annotations

from stdnum.ru import inn, ogrn

from guardrails.checksums import digits_of
from guardrails.guardrail import Guardrail
from guardrails.pii.check_digits import weigh
from guardrails.pii.identifier import COMPANY, PASSPORT, TAX, digits, identifier


def _is_snils(text: str) -> bool:
    found = digits_of(text)
    return weigh(found[:9], range(9, 0, -1)) % 101 % 100 == int(found[9:])


RUSSIA = Guardrail(
    id="russia",
    family="pii",
    summary="Russian taxpayer, company, insurance and passport numbers",
    rules=(
        identifier(
            "ru-inn",
            r"[0-9]{4}[0-9]{4}[0-9]{2}(?:[0-9]{2})?",
            check=inn.is_valid,
            words=f"инн, inn, налогоплательщик, {TAX}",
        ),
        identifier(
            "ru-ogrn",
            r"[1-9][0-9]{3}[0-9]{4}[0-9]{4}[0-9](?:[0-9]{2})?",
            check=ogrn.is_valid,
            words=f"огрн, ogrn, {COMPANY}",
            bare=0.2,
        ),
        # Pension fund: the last two digits are the sum of the nine before by 9 to 1, modulo 101.
        identifier(
            "ru-snils",
            r"[0-9]{3}-[0-9]{3}-[0-9]{3}[ -][0-9]{2}",
            check=_is_snils,
            words="снилс, snils, пенсион, страхов, social security",
            confidence=0.95,
            bare=0.7,
        ),
        identifier(
            "ru-snils-unbroken",
            digits(11),
            kind="RU_SNILS",
            check=_is_snils,
            words="снилс, snils, пенсион, страхов, social security",
            bare=0.2,
        ),
        identifier(
            "ru-passport",
            r"[0-9]{2} ?[0-9]{2} ?[0-9]{4}[0-9]{2}",
            words=f"{PASSPORT}, паспорт, серия, удостоверение личности",
            bare=0.05,
        ),
    ),
    catches=(
        "is «3281185751» the right инн?",
        "огрн: «6601349174409».",
        "（снилс）«961-030-256-72»。",
        "under снилс «22553529360» you find all of it",
        "(passport «5964123304», see the letter)",
    ),
    ignores=(
        "снилс 84905934348",
        "огрн 8220694849417",
        "инн 6316542585",
        "part 0856984881 is in stock",
        "release 87054473827 is out",
    ),
)
