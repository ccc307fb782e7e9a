"""Measuring: all peers guard the same answers, in turns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from benchmarks.peers.expressions import Expression
from benchmarks.peers.peer import Running
from benchmarks.peers.planted import Answer, answers
from benchmarks.peers.sight import Score, of_covered, of_released, score

ROUNDS = 7


class Measured(msgspec.Struct, frozen=True):
    """One peer under one set of expressions. rates: chunks per second of CPU, round by round."""

    name: str
    call: str
    expressions: int
    packages: dict[str, str]
    rates: list[float]
    wall_rates: list[float]
    score: Score
    at_least: float | None


def measure(peers: Sequence[Running], expressions: Sequence[Expression]) -> Iterator[Measured]:
    """Let all guard the same answers, in turns; slow ones get fewer of each round."""
    most = max(peer.peer.streams for peer in peers)
    texts = answers(ROUNDS * most + max(peer.peer.warm for peer in peers), expressions)
    # Others than those that are timed: nothing that is remembered flatters anyone.
    warm = texts[ROUNDS * most :]
    packages = [peer.load(expressions) for peer in peers]
    for peer in peers:
        peer.guard([answer.chunks for answer in warm[: peer.peer.warm]])
    rates: list[list[tuple[float, float]]] = [[] for _ in peers]
    scores = [Score()] * len(peers)
    for number in range(ROUNDS):
        share = texts[number * most : (number + 1) * most]
        for index, peer in enumerate(peers):
            cpu, wall, counted = _turn(peer, share[: peer.peer.streams])
            rates[index].append((cpu, wall))
            scores[index] = scores[index].plus(counted)
            place = f"{len(expressions)} expressions, round {number + 1} of {ROUNDS}"
            print(f"{place}: {peer.peer.name}, {cpu:,.0f} chunks/s", flush=True)
    for peer, found, own, counted in zip(peers, packages, rates, scores, strict=True):
        yield Measured(
            name=peer.peer.name,
            call=peer.peer.call,
            expressions=len(expressions),
            packages=found,
            rates=[cpu for cpu, _ in own],
            wall_rates=[wall for _, wall in own],
            score=counted,
            at_least=peer.peer.at_least,
        )


def _turn(peer: Running, share: Sequence[Answer]) -> tuple[float, float, Score]:
    """Return chunks a second of CPU and of wall clock, and the counts."""
    answered = peer.guard([answer.chunks for answer in share])
    counted = Score()
    for answer, shown in zip(share, answered.streams, strict=True):
        if "released" in shown:
            sight = of_released(answer.chunks, shown["released"])
        else:
            sight = of_covered(answer.chunks, shown["covered"])
        counted = counted.plus(score(sight, answer.planted))
    return counted.chunks / answered.cpu_s, counted.chunks / answered.wall_s, counted
