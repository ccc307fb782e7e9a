"""Terminators and what belongs to them: closing quotes, brackets, the number of a source."""

from __future__ import annotations

import re
import unicodedata

from guardrails.graphemes import joins

# End a sentence without a space behind them (UAX #29, STerm, without what is ASCII or shared).
ALWAYS = frozenset("。．！？｡؟۔।॥։፧።៕᙮᠃᠉᱿꓿꘎꛳꩝꩞꩟༎၊။")
EXCLAIMING = frozenset("!?‼⁇⁈⁉‽")
DOTS = frozenset(".…‥")
# Full stop of Armenian, question mark of Greek; elsewhere they go on, or begin an emoticon.
BY_SCRIPT = frozenset(":;\u037e")
EMOJI = re.compile("[\u2600-\u27bf\U0001f300-\U0001faff]")
TERMINATORS = ALWAYS | EXCLAIMING | DOTS | BY_SCRIPT
BRACKETS = ")]}）］｝】〕》〉」』"
CLOSERS = frozenset(BRACKETS + "\"'”’“»«›‹*_`")
OPENERS = "\"'“‘«‹„‚([{*_`¿¡「『（【《〈—–-"
# Those of them that may close as well.
OPENING = "“‘«‹"
APOSTROPHES = ("'", "’")
# Behind a terminator these go on with its sentence.
GOES_ON = frozenset(",;:/%=&№，、；：،؛")
_CITED = re.compile(r"[\d,^¹²³⁰⁴-⁹–-]")
_RAISED = "¹²³⁰⁴⁵⁶⁷⁸⁹"


def goes_with(mark: str, run: str, *, spaced: bool, quoted: bool) -> bool:
    """Tell whether a character belongs to the terminators before it.

    run: terminators and what belongs to them so far. spaced: white space is between. quoted: a
    straight quote is open.

    >>> goes_with('"', "!", spaced=False, quoted=True)
    True
    >>> goes_with("1", ".", spaced=False, quoted=True)
    False
    """
    kind = run[0]
    if spaced:
        # French puts spaces before its marks, others between dots.
        same = mark in EXCLAIMING or mark in DOTS or mark in BRACKETS
        return same and kind not in BY_SCRIPT and not EMOJI.match(kind)
    if mark in TERMINATORS:
        return mark not in BY_SCRIPT and kind not in BY_SCRIPT
    if joins(mark) or (mark > "\x7f" and unicodedata.category(mark) == "Cf"):
        return True
    if EMOJI.match(kind):
        return EMOJI.match(mark) is not None
    if kind in ALWAYS:
        # What opens the next quote stands right behind the full stop.
        return quoted if mark == '"' else mark in CLOSERS and mark not in OPENING
    if mark in CLOSERS or (kind in BY_SCRIPT and mark in "-(DP"):
        return True
    if run.rfind("[") > run.rfind("]"):
        return _CITED.match(mark) is not None
    return mark in _RAISED or (mark == "[" and kind not in BY_SCRIPT)


def ends_without_space(run: str, before: str, after: str) -> bool:
    """Tell whether terminators may end a sentence with no white space behind them.

    before, after: the characters on both sides.

    >>> ends_without_space("。", "好", "我"), ends_without_space(".", "a", "b")
    (True, False)
    """
    if run[0] in ALWAYS:
        # A full stop as wide as an ideograph also stands in numbers.
        return run[0] != "．" or not after.isdigit()
    return run[0] in EXCLAIMING and is_ideograph(after) and is_ideograph(before)


def is_ideograph(character: str) -> bool:
    """Tell whether a character is of Chinese or Japanese writing, which puts no spaces."""
    return "\u3040" <= character <= "\u30ff" or "\u3400" <= character <= "\u9fff"
