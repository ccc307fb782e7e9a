"""Checks written in JavaScript against the Python ones, on what their expressions match."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from random import Random

from connectors.gateway.rules.condition import SIMPLE, conditions
from guardrails.catalogue import CATALOGUE
from guardrails.proof.samples import unmark
from guardrails.rule import Rule
from guardrails.syntax import parse, unparse
from tests.connectors.gateway.rules.cases import NAMES, handed_out, policy_named, sample
from tests.node import run_node

HERE = Path(__file__).parent
SAMPLES = [unmark(text)[0] for one in CATALOGUE for text in (*one.catches, *one.ignores)]
MOST_OF_A_KIND = 12
# What only just is a day, a network, a pair that counts.
TELLING = [
    *("10.0.0.1", "11.0.0.1", "172.15.1.1", "172.16.0.0", "172.31.255.9", "172.32.0.1", "9.9.9.9"),
    *("100.63.0.1", "100.64.0.1", "100.127.1.1", "100.128.0.1", "169.254.7.7", "192.0.0.9"),
    *("192.0.1.1", "192.0.2.7", "198.18.0.1", "198.19.1.1", "198.20.1.1", "203.0.113.5"),
    *("223.1.1.1", "224.0.0.1", "240.1.1.1", "255.1.1.1", "127.0.0.1", "0.1.2.3", "1.2.255.255"),
    *("8.8.8.8/24", "8.8.8.100", "1.2.3.4/255"),
    *("000229-1234", "010229-1234", "991231-0000", "991301-0000", "000100-0000"),
]


@cache
def in_samples(expression: str) -> tuple[Callable[[str], re.Match[str] | None], list[str]]:
    """The search of an expression, and what it finds in the samples."""
    find = re.compile(unparse(parse(expression).root), re.ASCII).search
    return find, [found[0] for text in [*SAMPLES, *TELLING] if (found := find(text))]


def matches(rule: Rule, random: Random) -> Iterator[str]:
    """Yield what the expression of a rule matches, in samples and in texts made from it."""
    find, known = in_samples(rule.expression)
    yield from known
    for _ in range(60):
        text = sample(parse(rule.expression).root, random, {})
        if known and random.random() < 0.5:
            text = random.choice(known)
            at = random.randrange(len(text))
            text = text[:at] + random.choice("0123456789aZ") + text[at + 1 :]
        if found := find(text):
            yield found[0]


def rules_of_every_kind() -> Iterator[Rule]:
    """Yield rules of every kind of check, of each kind no more than are needed to prove it."""
    met: Counter[str] = Counter()
    # What the default policy asks for is part of what all patterns do.
    for name in NAMES[1:]:
        for rule in handed_out(policy_named(name)):
            kind = "+".join(one["is"] for one in conditions(rule.check))
            met[kind] += 1
            if kind and met[kind] <= MOST_OF_A_KIND:
                yield rule


def test_checks_let_the_same_matches_count() -> None:
    random = Random(3)
    rules = list(rules_of_every_kind())
    texts = [list(dict.fromkeys(matches(rule, random))) for rule in rules]
    written = [conditions(rule.check) for rule in rules]
    given = run_node(HERE / "checks.mjs", rows=zip(written, texts, strict=True))
    answers: Counter[tuple[str, bool]] = Counter()
    for rule, asked, own, said in zip(rules, written, texts, given, strict=True):
        assert rule.check is not None
        wanted = [bool(rule.check(text)) for text in own]
        assert list(zip(own, said, strict=True)) == list(zip(own, wanted, strict=True)), rule.id
        answers.update((one["is"], answer) for one in asked for answer in wanted)
    print(f"{answers.total():,} answers of {len(rules)} checks agree")
    # Every check has let matches count and refused others, but where the expression says it all.
    decided = {name for name in SIMPLE.values() if answers[name, True] and answers[name, False]}
    assert set(SIMPLE.values()) - decided <= {"phone-is-not-counted"}
    assert {name for name, _ in answers} >= {"random", "drawn", "part-counts", "with-word"}
