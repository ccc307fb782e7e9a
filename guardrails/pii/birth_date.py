"""Dates of birth.

Catches: dates in digits, with the month in letters or as of ISO 8601 near the words of forms, such
as "date of birth" or "DOB", in fifteen languages. With a low confidence, so only where a policy
asks for it: dates near "born", which encyclopaedias write of everyone known, and any other date,
also without its day or year. Misses: dates in words, months in letters of languages other than
English, German, French, Spanish, Portuguese and Italian. Cost: holds the current number or month,
and 32 characters behind a date.
"""

from __future__ import annotations

from guardrails.fold import fold
from guardrails.guardrail import Guardrail
from guardrails.rule import Rule

_LEFT = r"(?<![0-9A-Za-z_])(?<![0-9][.,/:-])"
_RIGHT = r"(?![0-9A-Za-z_]|[/-][0-9]|\.[0-9])"
_DAY, _MONTH = "(?:0?[1-9]|[12][0-9]|3[01])", "(?:0?[1-9]|1[0-2])"
_YEAR = "(?:(?:1[89]|20)[0-9]{2})"
_ANY_YEAR = f"(?:{_YEAR}|[0-9]{{2}})"
_NAMES = (
    "jan(?:uary|uar|vier|eiro)?|enero|gennaio|feb(?:ruary|ruar|rero|braio)?|fevrier|fevereiro"
    "|mar(?:ch|s|zo|co)?|marz|apr(?:il|ile)?|avril|abril|may|mai|mayo|maio|maggio|june?|juni|juin"
    "|junio|junho|giugno|july?|juli|juillet|julio|julho|luglio|aug(?:ust)?|aout|agosto"
    "|sep(?:t|tember|tembre|tiembre)?|setembro|settembre|oct(?:ober|obre)?|okt(?:ober)?|octubre"
    "|outubro|ottobre|nov(?:ember|embre|iembre|embro)?|dec(?:ember|embre)?|dez(?:ember|embro)?"
    "|diciembre|dicembre"
)
_NAME = f"(?i:{_NAMES})"
# RFC 3339, 5.6; the time may lack its seconds, as in ISO 8601.
_TIME = r"[Tt ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,9})?)?(?:[Zz]|[+-][0-9]{2}:?[0-9]{2})?"
_DATE = (
    rf"(?:{_YEAR}(?:-{_MONTH}-{_DAY}(?:{_TIME})?|/{_MONTH}/{_DAY}|\.{_MONTH}\.{_DAY})"
    rf"|{_YEAR} ?年 ?{_MONTH} ?月 ?{_DAY} ?日"
    rf"|{_DAY}(?P<by>[./-]){_DAY}(?P=by){_ANY_YEAR}"
    rf"|{_DAY}(?:st|nd|rd|th|\.)?[ -](?:of |de )?{_NAME}\.?(?: de)?,?[ -]{_ANY_YEAR}"
    rf"|{_NAME}\.? {_DAY}(?:st|nd|rd|th)?,? {_YEAR})"
)
_PART = (
    rf"(?:{_DAY}-{_NAME}|{_NAME}-{_DAY}|{_DAY}/{_DAY}|{_MONTH}/{_YEAR}"
    rf"|{_DAY}(?:st|nd|rd|th|\.)? {_NAME}|{_NAME} {_DAY}(?:st|nd|rd|th)?)"
)
_FORM_WORDS = (
    *("date of birth", "d.o.b", "birth date", "birthdate", "birthday", "born on:"),
    *("geburtsdatum", "geb.", "geburtstag", "date de naissance", "né(e) le", "née le"),
    *("fecha de nacimiento", "data de nascimento", "data di nascita", "geboortedatum"),
    *("födelsedatum", "fødselsdato", "syntymäaika", "data urodzenia", "datum narození"),
    *("doğum tarihi", "дата рождения", "дата народження", "תאריך לידה", "تاريخ الميلاد"),
    *("出生日期", "生年月日", "생년월일", "जन्म तिथि"),
)
_BORN_WORDS = ("born", "geboren", "nacid", "nascid", "nato il", "nata il", "né le", "родил", "出生")
_CONTEXT_CHARS = 32


def _fold(words: tuple[str, ...]) -> tuple[str, ...]:
    """Capitals of Cyrillic may fold to other Latin letters than small ones do."""
    forms = [form for word in words for form in (word, word.capitalize(), word.upper())]
    return tuple(dict.fromkeys(fold(form).lower() for form in forms))


BIRTH_DATE = Guardrail(
    id="birth-date",
    family="pii",
    summary="Dates of birth",
    rules=(
        Rule(
            id="birth-date",
            type="DATE_TIME",
            expression=f"{_LEFT}{_DATE}{_RIGHT}",
            confidence=0.7,
            context=_fold(_FORM_WORDS),
            # Not that of "Adobe".
            words=("dob",),
            context_chars=_CONTEXT_CHARS,
            bare=0.1,
        ),
        Rule(
            id="birth-date-born",
            type="DATE_TIME",
            expression=f"{_LEFT}{_DATE}{_RIGHT}",
            confidence=0.4,
            context=_fold(_BORN_WORDS),
            context_chars=_CONTEXT_CHARS,
        ),
        Rule(
            id="date-part",
            type="DATE_TIME",
            expression=rf"{_LEFT}{_PART}{_RIGHT}(?!\.?(?: de)?,?[ -]?[0-9]{{2}})",
            confidence=0.05,
        ),
    ),
    catches=(
        "Date of birth: «1985-03-12».",
        "DOB «03/12/85», Geburtsdatum «12. März 1985»",
        "生年月日：«1985年3月12日»。",
        "her date of birth is «March 12th, 1985»!",
        "date de naissance : «12 mars 1985»",
        "she was born «12 Mar 1985» at home",
    ),
    ignores=(
        "12.3.1985.7 and 2023-01-15-17",
        "45/67/1985 and 1985-13-12",
        "DOB: unknown, version 1.2.3",
        "2023-02-15 | Adobe Creative Cloud",
        "the ratio 31:12:1985",
    ),
)
