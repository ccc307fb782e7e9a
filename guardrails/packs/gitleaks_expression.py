"""The expression of a gitleaks rule, as a pattern writes it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from guardrails.errors import RuleError
from guardrails.explosion import require_tame
from guardrails.packs.piece import Piece, write
from guardrails.packs.re2 import (
    Translation,
    Untranslatable,
    say_clamped,
    translate,
    translations,
)
from guardrails.rule import PART_GROUP
from guardrails.syntax import parse

# How far a name may reach in front of its keyword, where an allow list looks at all of it.
LONGEST_NAME = 200


class Expressed(msgspec.Struct, frozen=True):
    """An expression in Python's syntax, and what its reader must know."""

    text: str
    remarks: tuple[str, ...]


def express(regex: str, secret_group: int, *, whole_match: bool) -> Expressed:
    """Write a rule's expression. whole_match: an allow list looks at the whole match.

    Raises Untranslatable.

    >>> express("(?i)[a-z]{0,9}?key=([a-z]{9})(?:;|$)", 0, whole_match=False).text
    '(?i:key=(?P<secret>[a-z]{9})(?=;|\\\\Z))'
    """
    plain = translate(regex)
    names = _secrets(plain, secret_group)
    for found in translations(regex, names):
        remarks: list[str] = []
        branches = [_rewrite(branch, remarks, whole_match) for branch in found.branches]
        text = write(branches)
        if is_tame(text):
            break
    if plain.groups and not names:
        remarks.append("the secret is the whole match, of which its first group holds a part")
    if found.narrowed:
        remarks.append("'.' reads no carriage return")
    if clamped := say_clamped(found.clamped):
        remarks.append(clamped)
    return Expressed(text, tuple(dict.fromkeys(remarks)))


def is_tame(expression: str) -> bool:
    """Tell whether a rule may have the expression."""
    try:
        require_tame(parse(expression).root)
    except RuleError:
        return False
    return True


def _secrets(found: Translation, secret_group: int) -> Mapping[int, str]:
    """Name the groups that hold the secret: the one that is meant, or the outermost ones.

    gitleaks takes the first group that holds text for the secret. Where that is a repeated one, or
    has a name that says what it is, it is a part of the secret, and nothing is named.
    """
    if secret_group > found.groups:
        raise Untranslatable(f"secretGroup is {secret_group}, but there is no such group")
    if secret_group:
        return {secret_group: PART_GROUP}
    if 1 not in found.outermost:
        return {}
    names = (PART_GROUP, *(f"{PART_GROUP}_{number}" for number in found.outermost[1:]))
    return dict(zip(found.outermost, names, strict=True))


def _rewrite(branch: Sequence[Piece], remarks: list[str], whole_match: bool) -> list[Piece]:
    """Leave out a lazy beginning, and only look at what must follow the secret."""
    pieces = list(branch)
    beginning = ""
    while pieces and pieces[0].lazy_class and not pieces[0].low:
        beginning = beginning or pieces[0].lazy_class
        any_case = pieces.pop(0).any_case
    if beginning and whole_match:
        # Otherwise a match that is allowed would be found again, one character further on.
        text = f"(?<!{beginning}){beginning}{{0,{LONGEST_NAME}}}?"
        pieces.insert(0, Piece(text, any_case))
        remarks.append(f"begins with a name of at most {LONGEST_NAME} characters: '{beginning}'")
    held = any(f"(?P<{PART_GROUP}" in piece.text for piece in pieces[:-1])
    if held and pieces[-1].ends and not pieces[-1].group:
        last = pieces[-1]
        pieces[-1] = msgspec.structs.replace(last, text=last.text.replace("(?:", "(?=", 1))
    return pieces
