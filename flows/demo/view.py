"""The demo's picture: what is shown, held, replaced and cut, while it happens."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Protocol

import msgspec
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.panel import Panel
from rich.text import Text

from flows.demo.answers import Answer
from flows.demo.status import Figures, Status
from guardrails.events import Audit
from guardrails.guardrail import Action

_HELD = "dim underline"
_LABEL = "bold black on yellow"
_CUT = "bold white on red"
_OUTCOMES: Mapping[Action, str] = {
    Action.ALLOW: "green",
    Action.WARN: "cyan",
    Action.REDACT: "yellow",
    Action.BLOCK: "red",
}
# Answers side by side, and rows of text of each: what fits a terminal of 24 rows with a few rows
# left for the finished ones.
AT_ONCE = 3
_MIN_ROWS, _MAX_ROWS = 1, 5
# Of a longer hold only the beginning is drawn, and its length: a key fills the panel otherwise.
_MAX_DRAWN_HOLD = 120
# Terminals do not agree on how wide joined emoji and flags are, and a row that is too wide breaks
# the picture: emoji are drawn side by side, a flag as its two letters.
_SAME_WIDTH = {0x200D: None, 0xFE0F: None} | {0x1F1E6 + n: chr(ord("A") + n) for n in range(26)}
# Borders of a panel, and the lines below all panels.
_PANEL_FRAME, _FOOT_ROWS, _FINISHED_ROWS = 2, 2, 5


class View(Protocol):
    """Is told what happens. `begin` comes from the producer's thread, all else from the flow's."""

    def begin(self, place: int, answer: Answer) -> None:
        """Take note that an answer begins at a place, from 0."""

    def show(self, status: Status) -> None:
        """Show a stream after one more verdict."""

    def finish(self, audit: Audit) -> None:
        """Show how a stream ended."""

    def __enter__(self) -> View:
        """Open the screen."""

    def __exit__(self, *error: object) -> None:
        """Leave the terminal as it was."""


def open_view(console: Console, answers: list[Answer], figures: Figures) -> View:
    """Return a live picture on a terminal, lines of text elsewhere."""
    if console.is_terminal and console.is_interactive:
        return LiveView(console, answers, figures)
    return PlainView(console)


class PlainView:
    """One line for each finding and each stream: for pipes, files and NO_COLOR."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def __enter__(self) -> View:
        """Open the screen: nothing to do."""
        return self

    def __exit__(self, *error: object) -> None:
        """Leave the terminal as it was: nothing to do."""

    def begin(self, place: int, answer: Answer) -> None:
        """Take note that an answer begins."""
        del place
        self._console.print(f"{answer.id:<13} begins   {answer.title}")

    def show(self, status: Status) -> None:
        """Write a line for each finding of the last verdict."""
        if status.seen is None:
            return
        for finding in status.seen.verdict.findings:
            place = f"at {finding.start}-{finding.end}"
            self._console.print(
                f"{status.stream_id:<13} {finding.action:<8} {finding.type} {place}"
            )

    def finish(self, audit: Audit) -> None:
        """Write how a stream ended."""
        self._console.print(
            f"{audit.stream_id:<13} ends     {audit.content.outcome}: {_ending(audit)}"
        )


def _ending(audit: Audit) -> str:
    content, transport = audit.content, audit.transport
    counts: dict[str, int] = {}
    for finding in content.findings:
        counts[finding.type] = counts.get(finding.type, 0) + 1
    found = ", ".join(f"{count} {name}" for name, count in counts.items()) or "nothing found"
    size = f"{content.chars} characters, at most {transport.max_held_chars} held"
    return f"{found}; {size}"


