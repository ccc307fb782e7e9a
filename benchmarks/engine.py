"""The engine against rescans of the whole text at every chunk, with the same rules."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from statistics import median

from benchmarks.baselines import HyperscanRescan, PythonRescan, enforced_rules, final_text
from benchmarks.figure import Figure
from benchmarks.texts import corpus
from benchmarks.timing import Case, interleave, ratio, timed
from guardrails import Session, default_plan


def engine_text(chunks: list[str]) -> str:
    """Push every chunk through a session; return what a reader sees."""
    session = Session("bench", default_plan())
    verdicts = [session.push(chunk) for chunk in chunks]
    verdicts.append(session.finish())
    return "".join(segment.text for verdict in verdicts for segment in verdict.segments)


def measure(*, quick: bool) -> Iterator[Figure]:
    """Yield the figures. Answers of 400 tokens; the naive rescan gets fewer, it is slow."""
    plan, answers = default_plan(), corpus()
    naive, scanner = PythonRescan(plan), HyperscanRescan(plan)
    count = 3 if quick else 6
    rounds = 3 if quick else 7
    # The engine builds its automata as text asks for them: the targets are for a warm process.
    for chunks in answers.share(0, rounds * count * 4):
        engine_text(chunks)
    rates = interleave(
        rounds,
        [
            _case(engine_text, count * 4),
            _case(lambda chunks: final_text(naive, chunks), 1 if quick else 2),
            _case(lambda chunks: final_text(scanner, chunks), count),
        ],
    )
    same = [
        engine_text(chunks) == final_text(rescan, chunks)
        for chunks in answers.share(0, count)
        for rescan in (naive, scanner)
    ]
    rules = len(enforced_rules(plan))
    note = f"{rules} rules; {sum(same)} of {len(same)} answers give the same text"
    yield Figure(
        measure="engine",
        name="session against a rescan by Python re",
        value=ratio(rates[0], rates[1]),
        unit="x",
        at_least=30,
        note=note,
    )
    yield Figure(
        measure="engine",
        name="session against a rescan by Hyperscan",
        value=ratio(rates[0], rates[2]),
        unit="x",
        at_least=4,
        note=f"start of match for {scanner.with_start} of {rules} rules",
    )
    for name, own in zip(("session", "Python re", "Hyperscan"), rates, strict=True):
        yield Figure(measure="engine", name=f"{name} alone", value=median(own), unit="chunks/s")


def _case(run: Callable[[list[str]], str], count: int) -> Case:
    def case(number: int) -> int:
        chunks = 0
        for answer in corpus().share(number, count):
            run(answer)
            chunks += len(answer)
        return chunks

    return timed(case)
