"""What something that is asked about a text says: an answer, or why there is none."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

import msgspec

from guardrails.checked_text import CheckedText
from guardrails.errors import TidegateError
from guardrails.events import CheckFinding

# More findings of one text than anyone reads; beyond it those of a type become one.
MAX_FINDINGS = 100


class Seen(msgspec.Struct, frozen=True):
    """One thing that was seen. type: None for the check's own. start, end: offsets into the text
    that was asked about; None for all of it.
    """

    type: str | None
    confidence: float
    start: int | None = None
    end: int | None = None


class Answer(msgspec.Struct, frozen=True):
    """All that was seen in one text, and the tokens it took."""

    seen: tuple[Seen, ...] = ()
    prompt_tokens: int = 0
    completion_tokens: int = 0


class CallFailed(TidegateError):
    """A call gave no answer. Next: call again if it is retryable, else report the reason.

    The reason is made of fixed words and numbers only: never of what was sent or received.
    unwell: the next call would probably fail too. timed_out: it took too long. retry_after_s: the
    service asked to be left alone for so long.
    """

    def __init__(
        self,
        reason: str,
        *,
        retryable: bool = False,
        unwell: bool = False,
        timed_out: bool = False,
        retry_after_s: float = 0.0,
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.retryable = retryable
        self.unwell = unwell
        self.timed_out = timed_out
        self.retry_after_s = retry_after_s


class Checker(Protocol):
    """Asks about texts. One for each guardrail as a policy sets it; used on the runner's thread.

    max_batch: texts of one call. concurrency: calls open at a time. max_attempts: calls for one
    question. max_chars: longest text.
    """

    max_batch: int
    concurrency: int
    max_attempts: int
    max_chars: int

    async def ask(self, texts: Sequence[str], timeout_s: float) -> Sequence[Answer]:
        """Return an answer for each text, in their order. Raises CallFailed."""

    async def close(self) -> None:
        """Let go of connections and processes."""


def require_spans(answer: Answer, text: str) -> None:
    """Raises CallFailed when a span is empty or leaves the text."""
    for seen in answer.seen:
        if seen.start is None and seen.end is None:
            continue
        if seen.start is None or seen.end is None or not 0 <= seen.start < seen.end <= len(text):
            raise CallFailed("the answer names a place outside of the text")


def locate(answer: Answer, text: CheckedText, default_type: str) -> list[CheckFinding]:
    """Return what was seen in places as findings of the stream.

    Of more than `MAX_FINDINGS` those of a type become one that covers them all.
    """
    found = [
        CheckFinding(
            seen.type or default_type, *text.stream_span(seen.start, seen.end), seen.confidence
        )
        for seen in answer.seen
        if seen.start is not None and seen.end is not None
    ]
    return _condense(found) if len(found) > MAX_FINDINGS else found


def find_whole(answer: Answer, text: CheckedText, default_type: str) -> list[CheckFinding]:
    """Return what was seen in a text as a whole: one finding of each type, of all of the text but
    the white space at its ends.
    """
    sure: dict[str, float] = {}
    for seen in answer.seen:
        if seen.start is None:
            kind = seen.type or default_type
            sure[kind] = max(seen.confidence, sure.get(kind, 0.0))
    end = len(text.text.rstrip())
    if not sure or not end:
        return []
    span = text.stream_span(len(text.text) - len(text.text.lstrip()), end)
    return [CheckFinding(kind, *span, confidence) for kind, confidence in sure.items()]


def _condense(findings: Iterable[CheckFinding]) -> list[CheckFinding]:
    widest: dict[str, CheckFinding] = {}
    for one in findings:
        so_far = widest.setdefault(one.type, one)
        widest[one.type] = CheckFinding(
            one.type,
            min(so_far.start, one.start),
            max(so_far.end, one.end),
            max(so_far.confidence, one.confidence),
        )
    return list(widest.values())


def clip(findings: Iterable[CheckFinding], start: int, end: int) -> tuple[CheckFinding, ...]:
    """Return the parts of findings that lie within a span of the stream, by offset, each once."""
    parts = {
        CheckFinding(one.type, max(one.start, start), min(one.end, end), one.confidence)
        for one in findings
        if one.start < end and one.end > start
    }
    return tuple(sorted(parts, key=_by_offset))


def _by_offset(finding: CheckFinding) -> tuple[int, int, str, float]:
    return finding.start, finding.end, finding.type, finding.confidence
