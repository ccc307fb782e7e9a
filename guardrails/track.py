"""One check of one stream: the windows it was asked about, what is open, and how its runs ended."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from guardrails.check import CheckSetting
from guardrails.events import CheckCost, CheckResult, Unscanned
from guardrails.guardrail import Checkpoint
from guardrails.plan import PlannedCheck
from guardrails.segmenter import Boundary


class Window(msgspec.Struct, gc=False):
    """Text a check was asked about. expires_at_ms: None until the request has gone out."""

    start: int
    end: int
    expires_at_ms: int | None = None


class Tally(msgspec.Struct, gc=False):
    """How the runs of one check ended, and what they cost."""

    runs: int = 0
    errors: int = 0
    timeouts: int = 0
    skipped: int = 0
    latency_ms: float = 0.0
    calls: int = 0
    cached: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0

    def add(self, result: CheckResult) -> None:
        """Count one run."""
        self.runs += 1
        self.errors += result.status == "failed"
        self.timeouts += result.status == "timed_out"
        self.skipped += result.status == "skipped"
        self.latency_ms += result.latency_ms
        self.calls += result.attempts
        self.cached += result.cached
        self.prompt_tokens += result.prompt_tokens
        self.completion_tokens += result.completion_tokens

    def cost(self) -> CheckCost:
        """Return the part that is no property of the text."""
        return CheckCost(
            *(round(self.latency_ms, 3), self.calls, self.cached),
            *(self.prompt_tokens, self.completion_tokens),
        )


class Track:
    """One check of one stream. Its windows lie side by side: all before the first open one is
    decided.

    asked_to: end of the last window. open: windows without an answer, by request id.
    """

    __slots__ = ("_answered", "asked_to", "check", "open", "tally")

    def __init__(self, check: PlannedCheck) -> None:
        self.check = check
        self.asked_to = 0
        self.open: dict[str, Window] = {}
        # Answers about text that is not released: they count only if the stream goes so far.
        self._answered: list[tuple[Window, CheckResult]] = []
        self.tally = Tally()

    @property
    def setting(self) -> CheckSetting:
        """Return what the policy says of the check."""
        return self.check.setting

    @property
    def at_end(self) -> bool:
        """Whether it is asked once, about the whole stream."""
        return self.check.setting.checkpoint is Checkpoint.END

    @property
    def decided_to(self) -> int:
        """Return how far every window has its answer."""
        for window in self.open.values():
            return window.start
        return self.asked_to

    def wants(self, boundary: Boundary) -> bool:
        """Tell whether the check is still to be asked about the text up to a boundary."""
        if self.at_end or self.asked_to >= boundary.offset:
            return False
        return boundary.paragraph or self.setting.checkpoint is Checkpoint.SENTENCE

    def windows(self, boundaries: Iterable[Boundary], to: int, *, ended: bool) -> Iterator[int]:
        """Yield where the next windows end. ended: the last one ends at `to`."""
        for boundary in boundaries:
            if boundary.offset > to:
                break
            if self.wants(boundary):
                yield boundary.offset
        if ended:
            yield to

    def ask(self, end: int, began_at_ms: int) -> str | None:
        """Open the window that ends there; return its id, or None if there is no text in it."""
        if end <= self.asked_to:
            return None
        name = write_id(began_at_ms, self.check.id, self.asked_to, end)
        self.open[name] = Window(self.asked_to, end)
        self.asked_to = end
        return name

    def answer(self, result: CheckResult) -> Window | None:
        """Close the window of an answer; None if it is not open."""
        window = self.open.pop(result.id, None)
        if window is not None:
            self._answered.append((window, result))
        return window

    def expires_at_ms(self) -> int | None:
        """Return when the first window is given up; they are asked, and so given up, in order."""
        for window in self.open.values():
            if window.expires_at_ms is not None:
                return window.expires_at_ms
        return None

    def expired(self, stream_id: str, clock_ms: int) -> Iterator[CheckResult]:
        """Yield an answer for each window that will get none. clock_ms: of the answers' log."""
        for name, window in self.open.items():
            if window.expires_at_ms is not None and window.expires_at_ms <= clock_ms:
                yield CheckResult(
                    *(name, stream_id, self.check.id, "timed_out"),
                    *(window.expires_at_ms, self.setting.deadline_ms),
                    reason="no answer came",
                )

    def overdue(self, stream_id: str, clock_ms: int) -> list[CheckResult]:
        """Return what `expired` yields, each once: it is on its way to the answers' log."""
        results = list(self.expired(stream_id, clock_ms))
        for result in results:
            self.open[result.id].expires_at_ms = None
        return results

    def give_up(self, stream_id: str, reason: str, offset: int = 0) -> list[CheckResult]:
        """Return an answer for each open window that starts at `offset` or later: nobody waits."""
        place = (stream_id, self.check.id)
        deadline_ms = self.setting.deadline_ms
        return [
            CheckResult(name, *place, "skipped", 0, deadline_ms, reason=reason)
            for name, window in self.open.items()
            if window.start >= offset
        ]

    def drop_behind(self, offset: int) -> None:
        """Forget the questions about text from `offset` on: the stream was cut before it."""
        self.open = {name: one for name, one in self.open.items() if one.start < offset}

    def count(self, to: int) -> Iterator[Unscanned]:
        """Count the answers about text before `to`; yield what was not scanned of it."""
        waiting = []
        for window, result in self._answered:
            if window.start >= to:
                waiting.append((window, result))
                continue
            self.tally.add(result)
            if result.status != "done":
                yield Unscanned(
                    window.start, result.status, end=window.end, guardrail=self.check.id
                )
        self._answered = waiting

    def snapshot(self) -> tuple[Any, ...]:
        """Return the state as immutable primitives."""
        windows = tuple((name, *msgspec.structs.astuple(one)) for name, one in self.open.items())
        answered = msgspec.json.encode(self._answered) if self._answered else b""
        return (self.asked_to, windows, answered, msgspec.structs.astuple(self.tally))

    @classmethod
    def restore(cls, saved: tuple[Any, ...], check: PlannedCheck) -> Track:
        """Continue from a snapshot."""
        track = cls(check)
        track.asked_to, windows, answered, tally = saved
        track.open = {name: Window(*fields) for name, *fields in windows}
        track.tally = Tally(*tally)
        if answered:
            kind = list[tuple[Window, CheckResult]]
            track._answered = msgspec.json.decode(answered, type=kind)
        return track


def write_id(began_at_ms: int, guardrail: str, start: int, end: int) -> str:
    """Return the id of a question: the same whenever the same text of a stream is asked about.

    began_at_ms: log time of the stream's first chunk, so that its id may be used again one day.

    >>> write_id(1700, "judge", 0, 120)
    '1700:judge:0-120'
    """
    return f"{began_at_ms}:{guardrail}:{start}-{end}"


def read_start(name: str) -> int | None:
    """Return where the text of a question begins; None for what is no id.

    >>> read_start("1700:judge:17-120"), read_start("judge")
    (17, None)
    """
    start, dash, _ = name.rpartition(":")[2].partition("-")
    return int(start) if dash and start.isdecimal() else None
