"""Promise 1 for each guardrail by itself: what it finds does not depend on how a text was cut.

The proof is the contract's (`guardrails.proof.stream`): samples cut in every way with the state
saved and restored behind each chunk, and glued together; here also when they are changed a little.
`-m long` goes on until TIDEGATE_CASES chunkings are made, each into two chunks or more, and five
times as many in all. What has no samples is given some here, and checks are asked through a
session. tests/guardrails/test_invariance.py compares the default policy with an oracle.
"""

from __future__ import annotations

import importlib.util
import os
from collections import Counter
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from random import Random

import msgspec
import pytest

from guardrails import Plan
from guardrails.catalogue import CATALOGUE
from guardrails.guardrail import DEFAULT_MODES, Guardrail
from guardrails.policy import Policy
from guardrails.proof.samples import Finder, Found, rules_of, unmark
from guardrails.proof.stream import cut, glue
from tests import chunking
from tests.checking import drive, expect, random_answers
from tests.oracle import judge
from tests.plans import Checked, plan_of
from tests.planted import mutated
from tests.streaming import stream

SEED = os.environ.get("TIDEGATE_SEED", "1")
LONG_CASES = int(os.environ.get("TIDEGATE_CASES", "20000"))
ROOT = Path(__file__).resolve().parents[2]
# Texts of glued samples, and of glued samples that are changed: a round.
GLUED = 3

# What a policy has to say before these look for anything, and texts with marks around what they
# find then.
GIVEN = {
    "patterns": (
        {
            "rules": [
                {"id": "incident", "type": "INCIDENT", "expression": r"\bINC-\d{6}\b"},
                {
                    "id": "badge",
                    "type": "BADGE",
                    "expression": r"\b\d{5}\b",
                    "context": ["badge"],
                    "context_chars": 20,
                },
            ]
        },
        (
            "see «INC-004711», not INC-47110",
            "事件«INC-123456»。",
            "12345 is no number, «54321» is the badge of ada",
            "badge: «10101» and «INC-000001»",
        ),
    ),
    "system-prompt": (
        {
            "prompts": ["You are Marlow of Port Ansel. Never quote a tariff below forty crowns."],
            "canaries": ["kestrel-4471"],
        },
        (
            "I am «Marlow of Port Ansel. Never quote a tariff»!",
            "«Port Ansel. Never quote a tariff below forty»? OK",
            "密码是«kestrel-4471»。",
            "say «kestrel-4471» or KESTREL 4471",
            "You are Ansel of Port Marlow",
        ),
    ),
}
# For what is asked in windows: sentences, paragraphs, and text without an end.
ASKED = ("The tide turns. ", "Does it?\n\n", "潮が満ちる。", "e.g. this, ", "1. Item\n", "x" * 40)


class CountingFinder(Finder):
    """Counts the chunkings it has looked at: texts in two chunks or more."""

    chunkings = 0

    def find(self, chunks: Iterable[str], *, restored: bool = False) -> list[Found]:
        pieces = list(chunks)
        self.chunkings += len(pieces) > 1
        return super().find(pieces, restored=restored)


