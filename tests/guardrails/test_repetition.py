"""Loops: each is found at the character at which the text before it has become one."""

from __future__ import annotations

import pickle
import string
from collections.abc import Sequence
from random import Random

import pytest

from guardrails.content.loop_scan import LoopScanner
from guardrails.guardrail import Action
from guardrails.plan import Plan
from guardrails.policy import Policy
from tests import chunking, corpus
from tests.streaming import stream


def loops(scanner: LoopScanner, chunks: Sequence[str], *, pickled: bool = False) -> list[int]:
    scan, found = scanner.begin(0), []
    for chunk in chunks:
        found += scan.push(chunk, final=False)
        if pickled:
            scan = scanner.resume(pickle.loads(pickle.dumps(scan.snapshot())))
    return [at for at, _ in found]


def oracle(scanner: LoopScanner, text: str) -> list[int]:
    """Try every period at every place."""
    runs = [0] * (scanner.max_unit + 1)
    found, before = [], False
    for at in range(len(text)):
        now = False
        for period in range(1, min(scanner.max_unit, at) + 1):
            runs[period] = runs[period] + 1 if text[at] == text[at - period] else 0
            if runs[period] and runs[period] + period >= scanner.times * period:
                unit = text[at - period + 1 : at + 1]
                factor = 1 if any(map(str.isalpha, unit)) else 5
                now = now or runs[period] + period >= factor * scanner.min_chars
        if now and not before:
            found.append(at)
        before = now
    return found


def stuck(random: Random) -> str:
    """A text of loops, whole and broken, whose units loop themselves."""
    letters = random.choice(["ab", "abc", "a-", "-.", "abcdefgh ", "aaaaab", "a" * 17 + "b"])
    text = ""
    while len(text) < random.choice([300, 700]):
        unit = "".join(random.choices(letters, k=random.choice([1, 2, 3, 16, 31, 32, 33, 64, 90])))
        if random.random() < 0.3:
            unit = 2 * unit + "".join(random.choices(letters, k=random.randint(0, 5)))
        rounds = random.choice([0.3, 1, 2, 3.5, 4, 4.2, 5, 8, 20])
        run = (unit * (int(rounds) + 1))[: int(len(unit) * rounds)]
        if run and random.random() < 0.2:
            at = random.randrange(len(run))
            run = run[:at] + random.choice(letters) + run[at + 1 :]
        text += run
    return text


def test_every_loop_is_found_where_it_becomes_one_however_the_text_is_cut() -> None:
    found = 0
    for seed in range(120):
        random = Random(seed)
        scanner = LoopScanner(
            random.choice([4, 4, 5, 7]),
            random.choice([80, 100, 160]),
            random.choice([5, 31, 32, 33, 70, 130]),
        )
        text = stuck(random)
        expected = oracle(scanner, text)
        for chunks in chunking.strategies(text, random):
            assert loops(scanner, chunks, pickled=random.random() < 0.3) == expected, (seed, text)
        found += len(expected)
    assert found > 50


@pytest.mark.parametrize("unit", [1, 7, 100, 512])
def test_state_and_work_are_bounded(unit: int) -> None:
    scanner = LoopScanner(4, 200, 512)
    scan = scanner.begin(0)
    random = Random(unit)
    line = "".join(random.choices(string.ascii_letters, k=unit))
    for _ in range(40_000 // unit):
        scan.push(line, final=False)
    assert len(pickle.dumps(scan.snapshot())) < 4 * 512 + 300
    assert scan.frontier == 40_000 // unit * unit


def test_the_default_ends_the_stream_when_a_line_has_come_four_times_and_holds_nothing() -> None:
    plan = Plan(Policy(guardrails={"repetition": {}}))
    line = "I am sorry, but I cannot help with that request today, as I said.\n"
    streamed = stream(plan, chunking.in_sizes("Well: " + line * 50, Random(1), 7))
    assert streamed.answer.blocked
    assert [(hit.start, hit.action) for hit in streamed.answer.findings] == [
        (6 + 4 * len(line) - 1, Action.BLOCK)
    ]
    assert {verdict.held for verdict in streamed.verdicts} == {0}


def test_two_loops_are_two_findings_where_the_stream_goes_on() -> None:
    plan = Plan(Policy(guardrails={"repetition": {"mode": "monitor"}}))
    streamed = stream(plan, ["no " * 90, "and then:", "yes " * 90])
    assert [hit.start for hit in streamed.answer.findings] == [199, 279 + 199]


CLEAN = (
    "+" + "-" * 78 + "+\n" + ("|" + " " * 78 + "|\n") * 10,
    ("0, " * 20 + "\n") * 8,
    "| " + " | ".join(["---"] * 20) + " |",
    "<br>" * 20 + "&nbsp;" * 20,
    "".join(f"{number}. Item number {number} of the list\n" for number in range(60)),
    "    print()\n" * 12,
    "Fa la la la la, la la la la! " * 6,
    "AAAA" * 30,
)


@pytest.mark.parametrize("text", CLEAN)
def test_what_is_drawn_counted_or_sung_is_no_loop(text: str) -> None:
    assert loops(LoopScanner(4, 200, 512), [text]) == []


@pytest.mark.data
def test_prose_has_no_loops() -> None:
    texts = [row["text"] for row in corpus.rows("negatives/wikitext2.jsonl")]
    assert sum(map(len, texts)) > 500_000
    assert [text for text in texts if loops(LoopScanner(4, 200, 512), [text])] == []
