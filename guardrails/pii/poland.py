"""Numbers that authorities of Poland give to people and companies.

Catches: Polish PESEL, tax, statistical, identity card and passport numbers. Misses: number plates.
Cost: holds the current number, and the 32 characters behind one that needs a word beside it.
"""

from __future__ import annotations

from stdnum.pl import nip, pesel, regon

from guardrails.guardrail import Guardrail
from guardrails.pii.check_digits import weigh
from guardrails.pii.identifier import (
    COMPANY,
    PASSPORT,
    PERSON,
    TAX,
    VAT,
    digits,
    grouped,
    identifier,
)

# Of persons; those of companies have their three digits first and second.
_GROUPED_NIP = "[0-9]{3}-[0-9]{2}-[0-9]{2}-[0-9]{3}"


def _is_id_card(text: str) -> bool:
    plain = text.replace(" ", "")
    return weigh(plain[:3] + plain[4:], (7, 3, 1, 7, 3, 1, 7, 3)) % 10 == int(plain[3])


def _is_passport(text: str) -> bool:
    plain = text.replace(" ", "")
    return weigh(plain[:2] + plain[3:], (7, 3, 1, 7, 3, 1, 7, 3)) % 10 == int(plain[2])


POLAND = Guardrail(
    id="poland",
    family="pii",
    summary="Polish PESEL, tax, statistical, identity card and passport numbers",
    rules=(
        identifier(
            "pl-pesel", digits(11), check=pesel.is_valid, words=f"pesel, {PERSON}", bare=0.25
        ),
        identifier(
            "pl-nip",
            rf"(?:(?i:PL) ?)?(?:{grouped(3, 3, 2, 2)}|{_GROUPED_NIP})",
            check=nip.is_valid,
            words=f"nip, podatk, {TAX}, {VAT}",
        ),
        identifier(
            "pl-regon",
            r"[0-9]{4}[0-9]{4}[0-9](?:[0-9]{4}[0-9])?",
            check=regon.is_valid,
            words=f"regon, {COMPANY}",
        ),
        # As in ICAO Doc 9303, with the check digit right behind the letters.
        identifier(
            "pl-id-card",
            r"[A-Za-z]{3} ?[0-9]{4}[0-9]{2}",
            check=_is_id_card,
            words="dowód, dowodu, dowod, identity card, id card",
            bare=0.3,
        ),
        identifier(
            "pl-passport",
            r"[A-Za-z]{2} ?[0-9]{4}[0-9]{3}",
            check=_is_passport,
            words=f"{PASSPORT}, paszport",
            bare=0.2,
        ),
    ),
    catches=(
        "is «04661503962» the right pesel?",
        "NIP: «PL 058-07-38-980».",
        "（regon）«43715678489234»。",
        "under dowód «ZLB 548983» you find all of it",
        "(passport «YQ 3962240», see the letter)",
    ),
    ignores=(
        "pesel 99890557623",
        "dowód SLE 293242",
        "passport FL 1542819",
        "part 73870732388 is in stock",
        "release 40420285409 is out",
    ),
)
