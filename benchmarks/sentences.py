"""Sentence boundaries against people's, and against sentencex and pysbd on the same texts.

The texts are documents of Universal Dependencies, whose sentences people have divided, and the
cases pysbd is tested with. A boundary is where a sentence begins, by its offset; the first one of a
text is not counted. Both libraries are told the language of each text, the segmenter is not.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from itertools import chain
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

from benchmarks.figure import Figure, NotMeasured
from benchmarks.texts import corpus
from benchmarks.timing import interleave, timed
from guardrails.segmenter import Segmenter

DATA = Path(__file__).resolve().parents[2] / "shared/data/sentences"
TREEBANKS = {
    "English EWT": ("ud_english_ewt", "en"),
    "French GSD": ("ud_french_gsd", "fr"),
    "German PUD": ("ud_german_pud", "de"),
    "Hindi PUD": ("ud_hindi_pud", "hi"),
}
# How the cases of pysbd name their languages. The cleaning of PDF and HTML is not measured.
_CODES = (
    "amharic:am arabic:ar armenian:hy bulgarian:bg burmese:my chinese:zh danish:da deutsch:de "
    "dutch:nl english:en french:fr greek:el hindi:hi italian:it japanese:ja kazakh:kk marathi:mr "
    "persian:fa polish:pl russian:ru slovak:sk spanish:es urdu:ur"
)
GOLDEN = dict(pair.split(":") for pair in _CODES.split())
# Fewer boundaries of a language say nothing about it.
LEAST_BOUNDARIES = 5
TERMINATED = re.compile(r"[.!?…。！？।؟۔][\"'”’»)\]*_\s]*\Z")

# Where sentences begin, of a text in a language.
Divide = Callable[[str, str], set[int]]


class Case(NamedTuple):
    """A text, its language, and where its sentences begin."""

    text: str
    language: str
    expected: frozenset[int]


class Score(NamedTuple):
    """How many boundaries were right, how many there are, and how many were found."""

    right: int
    expected: int
    found: int

    @property
    def f1(self) -> float:
        """Return the harmonic mean of precision and recall."""
        return 2 * self.right / (self.expected + self.found or 1)


def offsets(text: str, sentences: Iterable[str]) -> frozenset[int]:
    """Return where the sentences begin in the text, but the first; white space does not count."""
    begins, end = [], 0
    for sentence in map(str.strip, sentences):
        at = text.find(sentence, end) if sentence else -1
        if at >= 0:
            begins.append(at)
            end = at + len(sentence)
    return frozenset(begins[1:])


def treebank(rows: Iterable[dict[str, Any]], language: str) -> list[Case]:
    """Return the documents of one treebank. rows: `text`, and `paragraphs` of sentences."""
    return [
        Case(row["text"], language, offsets(row["text"], chain(*row["paragraphs"]))) for row in rows
    ]


def golden(rows: Iterable[dict[str, Any]]) -> list[Case]:
    """Return pysbd's own cases of the languages above. rows: `text`, `lang` and `expected`."""
    return [
        Case(row["text"], GOLDEN[row["lang"]], offsets(row["text"], row["expected"]))
        for row in rows
        if row["lang"] in GOLDEN
    ]


def by_segmenter(text: str, language: str) -> set[int]:
    """Divide as Tidegate does, which is not told the language."""
    del language
    return {boundary.offset for boundary in Segmenter().push(text, final=True)}


def by_sentencex(text: str, language: str) -> set[int]:
    """Divide by sentencex."""
    import sentencex

    return set(offsets(text, sentencex.segment(language, text)))


def by_pysbd(text: str, language: str) -> set[int]:
    """Divide by pysbd."""
    return set(offsets(text, _pysbd(language).segment(text)))


@cache
def _pysbd(language: str) -> Any:
    import pysbd

    return pysbd.Segmenter(language=language, clean=False)


def score(cases: Iterable[Case], divide: Divide, *, terminated: bool = False) -> Score:
    """Compare with what is expected. terminated: only behind a terminator and closing quotes."""
    right = expected = found = 0
    for case in cases:
        wanted, got = set(case.expected), divide(case.text, case.language)
        if terminated:
            wanted, got = (_behind_terminators(case.text, one) for one in (wanted, got))
        right += len(wanted & got)
        expected += len(wanted)
        found += len(got)
    return Score(right, expected, found)


def _behind_terminators(text: str, begins: set[int]) -> set[int]:
    # 20: more quotes and brackets than close one sentence.
    return {at for at in begins if TERMINATED.search(text, max(0, at - 20), at)}


def measure(*, quick: bool) -> Iterator[Figure]:
    """Yield the figures."""
    for name, (file, language) in TREEBANKS.items():
        yield from _compared(name, treebank(_rows(file), language))
    english = treebank(_rows("ud_english_ewt"), "en")
    own = score(english, by_segmenter, terminated=True)
    yield Figure(
        measure="sentences",
        name="boundary F1 behind terminators, English EWT",
        value=round(own.f1, 4),
        unit="",
        at_least=0.97,
        note=f"{own.expected} of {score(english, by_segmenter).expected} boundaries",
    )
    cases = golden(_rows("pysbd_golden"))
    for language in sorted({case.language for case in cases}):
        own_cases = [case for case in cases if case.language == language]
        if sum(len(case.expected) for case in own_cases) >= LEAST_BOUNDARIES:
            yield from _compared(f"pysbd's cases in {language}", own_cases, target=False)
    yield from _speed(quick=quick)


def _rows(name: str) -> list[dict[str, Any]]:
    path = DATA / f"{name}.jsonl"
    if not path.is_file():
        raise NotMeasured(f"{path} is absent; put the independent texts there")
    with path.open(encoding="utf-8", newline="\n") as lines:
        return [json.loads(line) for line in lines]


def _compared(name: str, cases: Sequence[Case], *, target: bool = True) -> Iterator[Figure]:
    """Yield how the segmenter and both libraries do. target: whether it is to be the best."""
    try:
        others = {"sentencex": score(cases, by_sentencex), "pysbd": score(cases, by_pysbd)}
    except ImportError as error:
        raise NotMeasured(f"{error.name} is missing; pip install 'tidegate[dev]'") from error
    best = max(one.f1 for one in others.values()) if target else None
    for own, one in {"": score(cases, by_segmenter), **others}.items():
        yield Figure(
            measure="sentences",
            name=f"boundary F1, {name}" + (f": {own}" if own else ""),
            value=one.f1,
            unit="",
            at_least=None if own else best,
            note=f"{one.right} of {one.expected} found, {one.found - one.right} wrong",
        )


def _speed(*, quick: bool) -> Iterator[Figure]:
    """Yield the time of a push, as it comes in answers and where nothing can end."""

    def answers(number: int) -> int:
        chunks = 0
        for answer in corpus().share(number, 60):
            push = Segmenter().push
            for chunk in answer:
                push(chunk)
            chunks += len(answer)
        return chunks

    def plain(_number: int) -> int:
        for _ in range(500):
            push = Segmenter().push
            for _ in range(100):
                push(" token")
        return 50_000

    rates = interleave(5 if quick else 15, [timed(answers), timed(plain)])
    names = ("push, tokens of answers", "push, tokens without a terminator")
    for name, own in zip(names, rates, strict=True):
        yield Figure(measure="sentences", name=name, value=1e6 / median(own), unit="µs")
