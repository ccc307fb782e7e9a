"""The checks of one stream: what they are asked, and how far their answers have come.

Checks that hold text back are asked about text as soon as the rules have cleared it; all others
about text that readers have, so that what they are asked depends on the text alone. Checks of the
whole stream are asked last, when everything before has decided where it ends.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from guardrails.check import GRACE_MS
from guardrails.events import (
    CheckCost,
    CheckEvent,
    CheckRequest,
    CheckResult,
    Context,
    Segment,
    Unscanned,
)
from guardrails.feed import Feed
from guardrails.plan import END_OF_TEXT, Plan, PlannedCheck
from guardrails.segmenter import Boundary, Segmenter
from guardrails.track import Tally, Track, Window, read_start

# Answers that came before their question, which only a replay makes: more than ever are open.
MAX_EARLY_ANSWERS = 1_000
# Windows without an answer that are listed one by one; the audit has to fit one Kafka record.
MAX_LISTED_UNSCANNED = 1_000
# Text for checks of whole streams is published in pieces of at least so many code points: a record
# costs as much as some hundred of them.
PIECE_CHARS = 1_000


class Checking:
    """What one stream asks and has asked. `take` hands out what is to be published.

    cleared_to: rules have decided the text before. ended: no more text will be cleared. over:
    where the stream ends is decided for good. blocks_at: it ends there or before, as a finding
    says that still waits for checks of the text before. unscanned: text whose check was not done.
    """

    __slots__ = (
        *("_asking", "_began_at_ms", "_boundaries", "_early", "_feed", "_plan", "_segmenter"),
        *("_tracks", "blocks_at", "cleared_to", "ended", "over", "unscanned"),
    )

    def __init__(self, plan: Plan, began_at_ms: int) -> None:
        self._plan = plan
        self._began_at_ms = began_at_ms
        self._tracks = {check.id: Track(check) for check in plan.checks}
        # None where every check waits for the end.
        self._segmenter = Segmenter() if plan.asks_windows else None
        # Ends of sentences that some check has not been asked up to yet.
        self._boundaries: list[Boundary] = []
        self._feed = Feed(keeps_original=plan.asks_original)
        # Guardrail and id of the questions that have not gone out.
        self._asking: list[tuple[str, str]] = []
        self._early: dict[str, tuple[CheckResult, int]] = {}
        self.blocks_at = END_OF_TEXT
        self.cleared_to = 0
        self.ended = False
        self.over = False
        self.unscanned: list[Unscanned] = []

    def clear(self, segments: Sequence[Segment], original: str, *, ended: bool) -> None:
        """Take text the rules have decided. original: the same span as it was written."""
        if self.ended:
            return
        if segments:
            self.feed(segments, original)
        if ended:
            self.ended = True
            self._feed.due_to = self.cleared_to
        if ended or self._boundaries:
            self._ask_windows(holding=True, to=self.cleared_to, ended=ended)

    def feed(self, segments: Sequence[Segment], original: str) -> None:
        """Take text the rules have decided, in the middle of the stream."""
        self.cleared_to = segments[-1].end
        self._feed.add(segments, original)
        if self._segmenter is not None:
            self._find_boundaries(self._segmenter, original)
        elif self.cleared_to - self._feed.due_to >= PIECE_CHARS:
            self._feed.due_to = self.cleared_to

    def _find_boundaries(self, segmenter: Segmenter, original: str) -> None:
        boundaries = segmenter.push(original)
        for boundary in boundaries:
            # A segment that was replaced is one thing, whatever stood in it.
            if not self._feed.replaces(boundary.offset):
                self._boundaries.append(boundary)
                self._feed.due_to = boundary.offset

    def divide(self) -> None:
        """End every window here: what follows is not joined with what came before."""
        if self.ended:
            return
        if self._segmenter is not None:
            self._segmenter = Segmenter(self.cleared_to)
        if self.cleared_to > self._feed.due_to:
            self._boundaries.append(Boundary(self.cleared_to, paragraph=True))
            self._feed.due_to = self.cleared_to
            self._ask_windows(holding=True, to=self.cleared_to, ended=False)

    def frontier(self) -> int:
        """Return how far all holding checks have decided, but those that wait for the end."""
        tracks = self._select(holding=True, at_end=False)
        return min((track.decided_to for track in tracks), default=self.cleared_to)

    def ask_end(self, end: int) -> bool:
        """Ask the holding checks of the whole stream about it; tell whether all have answered."""
        answered = True
        for track in self._select(holding=True, at_end=True):
            if not track.asked_to:
                self._ask(track, end)
            answered = answered and not track.open
        return answered

    @property
    def waits_for_end(self) -> bool:
        """Whether a check of the whole stream holds all of it back."""
        return bool(self._select(holding=True, at_end=True))

    def release(self, offset: int, *, over: bool, counts_to: int = END_OF_TEXT) -> None:
        """Learn what readers have: checks that only watch are asked about it.

        over: nothing more will be released. counts_to: what was asked from here on was about text
        behind a cut.
        """
        if over or self._boundaries:
            self._ask_windows(holding=False, to=offset, ended=over)
        if over:
            for track in self._select(holding=False, at_end=True):
                self._ask(track, offset)
            for track in self._tracks.values():
                track.drop_behind(counts_to)
        self.over = over
        for track in self._tracks.values():
            for missed in track.count(counts_to if over else offset):
                if len(self.unscanned) < MAX_LISTED_UNSCANNED:
                    self.unscanned.append(missed)

    def _select(self, *, holding: bool, at_end: bool) -> list[Track]:
        return [
            track
            for track in self._tracks.values()
            if track.check.holds is holding and track.at_end is at_end
        ]

    def _ask_windows(self, *, holding: bool, to: int, ended: bool) -> None:
        for track in self._select(holding=holding, at_end=False):
            for end in track.windows(self._boundaries, to, ended=ended):
                self._ask(track, end)
        tracks = self._tracks.values()
        while self._boundaries and not any(one.wants(self._boundaries[0]) for one in tracks):
            del self._boundaries[0]

    def _ask(self, track: Track, end: int) -> None:
        name = track.ask(end, self._began_at_ms)
        if name is not None:
            self._asking.append((track.check.id, name))

    def answer(
        self, result: CheckResult, at_ms: int
    ) -> tuple[PlannedCheck, Window, CheckResult] | None:
        """Take an answer; return what it was about, and as what it counts: None if as nothing yet.

        at_ms: the broker's timestamp of the answer. The first answer counts; one to what was not
        asked yet waits; one that came too late has timed out.
        """
        track = self._tracks.get(result.guardrail)
        if track is None:
            return None
        if result.status == "done" and at_ms > result.requested_at_ms + track.setting.deadline_ms:
            result = msgspec.structs.replace(result, status="timed_out", findings=())
        window = track.answer(result)
        if window is not None:
            return track.check, window, result
        start = read_start(result.id)
        if start is not None and start >= track.asked_to and len(self._early) < MAX_EARLY_ANSWERS:
            self._early.setdefault(result.id, (result, at_ms))
        return None

    def early(self) -> tuple[CheckResult, int] | None:
        """Return an answer that came before its question, once that has been asked."""
        if self._early:
            for _, name in self._asking:
                if name in self._early:
                    return self._early.pop(name)
        return None

    def expired(self, stream_id: str, clock_ms: int) -> list[CheckResult]:
        """Return an answer for each question that will get none. clock_ms: of the answers' log."""
        tracks = self._tracks.values()
        return [result for track in tracks for result in track.expired(stream_id, clock_ms)]

    def overdue(self, stream_id: str, clock_ms: int) -> list[CheckResult]:
        """Return what `expired` does, each answer once."""
        tracks = self._tracks.values()
        return [result for track in tracks for result in track.overdue(stream_id, clock_ms)]

    def give_up(self, stream_id: str, reason: str, offset: int = 0) -> list[CheckResult]:
        """Return an answer for each open question about text from `offset` on: nobody waits."""
        tracks = self._tracks.values()
        return [one for track in tracks for one in track.give_up(stream_id, reason, offset)]

    def expires_at_ms(self) -> int | None:
        """Return when the first question is given up; None while none has gone out."""
        times = [track.expires_at_ms() for track in self._tracks.values()]
        return min((at_ms for at_ms in times if at_ms is not None), default=None)

    @property
    def settled(self) -> bool:
        """Whether the stream is over and every question has its answer."""
        return self.over and not any(track.open for track in self._tracks.values())

    @property
    def published(self) -> bool:
        """Whether anything was published about this stream."""
        return self._feed.began

    def tallies(self) -> dict[str, Tally]:
        """Return how the runs ended, by guardrail."""
        return {name: track.tally for name, track in self._tracks.items()}

    def costs(self) -> dict[str, CheckCost]:
        """Return what the runs of each check cost."""
        return {name: track.tally.cost() for name, track in self._tracks.items()}

    @property
    def asks(self) -> bool:
        """Whether there is anything to be published."""
        return bool(self._asking) or self._feed.due

    def take(self, stream_id: str, context: Context, now_ms: int) -> list[CheckEvent]:
        """Hand out the text and the questions that are to be published now.

        now_ms: wall clock. A question expires by the log time of answers, which is the wall clock
        once all answers there are have been read.
        """
        if not self.asks:
            return []
        events: list[CheckEvent] = [self._feed.take(stream_id)] if self._feed.due else []
        for guardrail, name in self._asking:
            track = self._tracks[guardrail]
            window = track.open.get(name)
            # Nobody will see what begins behind a block, whatever a check says of it.
            if window is not None and window.start <= self.blocks_at:
                window.expires_at_ms = now_ms + track.setting.deadline_ms + GRACE_MS
                events.append(self._request(track, name, window, stream_id, context))
        self._asking.clear()
        return events

    def _request(
        self, track: Track, name: str, window: Window, stream_id: str, context: Context
    ) -> CheckRequest:
        return CheckRequest(
            *(name, stream_id, track.check.id, track.setting.checkpoint, window.start, window.end),
            track.check.mode,
            track.setting.deadline_ms,
            self._plan.policy.name,
            self._plan.version,
            context,
        )

    def snapshot(self) -> tuple[Any, ...]:
        """Return the state as immutable primitives."""
        listed = [self.unscanned, list(self._early.values())]
        return (
            *(self._began_at_ms, self.cleared_to, self.ended, self.over),
            None if self._segmenter is None else self._segmenter.snapshot(),
            self._feed.snapshot(),
            *(tuple(map(tuple, self._boundaries)), tuple(self._asking)),
            tuple((name, track.snapshot()) for name, track in self._tracks.items()),
            msgspec.json.encode(listed) if any(listed) else b"",
        )

    @classmethod
    def restore(cls, saved: tuple[Any, ...], plan: Plan) -> Checking:
        """Continue from a snapshot."""
        checking = cls(plan, saved[0])
        _, checking.cleared_to, checking.ended, checking.over, segmenter, feed = saved[:6]
        boundaries, asking, tracks, listed = saved[6:]
        if segmenter is not None:
            checking._segmenter = Segmenter.restore(segmenter)
        checking._feed = Feed.restore(feed, keeps_original=plan.asks_original)
        checking._boundaries = [Boundary(*boundary) for boundary in boundaries]
        checking._asking = list(asking)
        for name, state in tracks:
            track = checking._tracks[name]
            checking._tracks[name] = Track.restore(state, track.check)
        if listed:
            kind = tuple[list[Unscanned], list[tuple[CheckResult, int]]]
            checking.unscanned, early = msgspec.json.decode(listed, type=kind)
            checking._early = {result.id: (result, at_ms) for result, at_ms in early}
        return checking
