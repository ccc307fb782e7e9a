"""Telephone numbers.

Catches: international numbers behind a plus, and behind 00 where the number is valid; North
American numbers in parentheses, dashes or dots, the groupings common in France, Germany, the United
Kingdom, Japan and Korea; numbers in groups that begin with a trunk zero or an area in parentheses
and are valid in one of the option's regions; other groupings and bare digits within 24 characters
of words such as "phone" or "call me" (with a low confidence also without). Misses: numbers spelled
in letters, local numbers without such a word, numbers over several lines. Cost: holds the current
number; seven digits on their own hold the 24 characters behind them. Only a number in the groups
of some country is looked up, in 20 µs a region.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial

from pydantic import Field, field_validator

from guardrails.checksums import digits_of
from guardrails.fold import fold
from guardrails.guardrail import Guardrail, Options
from guardrails.pii.phone_region import REGIONS, is_international, is_national
from guardrails.rule import Rule

# Those Presidio looks for, then the largest others by speakers of the languages models write.
_DEFAULT_REGIONS = (
    "US GB DE FR IL IN CA BR AR AT AU BE CH CL CN CO CZ DK EG ES FI GR HK HU ID IE IT JP KE "
    "KR MX MY NG NL NO NZ PE PH PK PL PT RO RU SA SE SG TH TR TW UA VN ZA"
).split()

# ITU-T E.164, list of assigned country codes (annex to Operational Bulletin 1114): of one to three
# digits; 1 is looked at apart.
_COUNTRY_CODE = re.compile(
    r"7|2[07]|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58]"
    r"|(?:2[1-69]|3[578]|42|50|59|6[7-9]|8[0578]|9[679])[0-9]"
)
# E.164 6.2.1: at most 15 digits; shorter than 8 with the country's code is rare.
_MIN_INTERNATIONAL, _MAX_INTERNATIONAL = 8, 15
_EXTENSION = r"(?: ?(?:[xX]|[eE][xX][tT]\.?) ?[0-9]{1,6})?"
_RIGHT = r"(?![0-9])"
# NANPA: area and exchange begin with 2 to 9; 9 in the middle of an area is reserved.
_AREA, _EXCHANGE = r"[2-9][0-8][0-9]", r"[2-9][0-9]{2}"
_NANP_RIGHT = r"(?![0-9]|[.-][0-9])"
_TRUNK_LEFT = r"(?<![0-9A-Za-z_#])(?<![0-9][ .,/:-])"
_PAIRS_RIGHT = r"(?![0-9]|[ .,:-]{1,2}[0-9A-F])"


def _is_international(text: str) -> bool:
    digits = digits_of(text.lower().partition("x")[0])
    if digits.startswith("1"):
        return len(digits) == 11 and digits[1] > "1" and digits[4] > "1"
    if not _MIN_INTERNATIONAL <= len(digits) <= _MAX_INTERNATIONAL:
        return False
    return _COUNTRY_CODE.match(digits) is not None


def _are_no_counted_pairs(text: str) -> bool:
    digits = digits_of(text)
    steps = {int(digits[at + 2 : at + 4]) - int(digits[at : at + 2]) for at in range(0, 8, 2)}
    return len(steps) > 1


_WORDS = (
    *("phone", "tlf", "telefon", "fax", "mobile", "mobil:"),
    *("call me", "call us", "whatsapp", "hotline", "dial", "sms", "text me", "portable", "movil"),
    *("rufnummer", "handynummer", "cellulare", "celular", "cep tel", "komorka", "puhelin"),
    *("reach me", "reach us", "reach him", "reach her", "reach them", "voicemail", "text message"),
    *("answering at", "answer at", "messages to", "message to", "call him", "call her"),
    *("call back", "calls from", "call from", "calling from", "ring me", "registered mobile"),
    *("电话", "電話", "手机", "手機", "携帯", "전화", "휴대폰", "телефон", "هاتف", "جوال", "טלפון"),
    *("फोन", "मोबाइल", "โทร", "τηλέφωνο", "điện thoại"),
)

# What is typical of some countries needs no look at their plans: examples are numbers too.
_RULES = (
    Rule(
        id="phone-international",
        type="PHONE_NUMBER",
        expression=r"(?<![0-9)])"
        r"(?:\+1[ .-]?\(?[2-9][0-9]{2}\)?[ .-]{0,2}[2-9][0-9]{2}[ .-]?[0-9]{4}"
        r"|\+[2-9](?:\)?(?: ?[(./-]|[/-] | )?[0-9]){7,14})" + _EXTENSION + _RIGHT,
        confidence=0.9,
        check=_is_international,
    ),
    Rule(
        id="phone-north-america",
        type="PHONE_NUMBER",
        expression=r"(?<![0-9A-Za-z_+])(?<![0-9][ .-])"
        rf"(?:(?:1[ .-]?)?\({_AREA}\)[ .-]{{0,2}}{_EXCHANGE}[ .-]"
        rf"|(?<![.-])(?:1[ .-]?)?{_AREA}(?:-{_EXCHANGE}-|\.{_EXCHANGE}\.))"
        rf"[0-9]{{4}}{_EXTENSION}{_NANP_RIGHT}",
        confidence=0.85,
    ),
    Rule(
        id="phone-france",
        type="PHONE_NUMBER",
        expression=rf"{_TRUNK_LEFT}0[1-9](?:(?: [0-9]{{2}}){{4}}|(?:\.[0-9]{{2}}){{4}}"
        rf"|(?:-[0-9]{{2}}){{4}}){_PAIRS_RIGHT}",
        confidence=0.8,
        check=_are_no_counted_pairs,
    ),
    Rule(
        id="phone-trunk-zero",
        type="PHONE_NUMBER",
        expression=_TRUNK_LEFT + r"(?:"
        # Ofcom: 02x xxxx xxxx, 011x and 01x1 xxx xxxx, 07xxx xxxxxx; with the area in
        # parentheses too. Bundesnetzagentur, DIN 5008: area, slash, number. Japan, Korea:
        # 0xx-xxxx-xxxx.
        r"\(?02[0-9]\)? [0-9]{4} [0-9]{4}|\(?01(?:1[0-9]|[2-9]1)\)? [0-9]{3} [0-9]{4}"
        r"|\(?07[1-9][0-9]{2}\)? [0-9]{3} ?[0-9]{3}"
        r"|0[1-9][0-9]{1,3}/ ?[0-9]{5,8}"
        r"|0[1-9][0-9]?-[0-9]{4}-[0-9]{4}" + r")(?![0-9]|[ .-][0-9])",
        confidence=0.8,
    ),
)

_DATE_OR_YEARS = re.compile(
    r"[0-9]*(?:18|19|20)[0-9]{2}[ ./-][0-9./ -]*|[0-9./ -]*[ ./-](?:18|19|20)[0-9]{2}"
)
_FRACTION = re.compile(r"[0-9]+\.[0-9]+")
# Of US social security numbers; no country groups telephone numbers so.
_THREE_TWO_FOUR = re.compile("[0-9]{3}-[0-9]{2}-[0-9]{4}")
_LOCAL = re.compile(r"[0-9]{3}[ .-][0-9]{4}")
_FOUND_ANYWAY = re.compile("|".join(rule.expression for rule in _RULES), re.ASCII)


def _is_by_context(text: str) -> bool:
    """Leave out dates, spans of years, fractions, and what needs no word beside it."""
    digits = digits_of(text)
    if len(set(digits)) == 1 or text.count("(") != text.count(")"):
        return False
    if len(digits) == 7:
        return _LOCAL.fullmatch(text) is not None
    if len(digits) == 8 and _DATE_OR_YEARS.fullmatch(text):
        return False
    shapes = (_FRACTION, _THREE_TWO_FOUR, _FOUND_ANYWAY)
    return not any(shape.fullmatch(text) for shape in shapes)


def _is_behind_zeros(text: str) -> bool:
    return is_international(digits_of(text)[2:])


def _is_by_plan(text: str, regions: tuple[str, ...]) -> bool:
    """Leave out what another rule has found, and runs such as 01 02 03 04 05."""
    digits = digits_of(text)
    if len(digits) < _MIN_BY_PLAN or _THREE_TWO_FOUR.fullmatch(text):
        return False
    if _FOUND_ANYWAY.fullmatch(text):
        return False
    return _are_no_counted_pairs(digits) and is_national(text, regions)


# A trunk zero and groups; an area in parentheses, in Russia and its neighbours behind an 8; China's
# mobiles.
_NATIONAL = (
    r"(?:\(?0[1-9][0-9]{0,4}\)?(?:[ .-][0-9]{2,8}){1,4}"
    r"|(?:8 ?)?\([1-9][0-9]{1,4}\)[ -]?[0-9]{2,5}(?:[ -][0-9]{2,5}){1,3}"
    r"|1[3-9][0-9][ -][0-9]{4}[ -][0-9]{4})"
)
# Shorter numbers in groups are dates as often.
_MIN_BY_PLAN = 9

# The countries whose groupings a rule knows; a rule that is not named knows all.
_HOMES = {
    "phone-north-america": {"US", "CA"},
    "phone-france": {"FR", "BE"},
    "phone-trunk-zero": {"GB", "DE", "AT", "JP", "KR"},
}


class PhoneOptions(Options):
    """Where national numbers may be from."""

    regions: list[str] = Field(
        default=_DEFAULT_REGIONS,
        min_length=1,
        max_length=len(REGIONS),
        description="countries whose national numbers count, as ISO 3166 codes",
    )

    @field_validator("regions")
    @classmethod
    def _are_known(cls, regions: list[str]) -> list[str]:
        for region in regions:
            if region not in REGIONS:
                raise ValueError("expected codes of two capitals such as US or DE")
        return regions


def _build(options: PhoneOptions) -> tuple[Rule, ...]:
    return tuple(_rules(tuple(dict.fromkeys(options.regions))))


def _rules(regions: tuple[str, ...]) -> Iterator[Rule]:
    for rule in _RULES:
        if rule.id not in _HOMES or _HOMES[rule.id].intersection(regions):
            yield rule
    yield Rule(
        id="phone-international-00",
        type="PHONE_NUMBER",
        expression=rf"(?<![0-9A-Za-z_#+*.,-])(?<![0-9][ ./-])00(?: ?[(./-]| )?[1-9]"
        rf"(?:\)?(?: ?[(./-]|[/-] | )?[0-9]){{7,14}}{_RIGHT}",
        confidence=0.8,
        check=_is_behind_zeros,
    )
    yield Rule(
        id="phone-national",
        type="PHONE_NUMBER",
        expression=rf"{_TRUNK_LEFT}(?<![.+*]){_NATIONAL}(?![0-9A-Za-z%]|[ .,:/-]{{1,2}}[0-9])",
        confidence=0.7,
        check=partial(_is_by_plan, regions=regions),
    )
    yield Rule(
        id="phone-by-context",
        type="PHONE_NUMBER",
        expression=r"(?<![0-9A-Za-z_#$.+*(-])(?<![0-9)][ ./-])(?<![0-9][),])"
        rf"\+?(?:\( ?)?[0-9](?:(?: ?\)[ ./-]?| ?[./-] ?| )?\(?[0-9]){{6,14}}{_EXTENSION}"
        r"(?![0-9A-Za-z%]|[.,/-][0-9])",
        confidence=0.6,
        check=_is_by_context,
        context=tuple(dict.fromkeys(fold(word).lower() for word in _WORDS)),
        # What stands behind the number in a signature or a card of contacts.
        words=("office", "cell", "mob", "ph", "tel"),
        context_chars=24,
        bare=0.1,
    )


PHONE = Guardrail(
    id="phone",
    family="pii",
    summary="Telephone numbers",
    options=PhoneOptions,
    build=_build,
    catches=(
        "call «+49 30 901820» or «+1 (415) 555-0132», now",
        "at «(415) 555-0132», «415-555-0132» or «415.555.0132 ext. 12»",
        "电话«+８６ １３８ ００１３ ８０００»。",
        "Paris: «01 42 68 53 00»; London «020 7946 0958»",
        "Berlin «030/1234567», Tokyo «03-1234-5678»",
        "my phone number is «622 15 31 23».",
        "手机：«13800138000»，谢谢",
        "1-415-555-0132-9 but «1-415-555-0132»!",
        "in Madrid «0034 912 34 56 78», in São Paulo «(11) 98765-4321»",
        "Ada Lovelace\n«781 1704» office\n«416 60 0394», cell",
        "Zürich «044 668 18 00», Москва «8 (495) 123-45-67»",
    ),
    ignores=(
        "in 1990-1995, on 2023-01-15, 10000000 of them",
        "ISBN 978-0-306-40615-7 and 0-306-40615-2",
        "his officer 10000000, on 219-09-9998",
        "version 10.0.19041, id 4155550132, 192.168.100.200",
        "01 02 03 04 05, 256 512 1024 2048",
        "phone it in by 2023-01-15 or 15/01/2023",
        "f(x)+49301234567, 5 + 20000000 = 20000005",
        "+1,000,000 and +100000000",
    ),
)
