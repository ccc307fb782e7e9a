"""Numbers that authorities of Indonesia give to people and companies.

Catches: Indonesian identity and taxpayer numbers. Misses: passports. Cost: holds the current
number, and the 32 characters behind one that needs a word beside it.
"""

from __future__ import annotations

from stdnum import luhn

from guardrails.checksums import digits_of
from guardrails.guardrail import Guardrail
from guardrails.pii.identifier import DAY, MONTH, PERSON, TAX, identifier


def _is_taxpayer(text: str) -> bool:
    return luhn.is_valid(digits_of(text)[-15:-6])


INDONESIA = Guardrail(
    id="indonesia",
    family="pii",
    summary="Indonesian identity and taxpayer numbers",
    rules=(
        # Province, regency, district; day (40 more for women), month and year of birth; a count.
        identifier(
            "id-nik",
            rf"[1-9][0-9]{{3}}[0-9]{{2}}(?:{DAY}|[4-7][0-9]){MONTH}[0-9]{{2}}[0-9]{{4}}",
            words=f"nik, ktp, nomor induk, kependudukan, {PERSON}",
            confidence=0.75,
            bare=0.2,
        ),
        identifier(
            "id-npwp",
            r"0?[0-9]{2}\.[0-9]{3}\.[0-9]{3}\.[0-9]-[0-9]{3}\.[0-9]{3}|[0-9]{4}[0-9]{4}[0-9]{4}[0-9]{3}",
            check=_is_taxpayer,
            words=f"npwp, pajak, {TAX}",
            bare=0.3,
        ),
    ),
    catches=(
        "under NIK «2502242008245639» you find all of it",
        "(NPWP «090.061.508.9-412.664», see the letter)",
        "（NIK）«9749330904288675»。",
        "NPWP = «32.273.787.5-828.906»",
    ),
    ignores=(
        "NPWP 752479901729499",
        "part 597334838812821 is in stock",
        "release 9069885512248189 is out",
        "see 175112598236373 in the list",
        "NPWP 720576794054477916",
    ),
)