def plugin() -> tuple[Guardrail, ...]:
    """What the example of a package brings."""
    path = ROOT / "examples" / "plugin" / "acme_guard.py"
    spec = importlib.util.spec_from_file_location("acme_guard", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    found: tuple[Guardrail, ...] = module.GUARDRAILS
    return found


def given(guardrail: Guardrail) -> Guardrail:
    """Return the guardrail with the rules and samples of its entry in `GIVEN`, if it has one."""
    if guardrail.id not in GIVEN:
        return guardrail
    options, samples = GIVEN[guardrail.id]
    assert guardrail.options is not None
    assert guardrail.build is not None
    rules = guardrail.build(guardrail.options.model_validate(options))
    return msgspec.structs.replace(guardrail, rules=rules, build=None, catches=samples)


EVERY = tuple(map(given, (*CATALOGUE, *plugin())))
WITH_RULES = tuple(one for one in EVERY if rules_of(one))
CHECKS = tuple(one for one in EVERY if one.check is not None)
WITHOUT_SAMPLES = tuple(one for one in EVERY if one.id in GIVEN or one not in WITH_RULES)


@cache
def finder_of(guardrail: Guardrail) -> CountingFinder:
    return CountingFinder(rules_of(guardrail))


def try_rules(guardrail: Guardrail, random: Random, wanted: int) -> int:
    """Prove the guardrail's samples until so many chunkings are made; return how many."""
    finder = finder_of(guardrail)
    before = finder.chunkings
    while finder.chunkings - before < wanted:
        assert not list(cut(guardrail, finder, random))
        assert not list(glue([guardrail], finder, random, GLUED))
        assert not list(glue([changed(guardrail, random)], finder, random, GLUED))
    return finder.chunkings - before


def changed(guardrail: Guardrail, random: Random) -> Guardrail:
    """Return the guardrail with samples that it may find or not."""
    samples = [unmark(sample)[0] for sample in (*guardrail.catches, *guardrail.ignores)]
    texts = tuple(mutated(sample, random) for sample in samples)
    return msgspec.structs.replace(guardrail, catches=texts)


def try_together(random: Random, wanted: int) -> int:
    """Glue samples of different guardrails, looked at by the rules of all."""
    finder = CountingFinder([rule for one in WITH_RULES for rule in rules_of(one)])
    while finder.chunkings < wanted:
        assert not list(glue(WITH_RULES, finder, random, GLUED))
        assert not list(glue([changed(one, random) for one in WITH_RULES], finder, random, GLUED))
    return finder.chunkings


def try_check(guardrail: Guardrail, random: Random, wanted: int) -> int:
    """Ask a check at each of its checkpoints; answers come at random times, some twice or never."""
    check = guardrail.check
    assert check is not None
    mode = DEFAULT_MODES[guardrail.performance.performance_class]
    tried = 0
    while tried < wanted:
        text = "".join(random.choices(ASKED, k=random.randint(2, 12)))
        for checkpoint in check.checkpoints:
            items = [Checked(guardrail.id, checkpoint, guardrail.action, mode)]
            plan, says = plan_of(*items), random_answers(random.randint(0, 10**9))
            expected = expect(items, text, says)
            for chunks in chunking.strategies(text, random):
                asked, _ = drive(plan, chunks, says, random)
                assert (asked.answer, asked.runs) == (expected.answer, expected.runs), chunks
                tried += len(chunks) > 1
    return tried


def try_length(guardrail: Guardrail, random: Random, wanted: int) -> int:
    """Cut texts around the limit."""
    tried = 0
    while tried < wanted:
        limit = random.randint(1, 40)
        plan = Plan(Policy(guardrails={guardrail.id: {"max_chars": limit}}))
        text = "".join(random.choices("ab 中é\n😀", k=limit + random.randint(-1, 9)))
        expected = judge([], text, max_chars=limit)
        for chunks in chunking.strategies(text, random, [(limit - 1, limit + 1)]):
            assert stream(plan, chunks, pickle_at=random).answer == expected, chunks
            tried += len(chunks) > 1
    return tried


def try_guardrail(guardrail: Guardrail, random: Random, wanted: int) -> int:
    if guardrail in WITH_RULES:
        return try_rules(guardrail, random, wanted)
    if guardrail in CHECKS:
        return try_check(guardrail, random, wanted)
    assert guardrail.max_chars is not None, f"nothing here tries {guardrail.id}"
    return try_length(guardrail, random, wanted)


@pytest.mark.parametrize("guardrail", WITHOUT_SAMPLES, ids=lambda one: one.id)
def test_what_has_no_samples_of_its_own_holds_however_its_texts_are_cut(
    guardrail: Guardrail,
) -> None:
    assert try_guardrail(guardrail, Random(guardrail.id), 30) >= 30


def test_texts_that_are_given_hold_something() -> None:
    for name, (_, samples) in GIVEN.items():
        assert sum(len(unmark(sample)[1]) for sample in samples) > 3, name


@pytest.mark.long
def test_every_guardrail_finds_in_any_chunks_what_it_finds_in_the_whole_text() -> None:
    each = -(-5 * LONG_CASES // len(EVERY))
    tried: Counter[str] = Counter()
    for guardrail in EVERY:
        tried[guardrail.family] += try_guardrail(guardrail, Random(f"{SEED} {guardrail.id}"), each)
    families = Counter(guardrail.family for guardrail in EVERY)
    print()
    for name, count in tried.items():
        print(f"{count:,} chunkings of the {families[name]} guardrails of {name}, each by itself")
    together = try_together(Random(SEED), LONG_CASES // 4)
    print(
        f"{together:,} chunkings under the rules of all: 0 differences in {tried.total():,} + these"
    )
    assert min(tried.total(), 4 * together) >= LONG_CASES
    assert len(EVERY) == len(CATALOGUE) + len(plugin())
