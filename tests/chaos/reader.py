"""A reader of verdicts that shares nothing with ours: plain JSON, one offset, twenty lines."""

from __future__ import annotations

from typing import Any


class PlainReader:
    """shown: (start, end, text, rule or None) in order. faults: what should not have come."""

    def __init__(self) -> None:
        self.at = 0
        self.shown: list[tuple[int, int, str, str | None]] = []
        self.faults: list[str] = []

    def read(self, verdict: dict[str, Any]) -> None:
        """Take the next verdict of the stream, repeated or not."""
        for segment in verdict["segments"]:
            start, end, rule = segment["start"], segment["end"], segment.get("rule")
            text = segment["text"]
            if end <= self.at:
                continue
            if start > self.at:
                self.faults.append(f"nothing came between {self.at} and {start}")
            elif start < self.at and rule is not None:
                self.faults.append(f"{start}-{end} is hidden, and was shown up to {self.at}")
            elif start < self.at:
                start, text = self.at, text[self.at - start :]
            self.shown.append((start, end, text, rule))
            self.at = end
