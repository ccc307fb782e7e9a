"""The contract of every guardrail, found by itself: a new one needs no test of its own.

What is proved stands in `guardrails.proof`; here it is run on all that is shipped.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from random import Random

import pytest

import guardrails
from guardrails.catalogue import CATALOGUE
from guardrails.contract import require_contract
from guardrails.guardrail import Guardrail
from guardrails.matcher import Match, MatchState
from guardrails.proof.description import describe
from guardrails.proof.samples import Finder, rules_of, spans_of, unmark
from guardrails.proof.stream import cut, glue, mix, place, require_tame_rules
from guardrails.rule import Rule

FAMILIES = ("pii", "secrets", "content", "checks")
RULES = tuple((rule, guardrail) for guardrail in CATALOGUE for rule in rules_of(guardrail))
WITH_RULES = tuple(guardrail for guardrail in CATALOGUE if rules_of(guardrail))


@cache
def finder_of(guardrail: Guardrail) -> Finder:
    return Finder(rules_of(guardrail))


@cache
def finder_of_all() -> Finder:
    return Finder([rule for rule, _ in RULES])


@cache
def finder_of_rule(rule: Rule) -> Finder:
    return Finder([rule])


def each(guardrails_: Iterable[Guardrail]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("guardrail", guardrails_, ids=lambda guardrail: guardrail.id)


def docstrings_of(guardrail: Guardrail) -> list[str]:
    """The docstring of the one file that has the guardrail's name."""
    source = Path(guardrails.__file__).parent / guardrail.family
    names = {guardrail.id.replace("-", "_"), guardrail.id}
    return [
        importlib.import_module(f"guardrails.{guardrail.family}.{path.stem}").__doc__ or ""
        for path in source.glob("*.py")
        if path.stem in names
    ]


def test_every_file_of_a_guardrail_stands_in_the_catalogue() -> None:
    listed = {id(guardrail) for guardrail in CATALOGUE}
    for family in FAMILIES:
        package = importlib.import_module(f"guardrails.{family}")
        for module in pkgutil.iter_modules(package.__path__):
            values = vars(importlib.import_module(f"{package.__name__}.{module.name}")).values()
            for value in values:
                assert not isinstance(value, Guardrail) or id(value) in listed, module.name


def test_the_catalogue_keeps_its_contract() -> None:
    require_contract(CATALOGUE)


def test_rules_built_by_default_have_ids_of_their_own() -> None:
    rule_ids = [rule.id for rule, _ in RULES]
    assert len(set(rule_ids)) == len(rule_ids)


@each(CATALOGUE)
def test_its_description_is_complete_and_stands_in_one_file_of_its_name(
    guardrail: Guardrail,
) -> None:
    docstrings = docstrings_of(guardrail)
    assert len(docstrings) == 1
    assert guardrail.family in FAMILIES
    assert not list(describe(guardrail, docstrings))


@each(WITH_RULES)
def test_samples_hold_however_they_are_cut(guardrail: Guardrail) -> None:
    assert not list(cut(guardrail, finder_of(guardrail), Random(guardrail.id)))


@each(WITH_RULES)
def test_rules_find_together_what_each_finds_alone(guardrail: Guardrail) -> None:
    alone = {rule.id: finder_of_rule(rule) for rule in rules_of(guardrail)}
    assert not list(mix(guardrail, finder_of_all(), alone))


def test_samples_glued_together_are_found_however_they_are_cut() -> None:
    assert not list(glue(WITH_RULES, finder_of_all(), Random(20), 20))


@each(WITH_RULES)
def test_what_is_caught_is_caught_beside_any_punctuation(guardrail: Guardrail) -> None:
    assert not list(place(guardrail, finder_of(guardrail)))


@each(WITH_RULES)
def test_no_rule_explodes(guardrail: Guardrail) -> None:
    assert not list(require_tame_rules(guardrail))


def test_a_private_key_beyond_its_cap_is_cut_at_the_cap() -> None:
    guardrail = next(g for g in CATALOGUE if g.id == "private-key")
    matcher = finder_of(guardrail).matcher
    key = "-----BEGIN " + "PRIVATE KEY-----\n" + "MIIEvQIBADANBgkqhkiG9w0BAQEFAASC\n" * 400
    for size in (len(key), 1, 7):
        state = MatchState()
        found: list[Match] = []
        for start in range(0, len(key), size):
            found += matcher.push(state, key[start : start + size])
        found += matcher.push(state, "", final=True)
        assert [(match.start, match.capped) for match in found] == [(0, True)]
        assert found[0].end < 9_000


def test_keywords_are_whole_words_only_where_words_are_spaced() -> None:
    guardrail = next(g for g in CATALOGUE if g.id == "keywords")
    assert guardrail.options is not None
    assert guardrail.build is not None
    options = guardrail.options.model_validate(
        {"phrases": ["cat", "cat food", "机密", "секрет", "ลับ", "Straße", "नमक"]}
    )
    rules = guardrail.build(options)
    finder = Finder(rules)
    for sample in (
        "«cat» «Cat  Food» cats concat «CAT» «cat» foods «ｃａｔ»_«cat»",
        "绝对«机密»文件 «Секрет»! «СЕКРЕТ» секретный",
        "ความ«ลับ»ของ «STRASSE» «straße» Straßen «नमक» नमकीन",
    ):
        text, spans = unmark(sample)
        assert spans_of(finder.find([text])) == spans, sample
        assert spans_of(finder.find(text)) == spans, sample


def test_length_reads_its_limit_from_its_options() -> None:
    guardrail = next(g for g in CATALOGUE if g.id == "length")
    assert guardrail.options is not None
    assert guardrail.max_chars is not None
    assert guardrail.max_chars(guardrail.options()) == 1_000_000
    assert guardrail.max_chars(guardrail.options.model_validate({"max_chars": 7})) == 7
