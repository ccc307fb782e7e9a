"""After a campaign: what stands in the logs against what must stand there."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from guardrails.events import Audit, Verdict
from guardrails.reader import ProtocolError, Reader
from tests.chaos.evidence import Logs, place_of
from tests.chaos.expected import Expected, expect
from tests.chaos.heard import Heard
from tests.chaos.reader import PlainReader

# start, end, text, rule or None
Span = tuple[int, int, str, str | None]

_HARMLESS_LETTERS = {"after-end", "no-beginning"}


@dataclass
class Found:
    """differences: what must not be, in words; the rest counts what there was."""

    differences: list[str] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)


def verify(logs: Logs) -> Found:
    """Compare every stream, every reader and every question."""
    found = Found()
    for name, records in logs.topics.items():
        found.counts[name] = len(records)
    for stream_id in logs.chunks:
        heard = logs.heard(stream_id)
        if heard is None:
            found.counts["streams that never began"] += 1
            if stream_id in logs.audits:
                found.differences.append(f"{stream_id}: audited, and never began")
            continue
        _Stream(logs, stream_id, heard, found).verify()
    for stream_id in set(logs.audits) - set(logs.chunks):
        found.differences.append(f"{stream_id}: audited, and nobody sent it")
    _verify_requests(logs, found)
    for letters in logs.letters.values():
        for letter in letters:
            found.counts[f"dead letters: {letter['reason']}"] += 1
            if letter["reason"] not in _HARMLESS_LETTERS:
                found.differences.append(f"dead letter: {letter['reason']}: {letter['detail']}")
    return found


def _verify_requests(logs: Logs, found: Found) -> None:
    """Every question has an answer in the log, or the audit says that it has none."""
    ids = {
        place_of(request): request
        for requests in logs.requests.values()
        for request in requests.values()
    }
    found.counts["questions"] = len(ids)
    for place, request in ids.items():
        logged = logs.results.get(place)
        if logged is not None:
            found.counts[f"answers: {logged[1]['status']}"] += 1
            continue
        found.counts["questions without an answer in the log"] += 1
        listed = _listed(logs.audits.get(request["stream_id"], [])[-1:])
        if (request["guardrail"], request["start"], request["end"]) not in listed:
            found.differences.append(f"{place}: lost: no answer, and the audit does not list it")


def _listed(audits: Sequence[dict[str, Any]]) -> set[tuple[str, int, int]]:
    return {
        (one["guardrail"], one["offset"], one["end"])
        for audit in audits
        for one in audit["content"]["unscanned"]
        if "guardrail" in one
    }


def _joined(spans: Iterable[Span]) -> list[Span]:
    """Plain text in one span, however it was cut."""
    joined: list[Span] = []
    for start, end, text, rule in spans:
        if joined and rule is None and joined[-1][3] is None and joined[-1][1] == start:
            joined[-1] = (joined[-1][0], end, joined[-1][2] + text, None)
        else:
            joined.append((start, end, text, rule))
    return joined


class _Stream:
    def __init__(self, logs: Logs, stream_id: str, heard: Heard, found: Found) -> None:
        self._logs, self._id, self._heard, self._found = logs, stream_id, heard, found
        self._plan = logs.force.plan(heard.policy, heard.began_at_ms)

    def _differs(self, what: str) -> None:
        self._found.differences.append(f"{self._id} ({self._plan.policy.name}): {what}")

    def verify(self) -> None:
        counts = self._found.counts
        counts["streams"] += 1
        counts[f"streams of policy {self._plan.policy.name}"] += 1
        audits = self._logs.audits.get(self._id, [])
        if not audits:
            self._differs("stuck: no audit record")
            return
        counts["audit records repeated"] += len(audits) - 1
        contents = {json.dumps(one["content"], sort_keys=True) for one in audits}
        if len(contents) > 1:
            self._differs(f"{len(contents)} audit records that contradict each other")
        expected = expect(
            self._heard,
            self._plan,
            lambda *place: self._logs.answer(self._id, self._heard.began_at_ms, *place),
        )
        counts[f"outcome {expected.answer.outcome}"] += 1
        counts[f"ended by {self._heard.ended_by}"] += 1
        counts["gaps"] += len(self._heard.gaps)
        self._count_answers(expected)
        self._verify_audit(audits[-1], expected)
        self._verify_readers(expected)
        self._verify_scanned(audits[-1])

    def _count_answers(self, expected: Expected) -> None:
        """Count how the questions ended that count; the others were about text behind a cut."""
        for name, start, end in expected.asked:
            place = (self._id, self._heard.began_at_ms, name, start, end)
            status, _ = self._logs.answer(*place)
            self._found.counts[f"questions that count: {status}"] += 1
            if status != "done":
                self._found.reasons[self._logs.reason(*place)] += 1

    def _verify_audit(self, audit: dict[str, Any], expected: Expected) -> None:
        if audit["policy_version"] != self._plan.version:
            self._differs(f"judged by {audit['policy_version']}, not {self._plan.version}")
            return
        content = msgspec.convert(audit, Audit).content
        answer = expected.answer
        said = {
            "outcome": content.outcome,
            "chars": content.chars,
            "reason": None if content.reason is msgspec.UNSET else content.reason,
            "released": content.released,
            "redacted": content.redacted,
            "findings": [
                (one.start, one.end, one.rule, one.action, one.mode, one.confidence)
                for one in content.findings
            ],
            "unscanned": [
                tuple(
                    None if value is msgspec.UNSET else value
                    for value in (
                        *(one.offset, one.end, one.reason, one.guardrail),
                        *(one.first_missing_seq, one.last_missing_seq),
                    )
                )
                for one in content.unscanned
            ],
        }
        wanted = {
            "outcome": answer.outcome,
            "chars": answer.chars,
            "reason": expected.reason,
            "released": expected.released,
            "redacted": expected.redacted,
            "findings": [
                (one.start, one.end, one.rule, one.action, one.mode, one.confidence)
                for one in sorted(answer.findings)
            ],
            "unscanned": expected.unscanned,
        }
        for check, runs in expected.runs.items():
            record = content.guardrails[check]
            said[check] = (record.runs, record.errors, record.timeouts, record.skipped)
            wanted[check] = (runs.runs, runs.failed, runs.timed_out, runs.skipped)
        for name, value in wanted.items():
            if said[name] != value:
                self._differs(f"{name} is {said[name]}, must be {value}")

    def _verify_readers(self, expected: Expected) -> None:
        """Both readers see every character once, and those the oracle says."""
        plain, ours = PlainReader(), Reader()
        shown: list[Span] = []
        for verdict in self._logs.verdicts.get(self._id, []):
            self._found.counts["verdicts read"] += 1
            plain.read(verdict)
            try:
                for one in ours.read(msgspec.convert(verdict, Verdict)):
                    rule = None if one.rule is msgspec.UNSET else one.rule
                    shown.append((one.start, one.end, one.text, rule))
            except ProtocolError as error:
                self._differs(str(error))
        for fault in plain.faults:
            self._differs(fault)
        if ours.gaps:
            self._differs(f"the reader has gaps: {ours.gaps}")
        wanted = _joined(expected.answer.shown)
        for name, spans in (("the plain reader", plain.shown), ("our reader", shown)):
            seen = _joined(spans)
            if seen != wanted:
                at = next(
                    (mine[0] for mine, due in zip(seen, wanted, strict=False) if mine != due),
                    min(len(seen), len(wanted)),
                )
                self._differs(f"{name} sees something else from {at} on")
        self._found.counts["characters shown"] += sum(end - start for start, end, *_ in wanted)

    def _verify_scanned(self, audit: dict[str, Any]) -> None:
        """Nothing that was asked about, and not answered in time, is called scanned."""
        listed = _listed([audit])
        cut = audit["content"]["chars"]
        for request in self._logs.requests.get(self._id, {}).values():
            place = (request["guardrail"], request["start"], request["end"])
            status, _ = self._logs.answer(self._id, self._heard.began_at_ms, *place)
            if request["start"] < cut and status != "done" and place not in listed:
                self._differs(f"{place} was not scanned ({status}) and is not listed")
