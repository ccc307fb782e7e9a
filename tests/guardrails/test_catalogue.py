"""The contract of every guardrail, found by itself: a new one needs no test of its own."""

from __future__ import annotations

import importlib
import pickle
import pkgutil
import re
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from random import Random

import pytest

import guardrails
from guardrails.catalogue import CATALOGUE
from guardrails.contract import require_contract
from guardrails.explosion import require_tame
from guardrails.guardrail import Guardrail
from guardrails.matcher import Match, Matcher, MatchState
from guardrails.rule import Rule
from guardrails.syntax import MAX_RULE_WIDTH, parse
from tests.chunking import strategies

FAMILIES = ("pii", "secrets", "content", "checks")
# Behind every sample: a match must not depend on what stands next to the text of another.
NEIGHBOURS = ("", " ", "。", "、北京", "\n", '"', ", ")

# (rule id, start, end), raw offsets.
Found = tuple[str, int, int]


def rules_of(guardrail: Guardrail) -> tuple[Rule, ...]:
    """The rules a policy gets that names the guardrail and nothing else."""
    if guardrail.build is None:
        return guardrail.rules
    assert guardrail.options is not None
    return guardrail.build(guardrail.options())


RULES = tuple((rule, guardrail) for guardrail in CATALOGUE for rule in rules_of(guardrail))
WITH_RULES = tuple(guardrail for guardrail in CATALOGUE if rules_of(guardrail))
SAMPLES = tuple((guardrail, sample) for guardrail in WITH_RULES for sample in guardrail.catches)


@cache
def matcher_of(guardrail: Guardrail | None) -> Matcher:
    return Matcher(all_rules(guardrail))


def all_rules(guardrail: Guardrail | None) -> tuple[Rule, ...]:
    return rules_of(guardrail) if guardrail else tuple(rule for rule, _ in RULES)


def unmark(sample: str) -> tuple[str, list[tuple[int, int]]]:
    """Return a sample without its marks, and the spans between them."""
    text, spans, start = "", [], 0
    for piece in re.split("([«»])", sample):
        if piece == "«":
            start = len(text)
        elif piece == "»":
            spans.append((start, len(text)))
        else:
            text += piece
    return text, spans


def find(
    matcher: Matcher, rules: Sequence[Rule], chunks: Iterable[str], *, pickled: bool = False
) -> list[Found]:
    state = MatchState()
    found: list[Match] = []
    for chunk in chunks:
        found += matcher.push(state, chunk)
        if pickled:
            state = MatchState.restore(pickle.loads(pickle.dumps(state.snapshot())))
    found += matcher.push(state, "", final=True)
    return sorted((rules[match.rule].id, match.start, match.end) for match in found)


def spans_of(found: Iterable[Found]) -> list[tuple[int, int]]:
    return sorted({(start, end) for _, start, end in found})


