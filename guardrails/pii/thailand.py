"""Numbers that authorities of Thailand give to people and companies.

Catches: Thai national identity and taxpayer numbers. Misses: passports. Cost: holds the current
number, and the 32 characters behind one that needs a word beside it.
"""

from __future__ import annotations

from stdnum.th import pin, tin

from guardrails.checksums import digits_of
from guardrails.guardrail import Guardrail
from guardrails.pii.identifier import COMPANY, PERSON, TAX, identifier, scattered

# Department of Provincial Administration: the last province of each region, 1 to 9.
_LAST_PROVINCES = dict(zip("123456789", "979987766", strict=True))


def _is_person(text: str) -> bool:
    found = digits_of(text)
    return found[2] <= _LAST_PROVINCES.get(found[1], "") and pin.is_valid(found)


THAILAND = Guardrail(
    id="thailand",
    family="pii",
    summary="Thai national identity and taxpayer numbers",
    rules=(
        identifier(
            "th-tnin",
            scattered(13),
            check=_is_person,
            words=(
                "thai id, thai national, tnin, เลขประจำตัวประชาชน, บัตรประชาชน, "
                f"ประชาชน, {PERSON}, {TAX}"
            ),
            bare=0.3,
        ),
        identifier("th-tin", scattered(13), check=tin.is_valid, words=f"ผู้เสียภาษี, {TAX}, {COMPANY}"),
    ),
    catches=(
        "her Thai ID is «2204034429288», as she told us",
        "under ผู้เสียภาษี «4953682090457» you find all of it",
        "（Thai ID）«3213920607310»。",
        "they gave me «6027219496868» as my ผู้เสียภาษี",
    ),
    ignores=(
        "Thai ID 1581419428790",
        "ผู้เสียภาษี 3421478111859",
        "part 5280394555634 is in stock",
        "release 3608326514135 is out",
        "see 8660699692555 in the list",
    ),
)
