"""One line per event, for people: words say everything, colour only helps to find it."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec
from rich.text import Text

from guardrails.events import Audit, DeadLetter, Finding, Rollup, Verdict

_STYLES = {"allow": "green", "warn": "yellow", "redact": "magenta", "block": "bold red"}
# The longest text shown of one verdict.
_MAX_TEXT_CHARS = 200


def write_line(topic: str, value: bytes) -> Text:
    """Write one event of a topic. What is no such event is said to be none, and not shown."""
    try:
        if topic == "verdicts":
            return write_verdict(msgspec.json.decode(value, type=Verdict))
        if topic == "audit":
            return write_audit(msgspec.json.decode(value, type=Audit))
        if topic == "audit-rollup":
            return write_rollup(msgspec.json.decode(value, type=Rollup))
        return write_dead_letter(msgspec.json.decode(value, type=DeadLetter))
    except (msgspec.DecodeError, UnicodeDecodeError):
        return Text(f"[{len(value)} bytes that are no event of topic {topic}]", style="red")


def write_verdict(verdict: Verdict) -> Text:
    """Write a verdict: stream, seq, action, what was released, what is held, what was found."""
    line = Text()
    line.append(f"{visible(verdict.stream_id)} #{verdict.seq} ")
    line.append(f"{verdict.action:<6}", style=_STYLES[verdict.action])
    line.append(f" held {verdict.held:<4} ")
    shown = 0
    for segment in verdict.segments:
        redacted = not isinstance(segment.rule, msgspec.UnsetType)
        text = visible(segment.text)[: max(0, _MAX_TEXT_CHARS - shown)]
        shown += len(segment.text)
        line.append(text, style=_STYLES["redact"] if redacted else "")
    if shown > _MAX_TEXT_CHARS:
        line.append("...")
    _append_findings(line, verdict.findings)
    if not isinstance(verdict.reason, msgspec.UnsetType):
        line.append(f" ({verdict.reason})", style="bold red")
    if verdict.state == "complete":
        line.append(" [end]", style="dim")
    return line


def write_audit(audit: Audit) -> Text:
    """Write an audit record: when, which stream, its outcome, its findings, what it cost."""
    content, transport = audit.content, audit.transport
    line = Text()
    line.append(f"{_time(transport.ended_at_ms)} {visible(audit.stream_id)} ")
    line.append(f"{content.outcome:<6}", style=_STYLES[content.outcome])
    line.append(
        f" {content.chars} chars, {content.released} released, {content.redacted} redacted, "
        f"{transport.chunks} chunks, held at most {transport.max_held_chars}, "
        f"ended by {transport.ended_by}, policy {visible(audit.policy)} {audit.policy_version}"
    )
    _append_findings(line, content.findings)
    if content.unscanned:
        line.append(f", {len(content.unscanned)} ranges not scanned", style="bold red")
    return line


def write_rollup(rollup: Rollup) -> Text:
    """Write a rollup: which minute, whose, and what its streams came to."""
    line = Text(f"{_time(rollup.minute_ms)} {visible(rollup.tenant or '-')} ")
    line.append(f"{rollup.streams} streams")
    for outcome, count in rollup.outcomes.items():
        line.append(f", {count} {outcome}", style=_STYLES[outcome])
    found = sum(count for modes in rollup.findings.values() for count in modes.values())
    line.append(
        f", {found + rollup.omitted} findings, {rollup.would_have_blocked} would have blocked, "
        f"{rollup.chars} chars, half took {rollup.duration.p50_ms / 1000:.1f} s or less"
    )
    for count, what in (
        (rollup.unscanned, "with ranges not scanned"),
        (rollup.late, "late"),
        (rollup.too_late, "too late to be counted"),
        (rollup.contradictions, "records that contradict others"),
    ):
        if count:
            line.append(f", {count} {what}", style="bold red")
    return line


def write_dead_letter(letter: DeadLetter) -> Text:
    """Write a dead letter: where it came from and why; never its bytes."""
    line = Text(f"{_time(letter.timestamp_ms)} ")
    line.append(f"{letter.topic}/{letter.partition}@{letter.offset} ")
    line.append(letter.reason, style="bold red")
    line.append(f": {letter.detail} ({letter.size} bytes)")
    return line


def visible(text: str) -> str:
    """Keep control characters of text and of names away from the terminal."""
    return "".join(
        character if character.isprintable() else "⏎" if character == "\n" else "·"
        for character in text
    )


def _append_findings(line: Text, findings: tuple[Finding, ...]) -> None:
    for finding in findings:
        line.append(
            f" {{{finding.type} {finding.rule} {finding.start}-{finding.end} {finding.action}"
            f"{' monitored' if finding.mode == 'monitor' else ''}}}",
            style=_STYLES[finding.action],
        )


def _time(timestamp_ms: int) -> str:
    return datetime.fromtimestamp(timestamp_ms / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
