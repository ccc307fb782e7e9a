"""An expression in parts, and how they are written in Python's syntax on folded text."""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec

from guardrails.fold import fold
from guardrails.tree import LAST_CODE_POINT, Ranges

_WRITTEN = {"\n": r"\n", "\r": r"\r", "\t": r"\t", "\f": r"\f", "\v": r"\v"}
_SPECIAL = frozenset(r".^$*+?{}[]\|()")
SPECIAL_IN_CLASS = frozenset(r"\]^-[")


class Piece(msgspec.Struct, frozen=True):
    """One part of a branch.

    any_case: case does not matter in it. group: it is this capturing group. low: how often it must
    be there. lazy_class: the class, if it is one repeated lazily. ends: a choice, one branch of
    which is the end of the text.
    """

    text: str
    any_case: bool
    group: int = 0
    low: int = 1
    lazy_class: str = ""
    ends: bool = False


Branches = Sequence[Sequence[Piece]]


def write(branches: Branches, *, any_case: bool = False) -> str:
    """Write branches as one expression. any_case: whether case is ignored around them."""
    return "|".join(_write_branch(branch, any_case) for branch in branches)


def _write_branch(pieces: Sequence[Piece], any_case: bool) -> str:
    out, at = "", 0
    while at < len(pieces):
        end = at
        while end < len(pieces) and pieces[end].any_case == pieces[at].any_case:
            end += 1
        run = "".join(piece.text for piece in pieces[at:end])
        # Case is no matter where there are no letters.
        plain = pieces[at].any_case == any_case or not re.search("[A-Za-z]", run)
        out += run if plain else f"(?{'i' if pieces[at].any_case else '-i'}:{run})"
        at = end
    return out


def write_literal(character: str, *, any_case: bool = False) -> str:
    r"""Write a character as it looks in folded text.

    >>> write_literal("é"), write_literal("."), write_literal("ß")
    ('e', '\\.', 'ss')
    """
    forms = {character}
    if any_case and not character.isascii():
        # An expression ignores the case of ASCII letters only.
        forms |= {character.lower(), character.upper()}
    folded = {fold(form) for form in forms}
    if all(form.isascii() for form in folded):
        folded = {fold(character)}
    texts = ["".join(map(escape, form)) for form in sorted(folded)]
    return texts[0] if len(texts) == 1 else f"(?:{'|'.join(texts)})"


def write_text(text: str, *, any_case: bool = False) -> str:
    """Write a text, character by character, as it looks in folded text."""
    return "".join(write_literal(character, any_case=any_case) for character in text)


def write_ranges(ranges: Ranges) -> str:
    r"""Write the inside of a class.

    >>> write_ranges(((9, 10), (48, 57)))
    '\\t\\n0-9'
    """
    if ranges == ((0, LAST_CODE_POINT),):
        return r"\s\S"
    return "".join(
        escape(chr(low), SPECIAL_IN_CLASS)
        + "-" * (high > low + 1)
        + (escape(chr(high), SPECIAL_IN_CLASS) if high > low else "")
        for low, high in ranges
    )


def escape(character: str, special: frozenset[str] = _SPECIAL) -> str:
    """Write a character so that it means itself and can be read."""
    if character in _WRITTEN:
        return _WRITTEN[character]
    if not character.isprintable():
        code_point = ord(character)
        return f"\\x{code_point:02x}" if code_point < 256 else f"\\U{code_point:08x}"
    return f"\\{character}" if character in special else character
