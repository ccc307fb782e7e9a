"""Numbers that authorities of Turkey give to people and companies.

Catches: Turkish identity, tax and licence plate numbers. Misses: passports. Cost: holds the current
number, and the 32 characters behind one that needs a word beside it.
"""

from __future__ import annotations

from stdnum.tr import tckimlik, vkn

from guardrails.guardrail import Guardrail
from guardrails.pii.identifier import PERSON, PLATE, TAX, digits, identifier

TURKEY = Guardrail(
    id="turkey",
    family="pii",
    summary="Turkish identity, tax and licence plate numbers",
    rules=(
        identifier(
            "tr-national-id",
            rf"[1-9][0-9]{{2}}{digits(8)}",
            check=tckimlik.is_valid,
            words=f"kimlik, tckn, tc no, t.c., turkish id, {PERSON}",
            bare=0.4,
        ),
        identifier("tr-vkn", digits(10), check=vkn.is_valid, words=f"vkn, vergi, {TAX}"),
        identifier(
            "tr-license-plate",
            r"(?:0[1-9]|[1-7][0-9]|8[01])(?P<by>[ -]?)[A-PR-VYZ]{1,3}(?P=by)[0-9]{2,4}",
            words=f"plaka, araç, {PLATE}",
            bare=0.2,
        ),
    ),
    catches=(
        "is «10419900846» the right kimlik?",
        "VKN: «0348561193».",
        "（plaka）«55T5163»。",
        "under kimlik «14880139576» you find all of it",
    ),
    ignores=(
        "VKN 1042842254",
        "kimlik 14829163700",
        "part 4154726368 is in stock",
        "release 22E19 is out",
        "see 81 YF 48 in the list",
    ),
)
