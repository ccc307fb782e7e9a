"""Payment card numbers.

Catches: numbers of 13 to 19 digits that begin with an issuer's prefix and end in their Luhn digit,
unbroken or in the groups printed on cards, with spaces, dashes or dots between them; also in
full-width digits and right behind letters. 12 and 13 digits need a word such as "card" nearby:
every tenth EAN-13 barcode would pass. Misses: numbers over several lines, groups of other sizes,
local schemes outside the prefixes below. Cost: holds the current number.
"""

from __future__ import annotations

from guardrails.checksums import luhn
from guardrails.guardrail import Guardrail
from guardrails.rule import Rule

# Issuer identification numbers (ISO/IEC 7812-1) as the schemes publish them. 16 digits: Visa 4,
# Mastercard 51-55 and 2221-2720, Mir 2200-2204, Discover 6011, 644-649 and 65, JCB 35,
# UnionPay 62 and 81, RuPay 60 and 82, Maestro 50 and 56-69.
_MASTERCARD_2 = r"(?:222[1-9]|22[3-9][0-9]|2[3-6][0-9]{2}|27[01][0-9]|2720)"
_IIN_16 = (
    rf"(?:4[0-9]{{3}}|5[0-9]{{3}}|{_MASTERCARD_2}|220[0-4]|35[0-9]{{2}}"
    r"|6[0-9]{3}|8[12][0-9]{2})"
)
# A number that goes on, or is the fraction of another, is not a card's.
_LEFT = r"(?<![0-9])(?<![0-9]\.)"
_RIGHT = r"(?![0-9])"
_SEPARATOR = r"[ .-]?"
_GROUP = r"[0-9]{4}"


def _rule(name: str, expression: str, confidence: float = 0.9) -> Rule:
    return Rule(
        id=name,
        type="CREDIT_CARD",
        expression=_LEFT + expression + _RIGHT,
        confidence=confidence,
        check=luhn,
    )


CREDIT_CARD = Guardrail(
    id="credit-card",
    family="pii",
    summary="Payment card numbers with a valid check digit",
    rules=(
        _rule("credit-card", _IIN_16 + (_SEPARATOR + _GROUP) * 3, 0.95),
        # American Express 34 and 37; UATP 1 and old JCB 1800, 2131, unbroken.
        _rule(
            "credit-card-15",
            rf"(?:3[47][0-9]{{2}}{_SEPARATOR}[0-9]{{6}}{_SEPARATOR}[0-9]{{5}}"
            r"|1[0-9]{14}|2131[0-9]{11})",
        ),
        # Diners Club 300-305, 3095, 36, 38, 39.
        _rule(
            "credit-card-14",
            rf"3(?:0[0-59]|[689][0-9])[0-9]{_SEPARATOR}[0-9]{{6}}{_SEPARATOR}[0-9]{{4}}",
        ),
        # Visa, UnionPay and Maestro up to 19, unbroken or 4-4-4-4-1..3 or 6-13.
        _rule(
            "credit-card-19",
            rf"(?:4|5[06-8]|6)[0-9]{{3}}(?:{_SEPARATOR}{_GROUP}){{3}}{_SEPARATOR}[0-9]{{1,3}}",
            0.8,
        ),
        _rule("credit-card-6-13", r"6[237][0-9]{4} [0-9]{13}", 0.8),
        Rule(
            id="credit-card-short",
            type="CREDIT_CARD",
            expression=_LEFT + r"(?:4[0-9]{12}|(?:5[06-8]|6[0-9]|06)[0-9]{10,11})" + _RIGHT,
            confidence=0.7,
            check=luhn,
            context=("card", "maestro", "credit", "debit", "karte", "carte", "tarjeta"),
            words=("cc", "visa"),
            context_chars=32,
        ),
    ),
    catches=(
        "card «4111 1111 1111 1111», thanks",
        "«4111-1111-1111-1111»/«5555555555554444»",
        "4111 1111 1111 1112 «4111 1111 1111 1111»",
        "«4012 8888 8888 1881» 123 is its code",
        "卡号«４１１１１１１１１１１１１１１１»有效",
        "Amex:«3782 822463 10005».",
        "Diners«3056 930902 5904»",
        "long «6212345678900000003», dotted «4000.0566.5566.5556»",
        "my visa card is «4222222222222»",
    ),
    ignores=(
        "4111 1111 1111 1112",
        "order 94111111111111111 and 41111111111111119",
        "0.4111111111111111 of the total",
        "EAN 4222222222222",
        "advisable 4222222222222, occupied",
        "1234 5678 9012 3456",
        "at 1700000000000 ms",
    ),
)
