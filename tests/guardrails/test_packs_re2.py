"""RE2's syntax in Python's: what is written alike must not come to mean something else."""

import re

import pytest

from guardrails.packs.re2 import Untranslatable, say_clamped, translate


def found(expression: str, text: str) -> list[str]:
    translated = re.compile(translate(expression).text, re.ASCII)
    return [match[0] for match in translated.finditer(text)]


@pytest.mark.parametrize(
    ("expression", "text", "expected"),
    [
        ("a(?i)b", "ab aB Ab", ["ab", "aB"]),
        ("x(a(?i)b)c", "xabc xaBc xabC", ["xabc", "xaBc"]),
        ("a(?i)b|c", "aB C Ab", ["aB", "C"]),
        ("(?i)a(?-i)b(?i:c)d", "AbCd ABcd AbcD", ["AbCd"]),
        ("(?i:a(?-i:B)c)d", "aBcd aBCd abcd aBcD", ["aBcd", "aBCd"]),
        ("(?s).a(?-s).", "\naX\na\n", ["\naX"]),
        ("(?U)a+", "aaa", ["a", "a", "a"]),
        ("(?U)a+?", "aaa", ["aaa"]),
        (r"end\z", "end end\n", []),
        ("end$", "end\n", []),
        ("(?m)^end$", "end\nend", ["end", "end"]),
        (r"[[:alnum:]_]+", "a_1-é", ["a_1"]),
        (r"[[:^digit:]]+", "12ab", ["ab"]),
        (r"\s+", "\v \t", [" \t"]),
        (r"[\s]+", "\v \t", [" \t"]),
        (r"\S+", "\v \t", ["\v"]),
        (r"[\S\s]+", "\v \t", ["\v \t"]),
        (r"\pL+", "aя1", ["aя"]),
        (r"\p{Cyrillic}+", "aя1", ["я"]),
        (r"\P{Greek}+", "aαb", ["a", "b"]),
        (r"[\p{Nd}x]+", "1x y", ["1x"]),
        (r"\Qa.b*\E+", "a.b** aXb", ["a.b**"]),
        (r"\x60\x{41}\101\07", "`AA\x07", ["`AA\x07"]),
        ("[]a]+[^]a]", "]a]b", ["]a]b"]),
        ("[a&&b||~~[-]+", "a&|~[-b", ["a&|~[-b"]),
        ("a{,3}", "a{,3} aaa", ["a{,3}"]),
        ("{{a}}", "{{a}}", ["{{a}}"]),
        ("(?:ab){2}(?:c)?", "ababc", ["ababc"]),
        ("(?:a|b)*?c", "abc", ["abc"]),
        ("(?P<1st>a)(?<m>b)", "ab", ["ab"]),
    ],
)
def test_an_expression_matches_what_re2_matches(
    expression: str, text: str, expected: list[str]
) -> None:
    assert found(expression, text) == expected


@pytest.mark.parametrize(
    ("expression", "text"),
    [("café", "cafe"), ("(?i)straße", "STRASSE"), ("[é]x", "ex"), ("(?i)пароль", "пapoль")],
)
def test_characters_are_looked_for_as_folded_text_has_them(expression: str, text: str) -> None:
    assert found(expression, text) == [text]


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("a(b", "'(' is not closed (at character 2 of the expression)"),
        ("a)b", "')' closes nothing (at character 2"),
        ("[ab", "'[' is not closed (at character 1"),
        ("a(?=b)", "RE2 has no group that begins so (at character 2"),
        ("(?<=a)b", "RE2 has no group that begins so"),
        (r"(a)\1", "RE2 has no '\\1'"),
        (r"\Ka", "RE2 has no '\\K'"),
        ("a**", "a repeat cannot be repeated"),
        ("*a", "there is nothing to repeat"),
        ("a{1001}", "expected bounds up to 1,000"),
        ("a{3,2}", "the lower one first"),
        ("[z-a]", "a range in a class goes backwards"),
        ("[[:letter:]]", "there is no class '[:letter:]'"),
        (r"\p{Klingon}", "Unicode has no class 'Klingon'"),
        ("a\\", "a backslash stands alone"),
        (r"\x{110000}", "there is no such character"),
    ],
)
def test_what_is_no_re2_is_named_with_its_place(expression: str, expected: str) -> None:
    with pytest.raises(Untranslatable) as caught:
        translate(expression)
    assert expected in str(caught.value)


@pytest.mark.parametrize(
    ("expression", "text", "most"),
    [
        ("[a-z]+", "[a-z]{1,8192}", 8_192),
        ("[a-z]{20,}", "[a-z]{20,8192}", 8_192),
        (".*x", ".*x", 512),
        ("(?s).{64,}x", r"[\s\S]{64,8192}x", 8_192),
        ("(?:ab)+", "(?:ab)+", 16),
    ],
)
def test_repeats_without_a_bound_get_one_that_is_told(
    expression: str, text: str, most: int
) -> None:
    translated = translate(expression)
    assert translated.text == text
    assert [bound for _, bound in translated.clamped] == [most]
    assert f"at most {most:,}" in say_clamped(translated.clamped)


def test_only_the_groups_that_are_named_capture() -> None:
    translated = translate("(a)(?:b)(?P<x>c)", {2: "secret"})
    assert translated.groups == 2
    assert translated.text == "(?:a)b(?P<secret>c)"
