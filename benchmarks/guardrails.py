"""What each guardrail costs by itself: CPU a thousand characters and a run, against what it says.

`tidegate bench guardrails` shows those that leave their class or say something else than what is
measured; a whole run, and one with `--out DIR`, writes the table of all to `guardrails.md`.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from itertools import pairwise
from statistics import median
from typing import NamedTuple

from benchmarks.figure import Figure
from benchmarks.texts import corpus
from benchmarks.timing import percentile
from guardrails.catalogue import CATALOGUE
from guardrails.guardrail import MAX_LATENCY_MS, Guardrail, PerformanceClass
from guardrails.proof.samples import Finder, rules_of

_INTRODUCTION = """# What each guardrail costs

Made by `tidegate bench guardrails`: the rules of each alone, on answers of models; a thousand
characters at once, and runs over one token. Together they cost much less than the sum: one
automaton finds where any of them may match.
"""

# Between runs of a noisy machine figures differ by half; what a guardrail says may be this far off.
FACTOR = 3
# Below these no one would choose otherwise, and the clock measures mostly itself.
NEGLIGIBLE_MS = {"cost": 0.05, "latency": 0.01}


class Cost(NamedTuple):
    """One guardrail as measured. cpu_ms: of a thousand characters at once; mean_ms, p99_ms: of a
    run over one token.
    """

    guardrail: Guardrail
    cpu_ms: float
    mean_ms: float
    p99_ms: float

    @property
    def outside_class(self) -> bool:
        """Whether one run in a hundred takes longer than the class allows."""
        return self.p99_ms > MAX_LATENCY_MS[self.guardrail.performance.performance_class]

    @property
    def misstated(self) -> str:
        """Say what is published and off by more than `FACTOR`."""
        performance = self.guardrail.performance
        pairs = (
            ("cost", performance.cost.cpu_ms, self.cpu_ms),
            ("latency", performance.expected_latency_ms, self.mean_ms),
        )
        return ", ".join(
            f"{name} {said:g} ms, measured {got:.3g}"
            for name, said, got in pairs
            if is_off(said, got, NEGLIGIBLE_MS[name])
        )


def is_off(said: float, got: float, negligible: float) -> bool:
    """Tell whether a published number misleads.

    >>> is_off(0.05, 0.14, 0.01), is_off(0.05, 0.16, 0.01), is_off(0.05, 0.01, 0.05)
    (False, True, False)
    """
    low, high = sorted((max(said, negligible), max(got, negligible)))
    return high > FACTOR * low


def cost_of(guardrail: Guardrail, answers: Sequence[Sequence[str]], warm: int) -> Cost:
    """Stream answers through the guardrail's rules alone: in pieces of a thousand, then in tokens.

    warm: so many of the answers come first and are not timed: what they build, all streams share.
    """
    finder = Finder(rules_of(guardrail))
    pieces = ["".join(answer) for answer in answers]
    for text, answer in zip(pieces[:warm], answers[:warm], strict=True):
        finder.find(_in_thousands(text))
        finder.find(answer)
    # Medians over answers: what disturbs the machine disturbs few of them, and so does what a
    # matcher builds when it first meets a kind of text.
    whole_s = [_run(finder, _in_thousands(text))[0] / len(text) for text in pieces[warm:]]
    runs = [_run(finder, answer) for answer in answers[warm:]]
    mean_s = median(total_s / len(each) for total_s, each in runs)
    p99_s = percentile([took_s for _, each in runs for took_s in each], 0.99)
    return Cost(guardrail, median(whole_s) * 1e6, mean_s * 1e3, p99_s * 1e3)


def _in_thousands(text: str) -> list[str]:
    return [text[start : start + 1000] for start in range(0, len(text), 1000)]


def _run(finder: Finder, chunks: Sequence[str]) -> tuple[float, list[float]]:
    """Return the CPU time of a stream, and that of each run; seconds."""
    state, push, now_s = finder.new_state(), finder.matcher.push, time.thread_time
    stamps = [now_s()]
    for chunk in chunks:
        push(state, chunk)
        stamps.append(now_s())
    push(state, "", final=True)
    return now_s() - stamps[0], [end - start for start, end in pairwise(stamps)]


def measure(*, quick: bool) -> Iterator[Figure]:
    """Yield how many keep to their class and to what they publish, and each that does not.

    Guardrails without rules are left out: lengths are counted, and checks run elsewhere.
    """
    warm, count = (3, 6) if quick else (10, 30)
    answers = corpus().answers[:count]
    costs = [cost_of(one, answers, warm) for one in CATALOGUE if rules_of(one)]
    costs.sort(key=lambda cost: cost.cpu_ms)
    outside = [cost for cost in costs if cost.outside_class]
    misstated = [cost for cost in costs if cost.misstated]
    yield _count("that leave their class", outside)
    yield _count(f"whose published cost is off by more than {FACTOR}x", misstated)
    yield Figure(
        measure="guardrails",
        name=f"CPU of a thousand characters, dearest of {len(costs)}",
        value=costs[-1].cpu_ms,
        unit="ms",
        note=costs[-1].guardrail.id,
        page=table(costs),
    )
    for cost in misstated:
        yield Figure(
            measure="guardrails",
            name=f"{cost.guardrail.id} says {cost.misstated}",
            value=cost.cpu_ms,
            unit="ms",
        )


def _count(what: str, costs: Sequence[Cost]) -> Figure:
    names = ", ".join(cost.guardrail.id for cost in costs)
    return Figure(
        measure="guardrails",
        name=f"guardrails {what}",
        value=len(costs),
        unit="",
        at_most=0,
        note=names,
    )


def table(costs: Sequence[Cost]) -> str:
    """Return Markdown, the cheapest first."""
    lines = [
        _INTRODUCTION,
        "| guardrail | class | CPU, 1,000 characters | published | a run | published | p99 | |",
        "|---|---|---:|---:|---:|---:|---:|---|",
    ]
    for cost in costs:
        performance = cost.guardrail.performance
        remark = "outside its class" if cost.outside_class else "misstated" * bool(cost.misstated)
        cells = (
            *(cost.guardrail.id, str(PerformanceClass(performance.performance_class))),
            *(f"{cost.cpu_ms:.3f} ms", f"{performance.cost.cpu_ms:g}"),
            *(_micro(cost.mean_ms), _micro(performance.expected_latency_ms)),
            *(_micro(cost.p99_ms), remark),
        )
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _micro(milliseconds: float) -> str:
    return f"{milliseconds * 1e3:.1f} µs"
