"""Numbers that authorities of China give to people and companies.

Catches: Chinese resident identity and unified social credit numbers. Misses: passports. Cost: holds
the current number, and the 32 characters behind one that needs a word beside it.
"""

from __future__ import annotations

from stdnum.cn import ric, uscc

from guardrails.guardrail import Guardrail
from guardrails.pii.check_digits import is_date
from guardrails.pii.identifier import COMPANY, DAY, MONTH, PERSON, TAX, identifier

# GB 32100: digits, and letters without I, O, S, V and Z.
_CODE = "[0-9A-HJ-NPQRTUWXYa-hj-npqrtuwxy]"


def _is_resident(text: str) -> bool:
    """GB 11643: place, day of birth, order, and the digit of ISO 7064 MOD 11-2."""
    return is_date(text[6:10], text[10:12], text[12:14]) and text[
        -1
    ].upper() == ric.calc_check_digit(text)


CHINA = Guardrail(
    id="china",
    family="pii",
    summary="Chinese resident identity and unified social credit numbers",
    rules=(
        identifier(
            "cn-ric",
            rf"[1-9][0-9]{{3}}[0-9]{{2}}(?:19|20)[0-9]{{2}}{MONTH}{DAY}[0-9]{{3}}[0-9Xx]",
            check=_is_resident,
            words=f"身份证, 居民身份, 公民身份, resident id, {PERSON}",
            confidence=0.95,
            bare=0.8,
        ),
        identifier(
            "cn-uscc",
            rf"[1-9ANYany][1-59][0-9]{{4}}[0-9]{{2}}{_CODE}{{4}}{_CODE}{{4}}{_CODE}{{2}}",
            check=uscc.is_valid,
            words=f"统一社会信用代码, 社会信用, uscc, unified social credit, {COMPANY}, {TAX}",
            confidence=0.95,
            bare=0.7,
        ),
    ),
    catches=(
        "身份证 = «735544199409136799»",
        "is «440965043C9PQCN1FD» the right 统一社会信用代码?",
        "（身份证）«516863209907045461»。",
        "her 统一社会信用代码 is «71044922LCE5P1B44R», as she told us",
    ),
    ignores=(
        "身份证 459275196111305904",
        "统一社会信用代码 32158218EUPKERWMTG",
        "part 45207996020DTR9JY7 is in stock",
        "release 39085719810407078X is out",
        "see 65019118EF50TXJD0H in the list",
    ),
)
