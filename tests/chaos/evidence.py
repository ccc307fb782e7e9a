"""The logs of a campaign by stream: what came, what was said, what was asked and answered."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import msgspec

from guardrails.events import ACTIVATION_LEAD_MS, CheckFinding
from tests.chaos.expected import Counted
from tests.chaos.heard import Heard, hear
from tests.chaos.logs import Logged
from tests.chaos.policies import Activated, InForce


class Logs:
    """The topics of a campaign, by stream. policies: those the flow was started with."""

    def __init__(self, topics: dict[str, list[Logged]], policies: dict[str, str]) -> None:
        self.topics = topics
        self.force = InForce(policies, [_activation(one) for one in topics["policies"]])
        self.chunks: dict[str, list[tuple[int, dict[str, Any]]]] = defaultdict(list)
        for one in topics["chunks"]:
            self.chunks[one.key.decode()].append((one.timestamp_ms, json.loads(one.value)))
        self.verdicts = _by_key(topics["verdicts"])
        self.audits = _by_key(topics["audit"])
        self.letters = _by_key(topics["dead-letters"])
        # By id of a question; the first answer in the log is the one.
        self.results: dict[str, tuple[int, dict[str, Any]]] = {}
        for one in topics["results"]:
            result = json.loads(one.value)
            self.results.setdefault(place_of(result), (one.timestamp_ms, result))
        # By stream and id of a question.
        self.requests: dict[str, dict[str, dict[str, Any]]] = defaultdict(dict)
        for one in topics["checks"]:
            event = json.loads(one.value)
            if event["kind"] == "request":
                self.requests[event["stream_id"]][event["id"]] = event

    def heard(self, stream_id: str) -> Heard | None:
        """What came of a stream's chunks."""
        return hear(self.chunks[stream_id], self.force.limits)

    def answer(self, stream_id: str, began_at_ms: int, name: str, start: int, end: int) -> Counted:
        """How the answer to a question counts."""
        logged = self.results.get(f"{stream_id} {began_at_ms}:{name}:{start}-{end}")
        if logged is None:
            return "timed_out", ()
        at_ms, result = logged
        status = result["status"]
        if status == "done" and at_ms > result["requested_at_ms"] + result["deadline_ms"]:
            return "timed_out", ()
        return status, msgspec.convert(result["findings"], list[CheckFinding])

    def reason(self, stream_id: str, began_at_ms: int, name: str, start: int, end: int) -> str:
        """Why there is no answer, in the words of who gave none."""
        logged = self.results.get(f"{stream_id} {began_at_ms}:{name}:{start}-{end}")
        if logged is None:
            return "nothing stands in the log"
        return logged[1].get("reason", "the answer came behind its deadline")

    @staticmethod
    def unaudited(chunks: Sequence[Logged], audits: Sequence[Logged]) -> set[bytes]:
        """Streams whose first chunk came and whose audit record did not."""
        began = {one.key for one in chunks if json.loads(one.value)["seq"] == 0}
        return began - {one.key for one in audits}

    @staticmethod
    def unanswered(checks: Sequence[Logged], results: Sequence[Logged]) -> set[str]:
        """Questions without any answer in the log."""
        asked = {
            place_of(event)
            for one in checks
            if (event := json.loads(one.value))["kind"] == "request"
        }
        return asked - {place_of(json.loads(one.value)) for one in results}


def place_of(event: dict[str, Any]) -> str:
    """What names a question among those of all streams."""
    return f"{event['stream_id']} {event['id']}"


def _activation(record: Logged) -> Activated:
    event = json.loads(record.value)
    return record.timestamp_ms + event.get("lead_ms", ACTIVATION_LEAD_MS), event["source"]


def _by_key(records: Sequence[Logged]) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for one in records:
        found[one.key.decode()].append(json.loads(one.value))
    return found
