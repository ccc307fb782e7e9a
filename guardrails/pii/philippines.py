"""Numbers that authorities of the Philippines give to people and companies.

Catches: Philippine tax, unified multi-purpose, health insurance and passport numbers and license
plates. Misses: PhilSys numbers, which have no check digit that is published. Cost: holds the
current number, and the 32 characters behind one that needs a word beside it.
"""

from __future__ import annotations

from guardrails.checksums import digits_of
from guardrails.guardrail import Guardrail
from guardrails.pii.check_digits import weigh
from guardrails.pii.identifier import PASSPORT, TAX, identifier

# Land Transportation Office: cars, motorcycles, and stickers of cars that have none yet.
_PLATE = r"[A-Z]{2,3}[ -]?[0-9]{4}|[0-9]{4}[ -]?[A-Z]{3}|[A-Z][0-9]{2}[A-Z][0-9]{3}[0-9]?"


def _is_tin(text: str) -> bool:
    """BIR: the ninth digit is the sum of the eight before it by 9 to 2, modulo 11."""
    found = digits_of(text)
    return weigh(found[:8], range(9, 1, -1)) % 11 == int(found[8]) and int(found[:9]) > 0


def _is_health_insurance(text: str) -> bool:
    found = digits_of(text)
    return (11 - weigh(found[:11], range(2, 13)) % 11) % 11 == int(found[11])


PHILIPPINES = Guardrail(
    id="philippines",
    family="pii",
    summary="Philippine tax, social security, health and passport numbers, and plates",
    rules=(
        identifier(
            "ph-tin",
            r"[0-9]{3}(?P<by>[ -]?)[0-9]{3}(?P=by)[0-9]{3}(?:(?P=by)[0-9]{3}[0-9]{0,2})?",
            check=_is_tin,
            words=f"bir, {TAX}",
        ),
        identifier(
            "ph-umid",
            r"[0-9]{4}-[0-9]{4}[0-9]{3}-[0-9]|[0-9]{4}[0-9]{4}[0-9]{4}",
            words="umid, multi-purpose id, common reference, crn, gsis, sss",
            bare=0.2,
        ),
        identifier(
            "ph-health-insurance",
            r"[0-9]{2}(?P<by>-?)[0-9]{4}[0-9]{4}[0-9](?P=by)[0-9]",
            check=_is_health_insurance,
            words="philhealth, health insurance, kalusugan",
        ),
        identifier(
            "ph-passport",
            r"[A-Za-z][0-9]{4}[0-9]{3}[A-Za-z]|[A-Za-z]{2}[0-9]{4}[0-9]{3}",
            words=f"{PASSPORT}, pasaporte",
        ),
        identifier(
            "ph-license-plate", _PLATE, words="plaka, plate n, license plate, conduction", bare=0.1
        ),
    ),
    catches=(
        "BIR = «801-047-882-6202»",
        "UMID = «3653-2701557-5»",
        "（philhealth）«437647575852»。",
        "passport: «B2514196D».",
        "her plaka is «0183MSP», as she told us",
    ),
    ignores=(
        "BIR 093160786",
        "philhealth 52-761098202-5",
        "part 916-251-160-438 is in stock",
        "release 8757-4981353-3 is out",
        "see X4323960X in the list",
    ),
)
