"""One push, by the matcher alone and by a whole session, against an empty Hyperscan call.

An empty call is `Database.scan` of the compiled database of the same rules, with a callback, on a
buffer in which nothing matches. It is measured on no bytes, on one token, and, as the cheapest call
there is, with a database of one literal on one token.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from statistics import median

import hyperscan

from benchmarks.baselines import enforced_rules
from benchmarks.figure import Figure
from benchmarks.texts import corpus
from benchmarks.timing import Case, interleave, ratio
from guardrails import Session, default_plan
from guardrails.matcher import MatchState
from guardrails.prefilter import relax
from guardrails.syntax import parse

TOKEN = b" token"


def measure(*, quick: bool) -> Iterator[Figure]:
    """Yield the figures. Token-sized chunks, caches warm, every round on answers of its own."""
    rounds = 7 if quick else 11
    share = len(corpus().answers) // (rounds + 1)
    expressions = [
        relax(parse(bound.rule.expression).root).encode()
        for bound in enforced_rules(default_plan())
    ]
    flags = hyperscan.HS_FLAG_UTF8 | hyperscan.HS_FLAG_DOTALL | hyperscan.HS_FLAG_SINGLEMATCH
    rules = _database(expressions, flags)
    literal = _database([b"zqzqzq"], 0)
    cases = [
        _over_answers(_push_matcher, share),
        _over_answers(_push_session, share),
        _scan(rules, b""),
        _scan(rules, TOKEN),
        _scan(literal, TOKEN),
    ]
    for case in cases[:2]:
        case(rounds)
    matcher, session, nothing, token, trivial = interleave(rounds, cases)
    targets = {"matcher": (matcher, 0.2), "session": (session, 0.1)}
    for name, (own, target) in targets.items():
        yield Figure(
            measure="push",
            name=f"{name} push against an empty Hyperscan call (one token)",
            value=ratio(own, token),
            unit="x",
            at_least=target,
        )
        for other, calls in (("no bytes", nothing), ("one literal", trivial)):
            yield Figure(
                measure="push", name=f"{name} push against {other}", value=ratio(own, calls), unit="x"
            )
    names = ("matcher push", "session push", "scan, no bytes", "scan, token", "scan, one literal")
    for name, own in zip(names, (matcher, session, nothing, token, trivial), strict=True):
        yield Figure(measure="push", name=name, value=1e6 / median(own), unit="µs")


def _push_matcher(chunks: list[str]) -> None:
    lane = default_plan().enforced
    assert lane is not None
    push, state = lane.matcher.push, MatchState()
    for chunk in chunks:
        push(state, chunk)


def _push_session(chunks: list[str]) -> None:
    push = Session("bench", default_plan()).push
    for chunk in chunks:
        push(chunk)


def _over_answers(run: Callable[[list[str]], None], count: int) -> Case:
    def case(number: int) -> int:
        chunks = 0
        for answer in corpus().share(number, count):
            run(answer)
            chunks += len(answer)
        return chunks

    return case


def _database(expressions: list[bytes], flags: int) -> hyperscan.Database:
    database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    database.compile(
        expressions=expressions,
        ids=list(range(len(expressions))),
        elements=len(expressions),
        flags=[flags] * len(expressions),
    )
    return database


def _ignore(_rule: int, _start: int, _end: int, _flags: int, _context: object) -> None:
    raise AssertionError("nothing matches here")


def _scan(database: hyperscan.Database, data: bytes) -> Case:
    def case(_number: int) -> int:
        scan, calls = database.scan, 20_000
        for _ in range(calls):
            scan(data, match_event_handler=_ignore)
        return calls

    return case
