"""Rules that scan, alone and beside all others: what the whole text has is found in any chunks."""

from __future__ import annotations

import pickle
from collections.abc import Iterator, Sequence
from random import Random

import pytest

from guardrails.allow import AllowList, except_allowed
from guardrails.errors import TidegateError
from guardrails.events import Chunk
from guardrails.guardrail import Action
from guardrails.joined_matcher import JoinedMatcher, compile_rules
from guardrails.matcher import Matcher, MatchState
from guardrails.phrase_matcher import PhraseMatcher
from guardrails.phrases import PhraseRule
from guardrails.policy import Policy
from guardrails.rule import Rule
from guardrails.scan import ScanRule
from guardrails.scan_matcher import ScanMatcher, ScanState
from guardrails.session import Session
from tests import chunking, random_phrases, random_rules, random_scans
from tests.oracle import judge
from tests.plans import Ruled, plan_of
from tests.random_scans import PairScanner
from tests.streaming import joined, longest_hold, stream

ALPHABET = "abc1"


def cases(seed: int) -> Iterator[tuple[Random, list[Ruled], str]]:
    """Scans beside expressions, phrases, both, or alone; and texts in which all of them meet."""
    while True:
        seed += 1
        random = Random(seed)
        ruled = [
            random_scans.ruled(random, ALPHABET, f"s{n}") for n in range(random.choice([1, 2]))
        ]
        if random.random() < 0.6:
            ruled.append(random_rules.ruled(random, "r"))
        if random.random() < 0.4:
            ruled.append(random_phrases.ruled(random, ALPHABET, "said"))
        random.shuffle(ruled)
        yield random, ruled, random_rules.text(random)


def test_what_the_whole_text_has_is_found_however_it_is_cut() -> None:
    tried = 0
    for random, ruled, text in cases(seed=0):
        try:
            plan = plan_of(*ruled)
        except TidegateError:
            continue
        expected = judge(ruled, text)
        spans = [(hit.start, hit.end) for hit in expected.findings]
        for chunks in chunking.strategies(text, random, spans):
            pickle_at = random if random.random() < 0.5 else None
            streamed = stream(plan, chunks, pickle_at=pickle_at, final=random.random() < 0.5)
            assert streamed.answer == expected, (ruled, chunks)
            assert max(verdict.held for verdict in streamed.verdicts) <= longest_hold(plan)
            tried += 1
        if tried > 3_000:
            return


def pair(first: str = "a", second: str = "b", reach: int = 3, rule_id: str = "s") -> ScanRule:
    return ScanRule(id=rule_id, type="PAIR", scanner=PairScanner(first, second, reach))


def places(rules: Sequence[Rule], chunks: Sequence[str], *, pickled: bool) -> list[tuple[int, int]]:
    matcher, new_state = compile_rules(rules)
    state, found = new_state(), []
    for chunk in chunks:
        found += matcher.push(state, chunk)
        if pickled:
            state = new_state.restore(pickle.loads(pickle.dumps(state.snapshot())))
    found += matcher.push(state, "", final=True)
    return [(match.rule, match.start) for match in found]


def test_the_state_may_be_saved_at_every_cut() -> None:
    rules = [pair(), Rule(id="r", type="R", expression="ca{2,5}"), pair("c", "c", 9, "t")]
    text = "caab acac aaxxb caaaaac"
    whole = places(rules, [text], pickled=False)
    assert len(whole) == 9
    for first in range(len(text)):
        for second in range(first, len(text)):
            assert places(rules, chunking.at(text, [first, second]), pickled=True) == whole


def test_a_match_waits_for_the_lane_that_is_furthest_behind() -> None:
    matcher, new_state = compile_rules([pair(reach=9), Rule(id="r", type="R", expression="x")])
    state = new_state()
    assert list(matcher.push(state, "axxx")) == []
    assert state.frontier == 0
    assert [(match.rule, match.start) for match in matcher.push(state, "b")] == [
        *[(0, 0), (1, 1), (1, 2), (1, 3)]
    ]
    assert state.frontier == 5


def test_rules_get_the_matcher_they_need_and_no_other() -> None:
    expression = Rule(id="r", type="R", expression="x")
    phrases = PhraseRule(id="said", type="SAID", phrases=("y",))
    assert compile_rules([])[1] is MatchState
    matcher, state = compile_rules([expression])
    assert (type(matcher), state) == (Matcher, MatchState)
    assert type(compile_rules([phrases])[0]) is PhraseMatcher
    matcher, state = compile_rules([pair()])
    assert (type(matcher), state) == (ScanMatcher, ScanState)
    for rules in ([expression, pair()], [phrases, pair()], [pair(), pair(rule_id="t")]):
        matcher, state = compile_rules(rules)
        assert type(matcher) is JoinedMatcher
        assert state is compile_rules(rules)[1]


def test_behind_a_gap_a_scan_begins_anew() -> None:
    plan = plan_of(Ruled(pair(), Action.WARN), on_gap="warn")
    session = Session("gap", plan)
    verdicts = session.receive(Chunk("gap", 0, text="ab a"), now_ms=0)
    verdicts += session.receive(Chunk("gap", 2, text="b ab", final=True), now_ms=1)
    verdicts += session.tick(1_000_000)
    found = [item.start for verdict in verdicts for item in verdict.findings]
    # Not the one at 3: what came behind it is not known.
    assert found == [0, 6]


def test_behind_a_rewrite_a_scan_has_seen_what_stands_before_it() -> None:
    plan = plan_of(Ruled(pair(reach=5), Action.BLOCK))
    for saved in (False, True):
        session = Session("again", plan)
        verdicts = []
        for seq, content in enumerate(["xxa", "xxacc", "xxac", "xxacdd", "xxacdb"]):
            verdicts += session.receive(Chunk("again", seq, content=content), now_ms=seq)
            if saved:
                session = Session.restore(pickle.loads(pickle.dumps(session.snapshot())), plan)
        assert verdicts[-1].action is Action.BLOCK
        assert joined(verdicts) == ((0, 2, "xx", None),)


def test_an_evicted_stream_is_decided_up_to_its_end() -> None:
    session = Session("evicted", plan_of(Ruled(pair(), Action.REDACT)))
    session.push("xxa")
    assert session.held == 1
    verdict = session.evict()[-1]
    assert "".join(segment.text for segment in verdict.segments) == "a"


def test_a_scan_saved_before_its_first_push_goes_on_where_it_was() -> None:
    plan = plan_of(Ruled(pair(), Action.WARN))
    saved = Session("new", plan).snapshot()
    for _ in range(2):
        saved = Session.restore(pickle.loads(pickle.dumps(saved)), plan).snapshot()
    assert Session.restore(saved, plan).push("ab").findings[0].start == 0


def test_what_a_policy_allows_is_no_finding() -> None:
    allow = AllowList(words=["ha"]).compiled()
    policy = Policy(guardrails={"repetition": {"allow": {"words": ["ha"]}}})
    rule = policy.resolve()[0].rules[0]
    assert rule.check is not None
    assert [rule.check(unit) for unit in ("ha", "ho")] == [False, True]
    assert isinstance(except_allowed([pair()], allow)[0], ScanRule)


@pytest.mark.parametrize("mode", ["block", "monitor"])
def test_the_version_of_a_policy_says_what_its_scanners_look_for(mode: str) -> None:
    versions = {
        Policy(guardrails={"repetition": {"mode": mode, "times": times}}).version
        for times in (4, 5, 4)
    }
    assert len(versions) == 2
