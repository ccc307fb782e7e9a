"""What a tally comes to: numbers for people, programs and thresholds."""

from __future__ import annotations

import re
from collections.abc import Mapping

import msgspec
from msgspec import Struct

from guardrails.errors import TidegateError
from guardrails.evaluation.scoring import Counts, Tally, ratio


class ThresholdError(TidegateError):
    """A threshold cannot be read. Next: name a figure and a number, as the message says."""


class Line(Struct, frozen=True):
    """The figures of one name; None where nothing is known. exact_f1: only equal spans count."""

    name: str
    labels: int
    found: int
    findings: int
    right: int
    precision: float | None
    recall: float | None
    f1: float | None
    exact_f1: float | None


class Summary(Struct, frozen=True):
    """All figures of a run. by: what `lines` are grouped by; total: over the types that are
    labelled; texts: whether anything is found, where only that is labelled or not.

    false_positives: findings per million code points of clean text. leaked: code points of labels
    released before they were found; shown: at all, of label_chars. unreached: labels behind a
    block. holds: by powers of two (0, 1, 2-3, 4-7, ...), how many chunks left so much held.
    """

    policy: str
    policy_version: str
    suites: tuple[str, ...]
    by: str
    cases: int
    chars: int
    lines: tuple[Line, ...]
    total: Line
    texts: Line
    clean_chars: int
    clean_findings: int
    false_positives: float | None
    label_chars: int
    leaked: int
    shown: int
    unreached: int
    chunks: int
    mean_held: float | None
    max_held: int
    holds: tuple[int, ...]


def summarise(tally: Tally, policy: str, version: str, suites: tuple[str, ...]) -> Summary:
    """Return what was counted, names in order."""
    groups: Mapping[str, Counts] = tally.by_type if tally.by == "type" else tally.groups
    return Summary(
        *(policy, version, suites, tally.by, tally.cases, tally.chars),
        tuple(_group(name, groups[name], tally.by) for name in sorted(groups)),
        _line("all labelled types", tally.total),
        _line("texts", tally.texts, exact=False),
        *(tally.clean_chars, tally.clean_findings),
        ratio(1e6 * tally.clean_findings, tally.clean_chars),
        *(tally.label_chars, tally.leaked, tally.shown, tally.unreached),
        tally.chunks,
        ratio(tally.held, tally.chunks),
        tally.max_held,
        tuple(tally.holds.get(power, 0) for power in range(max(tally.holds, default=-1) + 1)),
    )


def _group(name: str, counts: Counts, by: str) -> Line:
    line = _line(name, counts)
    if by == "type" and not counts.labels:
        # Whoever labelled the texts did not look for it: findings may well be right.
        return msgspec.structs.replace(line, precision=None)
    return line


def _line(name: str, counts: Counts, *, exact: bool = True) -> Line:
    return Line(
        *(name, counts.labels, counts.found, counts.findings, counts.right),
        *(counts.precision, counts.recall, counts.f1),
        counts.exact_f1 if exact else None,
    )


# Figures a threshold may name, and whether more of one is better.
_FIGURES = {
    **dict.fromkeys(("precision", "recall", "f1", "exact_f1"), True),
    **dict.fromkeys(("text_precision", "text_recall", "text_f1"), True),
    **dict.fromkeys(("false_positives", "leaked", "shown", "mean_held", "max_held"), False),
}
_THRESHOLD = re.compile(r"([a-z][a-z0-9_]*)=([0-9]{1,12}(?:\.[0-9]{1,12})?)")


def parse_thresholds(text: str, *, at_least: bool) -> dict[str, float]:
    """Read `recall=0.95,precision=0.9`. at_least: for figures of which more is better.

    Raises ThresholdError.

    >>> parse_thresholds("recall=0.95,f1=0.9", at_least=True)
    {'recall': 0.95, 'f1': 0.9}
    """
    known = [name for name, more in _FIGURES.items() if more is at_least]
    found = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        match = _THRESHOLD.fullmatch(part)
        if match is None or match[1] not in known:
            shown = part[:40]
            raise ThresholdError(f"expected NAME=NUMBER of {', '.join(known)}; got {shown!r}")
        found[match[1]] = float(match[2])
    return found


def shortfalls(
    summary: Summary, at_least: Mapping[str, float], at_most: Mapping[str, float]
) -> list[str]:
    """Return one sentence for each threshold that is not kept; what is not known keeps none."""
    said = []
    for wanted, word in ((at_least, "least"), (at_most, "most")):
        for name, bound in wanted.items():
            value = _value(summary, name)
            if value is None:
                said.append(f"{name} is not known: no text of the suites is labelled for it")
            elif value < bound if word == "least" else value > bound:
                said.append(f"{name} is {value:.4g}, expected at {word} {bound:g}")
    return said


def _value(summary: Summary, name: str) -> float | None:
    if name.startswith("text_"):
        found = getattr(summary.texts, name.removeprefix("text_"))
    elif name in ("precision", "recall", "f1", "exact_f1"):
        found = getattr(summary.total, name)
    elif name in ("leaked", "shown") and not summary.label_chars:
        found = None
    else:
        found = getattr(summary, name)
    return None if found is None else float(found)
