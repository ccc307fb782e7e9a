"""One push, by the matcher alone and by a whole session, against an empty Hyperscan call.

An empty call is `Database.scan` of the compiled database of the same rules, with a callback, on a
buffer in which nothing matches. It is measured on no bytes, on one token, and, as the cheapest call
there is, with a database of one literal on one token.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from statistics import median
from typing import Any

from benchmarks.baselines import (
    WITHOUT_START,
    compile_database,
    enforced_rules,
    hyperscan_expression,
)
from benchmarks.figure import Figure
from benchmarks.texts import corpus
from benchmarks.timing import Case, interleave, ratio, timed
from guardrails import Plan, Session, default_plan, default_policy
from guardrails.matcher import MatchState
from guardrails.syntax import parse

TOKEN = b" token"


def measure(*, quick: bool) -> Iterator[Figure]:
    """Yield the figures. Token-sized chunks. The engine builds its automata as texts ask for them:
    texts it has met, which is what a process sees after its first minutes, and new ones are told
    apart; the targets are for the former.
    """
    rounds = 7 if quick else 11
    share = len(corpus().answers) // (2 * rounds)
    expressions = [
        hyperscan_expression(parse(bound.rule.expression).root)
        for bound in enforced_rules(default_plan())
    ]
    rules = compile_database(expressions, [WITHOUT_START] * len(expressions))
    literal = compile_database([b"zqzqzq"], [0])
    # The second half of the answers is new to the engine in each of these rounds.
    unwarmed = _push_matcher(Plan(default_policy()))
    _over_answers(unwarmed, share * rounds)(0)
    (fresh,) = interleave(rounds, [_over_answers(unwarmed, share, offset=rounds)])
    push_matcher = _push_matcher(default_plan())
    _over_answers(push_matcher, len(corpus().answers))(0)
    matcher, session, nothing, token, trivial = interleave(
        rounds,
        [
            _over_answers(push_matcher, share, offset=rounds),
            _over_answers(_push_session, share),
            _scan(rules, b""),
            _scan(rules, TOKEN),
            _scan(literal, TOKEN),
        ],
    )
    targets = {"matcher": (matcher, 0.2), "session": (session, 0.1)}
    for name, (own, target) in targets.items():
        yield Figure(
            measure="push",
            name=f"{name} push against an empty call (one token)",
            value=ratio(own, token),
            unit="x",
            at_least=target,
        )
        for other, calls in (("no bytes", nothing), ("one literal", trivial)):
            yield Figure(
                measure="push",
                name=f"{name} push against {other}",
                value=ratio(own, calls),
                unit="x",
            )
    times = {
        "matcher push": matcher,
        "matcher push, texts never met before": fresh,
        "session push": session,
        "empty call, no bytes": nothing,
        "empty call, one token": token,
        "empty call, one literal": trivial,
    }
    for name, own in times.items():
        yield Figure(measure="push", name=name, value=1e6 / median(own), unit="µs")


def _push_matcher(plan: Plan) -> Callable[[list[str]], None]:
    assert plan.enforced is not None
    push = plan.enforced.matcher.push

    def push_all(chunks: list[str]) -> None:
        state = MatchState()
        for chunk in chunks:
            push(state, chunk)

    return push_all


def _push_session(chunks: list[str]) -> None:
    push = Session("bench", default_plan()).push
    for chunk in chunks:
        push(chunk)


def _over_answers(run: Callable[[list[str]], None], count: int, offset: int = 0) -> Case:
    def case(number: int) -> int:
        chunks = 0
        for answer in corpus().share(number + offset, count):
            run(answer)
            chunks += len(answer)
        return chunks

    return timed(case)


def _ignore(_rule: int, _start: int, _end: int, _flags: int, _context: object) -> None:
    raise AssertionError("nothing matches here")


def _scan(database: Any, data: bytes) -> Case:
    def case(_number: int) -> int:
        scan, calls = database.scan, 20_000
        for _ in range(calls):
            scan(data, match_event_handler=_ignore)
        return calls

    return timed(case)
