"""The expressions all are measured with, and values that they match.

Written so that every engine reads them alike: no flags, ASCII classes, lookarounds of one character
instead of word boundaries, every repeat bounded. None of them needs a checksum or a word beside it,
which not every engine can be given.
"""

from __future__ import annotations

import string
from collections.abc import Callable
from random import Random
from typing import NamedTuple

_DIGITS = string.digits
_CAPITALS = string.ascii_uppercase
_ALNUM = string.ascii_letters + string.digits
_LEFT, _RIGHT = r"(?<![A-Za-z0-9_-])", r"(?![A-Za-z0-9_-])"


class Expression(NamedTuple):
    """type: of its findings. make: writes a value that it matches whole."""

    type: str
    expression: str
    make: Callable[[Random], str]


def _some(random: Random, alphabet: str, count: int) -> str:
    return "".join(random.choices(alphabet, k=count))


def _digits(random: Random, *counts: int) -> list[str]:
    return [_some(random, _DIGITS, count) for count in counts]


def _word(random: Random, least: int, most: int) -> str:
    return _some(random, string.ascii_lowercase, random.randint(least, most))


def _email(random: Random) -> str:
    return f"{_word(random, 4, 8)}.{_word(random, 4, 9)}@{_word(random, 5, 9)}.example.org"


def _card(random: Random) -> str:
    return random.choice((" ", "-", "")).join(
        ["4" + _some(random, _DIGITS, 3), *_digits(random, 4, 4, 4)]
    )


def _iban(random: Random) -> str:
    return " ".join(["DE" + _some(random, _DIGITS, 2), *_digits(random, 4, 4, 4, 4, 2)])


def _address(random: Random) -> str:
    return ".".join(str(random.randint(1, 255)) for _ in range(4))


def _phone(random: Random) -> str:
    return " ".join(["+" + str(random.randint(1, 99)), *_digits(random, 3, 3, 4)])


def _mac(random: Random) -> str:
    return ":".join(f"{random.randrange(256):02x}" for _ in range(6))


def _token(random: Random) -> str:
    # The header of a signed JSON web token begins so, whatever it says.
    parts = (_some(random, _ALNUM, count) for count in (17, 40, 43))
    return "ey" + "J" + ".".join([next(parts), "ey" + "J" + next(parts), next(parts)])


# What a person has, first; the first six are also measured alone.
PERSONAL = 6
EXPRESSIONS = (
    Expression(
        "EMAIL_ADDRESS",
        r"(?<![A-Za-z0-9._%+-])[A-Za-z0-9._%+-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.){1,4}[A-Za-z]{2,24}"
        r"(?![A-Za-z0-9])",
        _email,
    ),
    # Before the card: some replace what one expression finds before they try the next, and four
    # groups of an IBAN look like a card.
    Expression(
        "IBAN_CODE",
        _LEFT + r"[A-Z]{2}[0-9]{2}(?: ?[0-9A-Z]{4}){3,7}(?: ?[0-9A-Z]{1,3})?(?![A-Za-z0-9])",
        _iban,
    ),
    Expression(
        "CREDIT_CARD",
        r"(?<![0-9])[3-6][0-9]{3}[ -]?[0-9]{4}[ -]?[0-9]{4}[ -]?[0-9]{4}(?![0-9])",
        _card,
    ),
    Expression(
        "US_SSN",
        r"(?<![0-9-])[0-9]{3}-[0-9]{2}-[0-9]{4}(?![0-9-])",
        lambda random: "-".join(_digits(random, 3, 2, 4)),
    ),
    Expression("IP_ADDRESS", r"(?<![0-9.])(?:[0-9]{1,3}\.){3}[0-9]{1,3}(?![0-9])", _address),
    Expression(
        "PHONE_NUMBER",
        r"(?<![0-9+])\+[0-9]{1,3}[ -][0-9]{2,4}[ -][0-9]{3,4}[ -][0-9]{3,4}(?![0-9])",
        _phone,
    ),
    Expression("MAC_ADDRESS", _LEFT + r"(?:[0-9a-f]{2}:){5}[0-9a-f]{2}" + _RIGHT, _mac),
    Expression(
        "AWS_KEY",
        _LEFT + r"(?:AKIA|ASIA)[A-Z2-7]{16}" + _RIGHT,
        lambda random: "AK" + "IA" + _some(random, _CAPITALS, 16),
    ),
    Expression(
        "GITHUB_TOKEN",
        _LEFT + r"gh[pousr]_[A-Za-z0-9]{36}" + _RIGHT,
        lambda random: "gh" + "p_" + _some(random, _ALNUM, 36),
    ),
    Expression(
        "GOOGLE_KEY",
        _LEFT + r"AIza[A-Za-z0-9_-]{35}" + _RIGHT,
        lambda random: "AI" + "za" + _some(random, _ALNUM, 35),
    ),
    Expression(
        "STRIPE_KEY",
        _LEFT + r"[rs]k_(?:live|test)_[A-Za-z0-9]{24}" + _RIGHT,
        lambda random: "sk" + "_test_" + _some(random, _ALNUM, 24),
    ),
    Expression(
        "JSON_WEB_TOKEN",
        _LEFT
        + r"eyJ[A-Za-z0-9_-]{17,200}\.eyJ[A-Za-z0-9_-]{17,400}\.[A-Za-z0-9_-]{20,400}"
        + _RIGHT,
        _token,
    ),
)
