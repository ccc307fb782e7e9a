from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import pytest

from connectors.gateway.rules.expression import Untranslatable, translate
from guardrails.errors import RuleError
from guardrails.syntax import parse, unparse
from tests.node import run_node
from tests.random_rules import Expressions, text

HERE = Path(__file__).parent


@cache
def compiled(expression: str) -> tuple[re.Pattern[str], str]:
    """The engine's exact expression, and its translation."""
    return re.compile(unparse(parse(expression).root), re.ASCII), translate(expression)


def found_by_python(expression: str, text: str) -> list[Any]:
    """What the engine's exact expression finds, as the program beside this file prints it."""
    exact = compiled(expression)[0]
    return [
        [
            *match.span(),
            [
                [name, *match.span(name)]
                for name in exact.groupindex
                if (name == "cap" or name.startswith("secret")) and match[name] is not None
            ],
        ]
        for match in exact.finditer(text)
    ]


def compare(cases: list[tuple[str, str]]) -> int:
    """Compare both languages; return in how many cases something is found."""
    rows = [(compiled(expression)[1], text) for expression, text in cases]
    given = run_node(HERE / "expressions.mjs", rows=rows)
    assert len(given) == len(cases)
    for case, row in zip(cases, given, strict=True):
        assert row == found_by_python(*case), case
    return sum(map(bool, given))


@pytest.mark.parametrize(
    ("expression", "texts"),
    [
        # Classes are ASCII, and any-case has no folding beyond it.
        (r"\w+\b", ["a中b", "naïve K", "ſ_1"]),
        (r"(?i:k+)", ["kKK", "\u212a"]),
        (r"\d", ["٣3", "３"]),
        (r"a\s", ["a\u00a0", "a\u2028", "a\x0b", "a\ufeff", "a "]),
        # A dot stops at line feeds only; `$` also stands before the last one.
        (r".a", ["\ra", "\u2028a", "\u0085a", "\na"]),
        (r"a$", ["a\n", "a\n\n", "a\r", "a"]),
        (r"a\Z", ["a\n", "a"]),
        (r"(?m)^a", ["\ra", "\u2028a", "\na", "a"]),
        (r"(?m)a$", ["a\r", "a\u2028", "a\nb", "a"]),
        (r"\Aa", ["aa", "\na"]),
        # Code points beyond U+FFFF are one.
        (r"[^a]b", ["😀b", "a😀"]),
        (r"[😀-😂]{2}", ["😀😁😂"]),
        (r".{3}", ["😀a😀", "😀😀"]),
        # What gives nothing back.
        (r"(?>a{1,2})ab", ["aab", "aaab"]),
        (r"[ab]++b|c", ["aabb", "c"]),
        (r"(?>(a|ab))c|b", ["abc", "ac"]),
        (r"(?=(?>a{1,3}))aab", ["aab"]),
        # Groups that are said again.
        (r"(?P<q>['\"])a(?P=q)", ["'a'", "'a\"", '"a"']),
        (r"(a|b)c\1", ["aca", "acb", "bcb"]),
        (r"(?<=a(?<!ba))c", ["ac", "bac"]),
        (r"x(?P<secret>a)?b", ["xab", "xb"]),
        (r"(?:(?P<secret>ab)|a)(?:b|c)", ["abb", "abc", "ac"]),
    ],
)
def test_what_the_languages_write_differently_means_the_same(
    expression: str, texts: list[str]
) -> None:
    compare([(expression, text) for text in texts])


@pytest.mark.parametrize(
    ("expression", "reason"),
    [
        (r"(a)?(?(1)b|c)", "whether a group was set"),
        (r"(a)?b\1", "a group that was not set"),
        (r"(?:(a)|b)\1", "a group that was not set"),
        (r"(?:\1c|(a)b){1,2}", "cannot be read"),
        (r"(?i:(a)\1)", "in any case"),
        (r"(?:a??){1,2}b", "repeats what may be empty"),
        (r"(?:ab|a){1,2}+b", "a group possessively"),
        (r"(?:(?P<secret>a)|b){1,2}", "stands in a repeat"),
        (r"a(?!(?P<secret>b)c)", "a denied look"),
        (r"ab(?<=(?P<secret>b))", "in a lookbehind"),
        (r"ab(?<=(?>b))", "in a lookbehind"),
        (r"a*", "the empty text"),
    ],
)
def test_what_has_no_exact_translation_is_refused(expression: str, reason: str) -> None:
    with pytest.raises(Untranslatable, match=reason):
        translate(expression)


def test_random_expressions_match_the_same_in_both_languages() -> None:
    random = Random(7)
    cases: list[tuple[str, str]] = []
    refused = 0
    while len(cases) < 8_000:
        expression = Expressions(random).one()
        try:
            compiled(expression)
        except (Untranslatable, RuleError):
            refused += 1
            continue
        cases += [(expression, cleaned(text(random))) for _ in range(4)]
    found = compare(cases)
    print(f"{len(cases):,} pairs agree, {found:,} with matches; {refused:,} expressions refused")
    assert found > 3_000


def cleaned(text: str) -> str:
    """As every text is before it is matched."""
    return text.replace("\0", "\ufffd")
