"""Whether a sentence ends with a terminator, told from what stands on both sides of it."""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple

from guardrails.abbreviations import (
    BEFORE_LABELS,
    BEFORE_NUMBERS,
    BEFORE_ORDINALS,
    BEHIND_CLOCK,
    CLOCK,
    COUNTED,
    ELISIONS,
    EXCLAIMED,
    LISTS_AND_UNITS,
    NAMES,
    NEVER_LAST,
    PARTICLES,
    SMALL_STARTERS,
    SOMETIMES_LAST,
    STARTERS,
    TITLES,
    WHOLE,
)
from guardrails.terminators import (
    ALWAYS,
    APOSTROPHES,
    BRACKETS,
    BY_SCRIPT,
    CLOSERS,
    EMOJI,
    EXCLAIMING,
    OPENERS,
    TERMINATORS,
)

_NUMBER_SIGNS = "#§№+"
# Behind "Vol" or "Fig": letters and Roman numbers, but those that are words.
_NUMERAL = re.compile(r"[B-HJ-Z]|[IVXL]{2,}")
# "1", "iv", "b" and "1.2", alone or behind a bullet, are the number of what follows.
_LIST_MARK = re.compile(
    r"(?:[-*+>#•‣⁃◦·–—]+\s*)?[*_]*[(\[]?(?:\d{1,3}(?:\.\d{1,3})*|[^\W\d_]|[ivx]{1,4}|[IVX]{1,4})"
)
_STOPS = re.compile(r"[.…‥][.…‥ ]*$")
_EMOTICON = re.compile(r"[:;]['-]?[()DP]+")
_CONSONANTS = re.compile(
    r"[b-df-hj-np-tv-xzçčćďđğłńňřśšșťţțźžżñбвгджзклмнпрстфхцчшщ]{2,3}", re.IGNORECASE
)
# They stand around an abbreviation as often as around a sentence.
_AROUND_WORDS = BRACKETS + "*_`"
_WORD_BREAK = re.compile(r"[\s—]+")


class Following(NamedTuple):
    """What stands behind a terminator: a character, the word that begins with it, and what stands
    right behind that word. word: None until it is known.
    """

    first: str
    word: str | None = None
    mark: str = ""


def ends(left: str, run: str, following: Following, *, small: bool) -> bool | None:
    """Tell whether a sentence ends with `run`; None if that depends on the word that follows.

    left: what stands before in the sentence, its last characters. run: terminators, then closing
    quotes and brackets. small: the sentence began with a small letter.

    >>> ends("He met Dr", ".", Following("W"), small=False)
    False
    >>> ends("in the U.S", ".", Following("A"), small=False)
    >>> ends("in the U.S", ".", Following("A", "Army"), small=False)
    False
    """
    size = max((at for at, one in enumerate(run, 1) if one in TERMINATORS), default=1)
    last, tail = run[size - 1], run[size:]
    lower = following.first.islower()
    if last in ALWAYS:
        # Japanese quotes speech with a particle behind it.
        return not (tail[-1:] in ("」", "』") and following.first in "とっ")
    if EMOJI.match(run):
        return False if lower or not left.strip() else _begins(following, otherwise=False)
    if run[0] in BY_SCRIPT:
        return _ends_by_script(left, run, lower=lower)
    if last in EXCLAIMING:
        return _ends_exclaimed(left, following, closed=bool(tail))
    stops = _STOPS.search(run, 0, size)
    if (stops is not None and len(stops[0]) > 1) or last != ".":
        # An omission in brackets belongs to what it stands in.
        return bool(left.strip()) and not lower and not (tail and left.endswith(("(", "[")))
    left += run[: size - 1]
    if not left.strip() or _LIST_MARK.fullmatch(left.strip()):
        return False
    if left[-1].isspace():
        return True
    return _ends_stopped(left, tail, following, small=small)


def _ends_by_script(left: str, run: str, *, lower: bool) -> bool:
    if _EMOTICON.fullmatch(run) and left[-1:].isspace():
        return not lower
    if run[0] == ":":
        return "\u0531" <= left[-1:] <= "\u0587"
    return run[0] == "\u037e" or unicodedata.name(left[-1:] or " ", "").startswith("GREEK")


def _ends_exclaimed(left: str, following: Following, *, closed: bool) -> bool:
    if not following.first.islower():
        return True
    words = left.split()
    return bool(words) and not closed and words[-1].lstrip(OPENERS).lower() not in EXCLAIMED


def _ends_stopped(left: str, tail: str, following: Following, *, small: bool) -> bool | None:
    """Tell whether a sentence ends with one full stop behind a word."""
    words = _WORD_BREAK.split(left)
    word = words[-1].lstrip(OPENERS).rstrip("".join(CLOSERS))
    before = words[-2].lstrip(OPENERS) if len(words) > 1 else ""
    for mark in APOSTROPHES:
        elided, found, rest = word.partition(mark)
        if found and elided.lower() in ELISIONS:
            word = rest
    plain = word.lower()
    shortened = bool(word) and (plain in NEVER_LAST or _is_doubtful(word, plain))
    if not word or (tail and not (shortened and tail[0] in _AROUND_WORDS)):
        return not following.first.islower()
    return _ends_word(word, before, following, small=small)