class LiveView:
    """A panel for each answer that is being written; finished ones scroll away above."""

    def __init__(self, console: Console, answers: list[Answer], figures: Figures) -> None:
        """figures: counted elsewhere, shown at the foot."""
        self._console = console
        self._answers = {answer.id: answer for answer in answers}
        self._figures = figures
        self._places: dict[int, Answer] = {}
        self._statuses: dict[str, Status] = {}
        self._finished = 0
        self._lock = threading.Lock()
        self._live = Live(console=console, get_renderable=self._render, refresh_per_second=12)

    def __enter__(self) -> View:
        """Open the screen."""
        self._live.start()
        return self

    def __exit__(self, *error: object) -> None:
        """Leave the last picture and give the cursor back."""
        with self._lock:
            self._places.clear()
        self._live.stop()

    def begin(self, place: int, answer: Answer) -> None:
        """Put an answer at a place."""
        with self._lock:
            self._places[place] = answer

    def show(self, status: Status) -> None:
        """Remember the status for the next picture."""
        with self._lock:
            self._statuses[status.stream_id] = status

    def finish(self, audit: Audit) -> None:
        """Write one line above the panels."""
        style = _OUTCOMES[audit.content.outcome]
        line = Text.assemble(
            (f"{audit.content.outcome:<7}", f"bold {style}"),
            f"{audit.stream_id:<13} ",
            (_ending(audit), "dim"),
        )
        self._finished += 1
        self._console.print(line, overflow="ellipsis", no_wrap=True)

    def _render(self) -> RenderableType:
        with self._lock:
            shown = [
                (answer, self._statuses.get(answer.id, Status(answer.id)))
                for _, answer in sorted(self._places.items())
            ]
        room = self._console.height - _FOOT_ROWS - _FINISHED_ROWS
        rows = room // AT_ONCE - _PANEL_FRAME
        rows = max(_MIN_ROWS, min(rows, _MAX_ROWS))
        panels = [self._panel(answer, status, rows) for answer, status in shown]
        return Group(*panels, self._foot())

    def _panel(self, answer: Answer, status: Status, rows: int) -> Panel:
        held = status.seen.verdict.held if status.seen else 0
        frontier = status.seen.verdict.frontier if status.seen else 0
        width = max(self._console.width - 4, 10)
        text = written(answer, status)
        text.rstrip()
        # Twice the room is enough to fill it, whatever the line breaks.
        lines = text[-2 * rows * width :].wrap(self._console, width)[-rows:]
        body = Text("\n").join(lines)
        body.append("\n" * (rows - len(lines)))
        return Panel(
            body,
            title=Text(answer.title),
            title_align="left",
            subtitle=Text(f"{status.outcome} · frontier {frontier} · held {held}"),
            subtitle_align="right",
            border_style=_OUTCOMES[status.outcome],
        )

    def _foot(self) -> Text:
        figures = self._figures
        return Text.assemble(
            "shown  ",
            ("held back", _HELD),
            "  ",
            ("[REDACTED]", _LABEL),
            "  ",
            ("blocked", _CUT),
            f"   {self._finished}/{len(self._answers)} answers, {figures.verdicts} chunks, "
            f"p50 {figures.quantile_ms(0.5):.1f} ms",
            no_wrap=True,
            overflow="ellipsis",
        )


def written(answer: Answer, status: Status) -> Text:
    """Return a stream's text as a reader sees it, and behind it what is held back."""
    text = Text()
    for segment in status.segments:
        redacted = segment.rule is not msgspec.UNSET
        text.append(segment.text.translate(_SAME_WIDTH), _LABEL if redacted else None)
    verdict = status.seen.verdict if status.seen else None
    if verdict is None:
        return text
    if verdict.action is Action.BLOCK:
        names = ", ".join(finding.type for finding in verdict.findings)
        text.append(f"[blocked: {names}]", _CUT)
        return text
    end = verdict.frontier + verdict.held
    if verdict.held > _MAX_DRAWN_HOLD:
        end = verdict.frontier + _MAX_DRAWN_HOLD
    text.append(answer.plain[verdict.frontier : end].translate(_SAME_WIDTH), _HELD)
    if verdict.held > _MAX_DRAWN_HOLD:
        text.append(f" [{verdict.held:,} characters held back]", "dim")
    return text
