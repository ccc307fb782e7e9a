"""Many rules: chunks a second with 20, 200 and 800 of them, in one run, and how long they load.

The first 20 are shipped ones. The others are made, in the two forms that rule packs have most of: a
provider's prefix with a key behind it, and a provider's name, an assignment and a key.
"""

from __future__ import annotations

import string
import time
from collections.abc import Iterator, Sequence
from random import Random

from benchmarks.figure import Figure
from benchmarks.texts import corpus
from benchmarks.timing import Case, interleave, ratio, timed
from guardrails.catalogue import CATALOGUE
from guardrails.joined_matcher import compile_rules
from guardrails.matcher import Matcher, MatchState
from guardrails.rule import Rule

COUNTS = {20: None, 200: 0.3, 800: 0.2}
_CLASSES = ("[0-9a-z]", "[0-9a-f]", "[0-9A-Za-z]", "[0-9A-Za-z_-]", "[0-9A-Za-z+/=]")
_LENGTHS = (20, 24, 32, 40, 64)


def make_rules(count: int, random: Random) -> list[Rule]:
    """Return shipped rules and as many made ones as are missing."""
    rules = [rule for guardrail in CATALOGUE for rule in guardrail.rules][: min(COUNTS)]
    while len(rules) < count:
        name = "".join(random.choices(string.ascii_lowercase, k=random.randrange(4, 10)))
        key = f"{random.choice(_CLASSES)}{{{random.choice(_LENGTHS)}}}"
        expression = rf"\b{name}[_-]{key}\b"
        if random.random() < 0.5:
            assigned = r"[ \t\w.-]{0,20}[\s'\"]{0,3}(?:=|:|=>)[\s'\"]{0,5}"
            expression = rf"(?i:{name}){assigned}{key}(?![0-9A-Za-z])"
        rules.append(Rule(id=f"made-{len(rules)}", type="SECRET", expression=expression))
    return rules


def measure(*, quick: bool) -> Iterator[Figure]:
    """Yield speeds against that of 20 rules, on answers that are new to the engine each time."""
    rounds = 3 if quick else 7
    answers = corpus().answers
    # Half of them to begin with: what a process sees after its first minutes.
    warm, share = answers[: len(answers) // 2], len(answers) // (2 * rounds)
    matchers: dict[int, Matcher] = {}
    for count in COUNTS:
        began_s = time.perf_counter()
        matchers[count], _ = compile_rules(make_rules(count, Random(1)))
        yield Figure(
            measure="rules",
            name=f"{count} rules: to compile and be ready",
            value=time.perf_counter() - began_s,
            unit="s",
        )
        _push_all(matchers[count], warm)
    cases = [_case(matcher, answers[len(warm) :], share) for matcher in matchers.values()]
    speeds = dict(zip(COUNTS, interleave(rounds, cases), strict=True))
    for count, target in COUNTS.items():
        if target is not None:
            yield Figure(
                measure="rules",
                name=f"{count} rules: chunks a second against 20 rules",
                value=ratio(speeds[count], speeds[20]),
                unit="x",
                at_least=target,
                note="answers the engine has not met before",
            )


def _case(matcher: Matcher, answers: Sequence[Sequence[str]], share: int) -> Case:
    def run(number: int) -> int:
        part = answers[number * share : (number + 1) * share]
        _push_all(matcher, part)
        return sum(map(len, part))

    return timed(run)


def _push_all(matcher: Matcher, answers: Sequence[Sequence[str]]) -> None:
    for answer in answers:
        state = MatchState()
        for token in answer:
            matcher.push(state, token)
        matcher.push(state, "", final=True)