def _ends_word(word: str, before: str, following: Following, *, small: bool) -> bool | None:
    first, plain = following.first, word.lower()
    lower, digit = first.islower(), first.isdigit()
    named = _is_named(word, before)
    if plain in NEVER_LAST or (named and plain in TITLES):
        return False
    points = plain in BEFORE_NUMBERS or plain.endswith("str")
    if points and first.isupper() and following.word is None:
        return None
    if points and (digit or first in _NUMBER_SIGNS or _NUMERAL.fullmatch(following.word or "")):
        return False
    if plain in LISTS_AND_UNITS:
        return not lower and not digit
    if len(word) == 1 and word.isalpha():
        return _ends_letter(word, before, following, small=small)
    if plain in CLOCK:
        return _ends_time(following)
    if (named and plain in NAMES) or _is_doubtful(word, plain):
        if not first.isalpha():
            return not digit and first not in "([-–—"
        return _begins(following, small=lower, otherwise=False) if small or not lower else False
    if lower:
        return _ends_before_small(word, following, small=small)
    if word.isdecimal() and len(word) <= 2:
        return _ends_number(before, following)
    return True


def _is_named(word: str, before: str) -> bool:
    """Tell whether a word is written as a title or a name: "Inc", or "INC" among capitals."""
    return word[0].isupper() and (len(word) == 1 or not word.isupper() or before.isupper())


def _is_doubtful(word: str, plain: str) -> bool:
    """Tell whether a word with a full stop is as likely an abbreviation as the end."""
    if plain in SOMETIMES_LAST or _is_dotted(word):
        return True
    # "EE. UU.": a plural in Spanish.
    if len(word) == 2 and word[0] == word[1] and word[0].isupper():
        return True
    bare = _CONSONANTS.fullmatch(word) is not None
    return bare and not word.isupper() and plain not in WHOLE


def _is_dotted(word: str) -> bool:
    """Tell whether a word is letters with full stops or hyphens between: U.S, J.-P, जी.डी.पी."""
    parts = re.split(r"[.-]+", word)
    return len(parts) > 1 and all(
        part[:1].isalpha() and all(unicodedata.category(one)[0] == "M" for one in part[1:])
        for part in parts
    )


def _ends_time(following: Following) -> bool | None:
    """Tell whether a sentence ends with "a.m." or "p.m."."""
    if not following.first.isupper():
        return not following.first.islower() and following.first not in "([-–—"
    if following.word is None:
        return None
    return following.word.lower() not in BEHIND_CLOCK


def _ends_letter(word: str, before: str, following: Following, *, small: bool) -> bool | None:
    """Tell whether a sentence ends with a letter alone: an initial, a label, a variable."""
    lower = following.first.islower()
    acronym = len(before) > 1 and before.isalpha() and before.isupper()
    if word in "xy" or before.lower() in BEFORE_LABELS or acronym:
        return not lower or small
    if not following.first.isalpha() or (lower and not small):
        return False
    if following.word is not None and following.word.lower() in PARTICLES:
        return False
    return _begins(following, small=lower, otherwise=False)


def _ends_number(before: str, following: Following) -> bool | None:
    """Tell whether a sentence ends with a small number: it may be an ordinal, or part of a date."""
    if following.first.isdigit():
        return False
    if not following.first.isalpha():
        return True
    if following.word is None:
        return None
    if following.word.lower() in COUNTED:
        return False
    return _begins(following, otherwise=before.lower() not in BEFORE_ORDINALS)


def _ends_before_small(word: str, following: Following, *, small: bool) -> bool | None:
    """Tell whether a sentence ends, when a small letter follows: not everybody writes capitals."""
    if small:
        return True
    if word.isdecimal():
        # Years and shorter numbers are ordinals in many languages.
        return len(word) > 4
    if word.isalpha() and len(word) > 4 and not word.isupper() and not word.endswith("str"):
        # Abbreviations are shorter, but for those that are known.
        return True
    return _begins(following, small=True, otherwise=False)


def _begins(following: Following, *, otherwise: bool, small: bool = False) -> bool | None:
    """Tell whether the next word is one that begins sentences; None while it is not known."""
    if not following.first.isalpha():
        return otherwise
    if following.word is None:
        return None
    word = following.word.lower()
    if following.mark == "." and len(word) == 1:
        # One more initial.
        return otherwise
    if following.mark in APOSTROPHES and word in ELISIONS and word != "d" and not small:
        return True
    return True if word in (SMALL_STARTERS if small else STARTERS) else otherwise
