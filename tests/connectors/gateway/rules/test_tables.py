from __future__ import annotations

from collections.abc import Callable

import pytest

from connectors.gateway.rules.condition import SIMPLE, name_of
from connectors.gateway.rules.tables import folding, phrase_reading, read_entries
from guardrails.catalogue import CATALOGUE
from guardrails.fold import fold
from guardrails.phrases import even, is_spaced
from guardrails.proof.samples import rules_of

EVERY = [chr(point) for point in range(0x110000) if not 0xD800 <= point < 0xE000]


@pytest.mark.parametrize(
    ("entries", "read"),
    [(folding()["fold"], fold), (phrase_reading()["even"], even)],
    ids=["fold", "even"],
)
def test_a_table_says_of_every_code_point_what_the_engine_does(
    entries: list[tuple[int, int, str]], read: Callable[[str], str]
) -> None:
    table = read_entries(entries)
    assert [one for one in EVERY if table.get(one, one) != read(one)] == []


def test_ranges_say_of_every_code_point_whether_it_is_part_of_spaced_words() -> None:
    spaced = {
        point for first, last in phrase_reading()["spaced"] for point in range(first, last + 1)
    }
    assert [one for one in EVERY if (ord(one) in spaced) != is_spaced(one)] == []


def test_every_check_with_a_name_in_javascript_is_one_of_a_rule() -> None:
    checks = [
        rule.check
        for guardrail in CATALOGUE
        for rule in rules_of(guardrail)
        if rule.check is not None
    ]
    assert set(SIMPLE) <= {name_of(check) for check in checks}
    # A name must say which function it is.
    lambdas = {check for check in checks if name_of(check) in SIMPLE and "<" in name_of(check)}
    assert len(lambdas) == len({name_of(check) for check in lambdas})
