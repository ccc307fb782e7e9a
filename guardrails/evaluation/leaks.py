"""Characters that should not have been seen: of labelled spans, released as they were written."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec import Struct

from guardrails.evaluation.suite import Span
from guardrails.evaluation.trial import Shown, Trial


class Leak(Struct, frozen=True):
    """Of one labelled span, code points. before: released before it was found; shown: at all."""

    before: int
    shown: int


def leak(span: Span, trial: Trial) -> Leak:
    """Return what of a labelled span was released. O(released pieces).

    A span counts as found when the first finding that overlaps it, of its type, is reported; one
    that never is leaks nothing before that, but all of it is shown.
    """
    found = [
        at
        for at, finding in trial.findings
        if finding.type == span.type and finding.start < span.end and span.start < finding.end
    ]
    earlier: Sequence[Shown] = ()
    if found:
        first = min(found)
        earlier = [shown for shown in trial.shown if shown.at < first]
    return Leak(_within(span, earlier), _within(span, trial.shown))


def _within(span: Span, pieces: Iterable[Shown]) -> int:
    return sum(max(0, min(span.end, piece.end) - max(span.start, piece.start)) for piece in pieces)
