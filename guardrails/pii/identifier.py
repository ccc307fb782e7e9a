"""How the number of a country's authority becomes a rule: its shape, its arithmetic, its words.

Most such numbers are bare digits, and so is much else. A rule therefore asks for the check digit
wherever the authority publishes how it is made, and for a word beside the number unless the shape
alone says what it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

from guardrails.fold import fold
from guardrails.rule import Rule

# The number's name and a few words more, as for US social security numbers. So much is held behind
# every bare number, too.
CONTEXT_CHARS = 32
# A shorter name is part of too many words: "pan" of "panel", "nif" of "significant".
MIN_PART_CHARS = 5

_CLASS, _LOOKBEHIND = re.compile(r"\[([^\]]*)\]"), re.compile(r"(\(\?<[=!][^)]*\))")
# No letter or digit, and no further part of a longer number or a fraction.
LEFT = r"(?<![0-9A-Za-z_])(?<![0-9][.,-])"
RIGHT = r"(?![0-9A-Za-z_]|[.,-][0-9])"
DAY = "[0-9]{2}(?<=0[1-9]|[12][0-9]|3[01])"
MONTH = "[0-9]{2}(?<=0[1-9]|1[0-2])"

# Words that any country's numbers of a kind stand beside in English.
TAX = (
    "tax id, tax no, tax number, tax code, tax identification, tax reference, taxpayer, fiscal, tin"
)
PERSON = (
    "national id, national number, identity number, identity card, identity code, personal code, "
    "identification number, id number, id card, id no, personal number, personal id, birth number, "
    "citizen, social security"
)
COMPANY = (
    "company n, company id, company reg, business n, business id, business reg, registration n, "
    "enterprise n, organisation n, organization n"
)
VAT = "vat, value added"
PASSPORT = "passport, travel document"
LICENCE = "driver, driving"
PLATE = "plate, vehicle, registration"


def digits(count: int) -> str:
    """Return the expression of so many digits.

    >>> digits(9)
    '[0-9]{9}'
    """
    return f"[0-9]{{{count}}}"


def grouped(*sizes: int, by: str = " -") -> str:
    """Return the expression of groups of digits, unbroken or with one separator throughout.

    by: the separators; a dash stands last. One group more on either side makes another number:
    "1 234 567 890" is not "234 567 890".

    >>> import re
    >>> [bool(re.search(grouped(3, 3), text)) for text in ("123456", "123-456", "1 123 456 7")]
    [True, True, False]
    """
    first, second, *others = map(digits, sizes)
    joined = "".join(rf"(?P=by){group}" for group in others)
    return rf"(?<![0-9] ){first}(?P<by>[{by}]?){second}{joined}(?!(?P=by)[0-9])"


def scattered(count: int) -> str:
    """Return the expression of digits with up to three spaces and dashes before each but the first.

    For numbers that people break up as they like.

    >>> import re
    >>> re.fullmatch(scattered(6), "12 34 - 56") is not None
    True
    """
    return rf"[0-9](?:[ -]{{0,3}}[0-9]){{{count - 1}}}"


def loose(least: int, most: int = 0) -> str:
    """Return the expression of digits with or without a separator before each.

    most: of digits, if more than the least. For what stands behind a country's letters.

    >>> import re
    >>> re.fullmatch("ATU" + loose(8), "ATU 1234.5678") is not None
    True
    """
    return rf"(?:[ .-]?[0-9]){{{least},{max(least, most)}}}"


def identifier(
    name: str,
    shape: str,
    *,
    words: str,
    check: Callable[[str], bool] | None = None,
    kind: str | None = None,
    confidence: float | None = None,
    bare: float = 0.1,
    left: str = LEFT,
    right: str = RIGHT,
) -> Rule:
    """Make the rule of one identifier.

    name: the country's code and what the number is called; in capitals it is the type of findings,
    as Presidio writes it, unless `kind` says another. shape: without what stands around it. words:
    as people write them, in any language, with commas between them; one must stand near, unless
    `bare`, the confidence without, is enough. confidence: 0.85 if the number can be checked, else
    0.6.
    """
    forms = dict.fromkeys(_spellings(words.split(", ")))
    return Rule(
        id=name,
        type=kind or name.upper().replace("-", "_"),
        expression=f"{left}(?:{_look_back(shape)}){right}",
        check=check,
        context=tuple(form for form in forms if not _is_short(form)),
        words=tuple(form for form in forms if _is_short(form)),
        context_chars=CONTEXT_CHARS,
        confidence=confidence or (0.85 if check else 0.6),
        bare=bare,
    )


def _look_back(shape: str) -> str:
    """Return the same expression with each class of some letters or digits as any, looked back at.

    The automata read no lookbehinds. If they told letters apart, every text would lead them to new
    states: with the rules of all countries 16 times as many.

    >>> _look_back("[XYZ][0-9]{7}")
    '(?:[A-Z](?<=[XYZ]))[0-9]{7}'
    """
    return "".join(
        part if part.startswith("(?<") else _CLASS.sub(_any_looked_back, part)
        for part in _LOOKBEHIND.split(shape)
    )


def _any_looked_back(found: re.Match[str]) -> str:
    wide = "".join(kind for kind in ("0-9", "A-Z", "a-z") if re.search(f"[{kind}]", found[1]))
    others = re.sub("[0-9A-Za-z]-[0-9A-Za-z]|[0-9A-Za-z]", "", found[1])
    return found[0] if others or found[1] == wide else f"(?:[{wide}](?<={found[0]}))"


def _spellings(words: Iterable[str]) -> Iterator[str]:
    """Yield what a word looks like in folded lower-case text.

    Capitals of Cyrillic and Greek may fold to other Latin letters than small ones do.
    """
    for word in words:
        yield from (fold(form).lower() for form in (word, word.upper(), word.capitalize()))


def _is_short(word: str) -> bool:
    return len(word) < MIN_PART_CHARS and word.isascii() and word.isalnum()