def each(guardrails_: Iterable[Guardrail]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("guardrail", guardrails_, ids=lambda guardrail: guardrail.id)


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


def test_ids_are_written_alike_and_rules_built_by_default_have_their_own() -> None:
    ids = [guardrail.id for guardrail in CATALOGUE]
    rule_ids = [rule.id for rule, _ in RULES]
    assert len(set(rule_ids)) == len(rule_ids)
    assert all(re.fullmatch("[a-z][a-z0-9]*(-[a-z0-9]+)*", name) for name in ids + rule_ids)
    assert all(re.fullmatch("[A-Z][A-Z0-9]*(_[A-Z0-9]+)*", rule.type) for rule, _ in RULES)


@each(CATALOGUE)
def test_docstring_says_what_it_catches_what_it_misses_and_its_cost(guardrail: Guardrail) -> None:
    source = Path(guardrails.__file__).parent / guardrail.family
    names = {guardrail.id.replace("-", "_"), guardrail.id}
    docstrings = [
        importlib.import_module(f"guardrails.{guardrail.family}.{path.stem}").__doc__ or ""
        for path in source.glob("*.py")
        if path.stem in names
    ]
    assert len(docstrings) == 1, "one guardrail, one file of its name"
    for word in ("Catches:", "Misses:", "Cost:"):
        assert word in docstrings[0]


@each(CATALOGUE)
def test_its_description_is_complete(guardrail: Guardrail) -> None:
    assert guardrail.family in FAMILIES
    assert guardrail.summary
    assert not guardrail.summary.endswith(".")
    cost = guardrail.performance.cost
    assert cost.cpu_ms or cost.calls, "what it costs is measured and said"
    for rule in rules_of(guardrail):
        assert 0 < rule.confidence <= 1
        assert bool(rule.context) == bool(rule.context_chars)
        assert all(word == word.lower() for word in rule.context)


@each(WITH_RULES)
def test_it_has_samples_of_both_kinds(guardrail: Guardrail) -> None:
    assert len(guardrail.catches) >= 4
    assert len(guardrail.ignores) >= 4
    assert all("«" in sample for sample in guardrail.catches)
    assert not any("«" in sample for sample in guardrail.ignores)
    text = "".join(guardrail.catches)
    assert re.search("[\u3000-\u9fff]", text), "one sample with CJK neighbours"


@each(WITH_RULES)
def test_samples_hold_however_they_are_cut(guardrail: Guardrail) -> None:
    rules, matcher = rules_of(guardrail), matcher_of(guardrail)
    random = Random(guardrail.id)
    for sample in guardrail.catches + guardrail.ignores:
        text, spans = unmark(sample)
        whole = find(matcher, rules, [text])
        assert spans_of(whole) == spans, sample
        for chunks in strategies(text, random, spans):
            assert find(matcher, rules, chunks, pickled=True) == whole, (sample, chunks)


@each(WITH_RULES)
def test_rules_find_together_what_each_finds_alone(guardrail: Guardrail) -> None:
    together, all_found = matcher_of(None), all_rules(None)
    own = {rule.id for rule in rules_of(guardrail)}
    for sample in guardrail.catches + guardrail.ignores:
        text, _ = unmark(sample)
        found = find(together, all_found, text, pickled=True)
        alone = [
            match
            for rule in rules_of(guardrail)
            for match in find(matcher_of_rule(rule), [rule], [text])
        ]
        assert [match for match in found if match[0] in own] == sorted(alone), sample


@cache
def matcher_of_rule(rule: Rule) -> Matcher:
    return Matcher([rule])


def test_samples_glued_together_are_found_however_they_are_cut() -> None:
    matcher, rules = matcher_of(None), all_rules(None)
    random = Random(20)
    for _ in range(60):
        parts = [unmark(random.choice(SAMPLES)[1]) for _ in range(random.randint(2, 5))]
        text = random.choice(NEIGHBOURS).join(part for part, _ in parts)
        whole = find(matcher, rules, [text])
        for chunks in strategies(text, random, spans_of(whole)):
            assert find(matcher, rules, chunks) == whole, (text, chunks)


@pytest.mark.parametrize(
    ("before", "behind"), [("。", "。"), ("京", "京"), ("(", ")"), ("\n", "\n")]
)
@each(WITH_RULES)
def test_what_is_caught_is_caught_beside_any_punctuation(
    guardrail: Guardrail, before: str, behind: str
) -> None:
    rules, matcher = rules_of(guardrail), matcher_of(guardrail)
    for sample in guardrail.catches:
        # Only samples that say what stands on either side of a finding can be glued.
        text, spans = unmark(before + sample + behind)
        found = spans_of(find(matcher, rules, [text]))
        inner = [span for span in spans if span[0] > 1 and span[1] < len(text) - 1]
        assert set(inner) <= set(found), text


@pytest.mark.parametrize("rule", [rule for rule, _ in RULES], ids=lambda rule: rule.id)
def test_no_rule_explodes(rule: Rule) -> None:
    syntax = parse(rule.expression)
    assert syntax.max_width <= MAX_RULE_WIDTH
    require_tame(syntax.root)


def test_a_private_key_beyond_its_cap_is_cut_at_the_cap() -> None:
    guardrail = next(g for g in CATALOGUE if g.id == "private-key")
    matcher = matcher_of(guardrail)
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
    matcher = Matcher(rules)
    for sample in (
        "«cat» «Cat  Food» cats concat «CAT» «cat» foods «ｃａｔ»_«cat»",
        "绝对«机密»文件 «Секрет»! «СЕКРЕТ» секретный",
        "ความ«ลับ»ของ «STRASSE» «straße» Straßen «नमक» नमकीन",
    ):
        text, spans = unmark(sample)
        assert spans_of(find(matcher, rules, [text])) == spans, sample
        assert spans_of(find(matcher, rules, text)) == spans, sample


def test_length_reads_its_limit_from_its_options() -> None:
    guardrail = next(g for g in CATALOGUE if g.id == "length")
    assert guardrail.options is not None
    assert guardrail.max_chars is not None
    assert guardrail.max_chars(guardrail.options()) == 1_000_000
    assert guardrail.max_chars(guardrail.options.model_validate({"max_chars": 7})) == 7
