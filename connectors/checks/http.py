"""Asks any service over HTTP, as the policy maps its request and its response."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import Any

from connectors.checks.answer import Answer, CallFailed, Seen
from connectors.checks.client import Client
from connectors.checks.credentials import read_headers
from guardrails.checks.http import HttpOptions, fill_request
from guardrails.checks.json_path import NothingThere, read_path

# A million code points, as the longest reply the shipped policy allows.
MAX_CHARS = 1_000_000
# The most entries that are read; a service that finds more has found the wrong thing.
MAX_ENTRIES = 10_000


class Http:
    """One service of a policy; one call a text."""

    max_batch = 1
    max_chars = MAX_CHARS

    def __init__(self, name: str, options: HttpOptions, environ: Mapping[str, str]) -> None:
        """name: of the guardrail. Raises SettingError when a secret is missing."""
        self._name = name
        self._options = options
        self._client = Client(options.method, str(options.url), read_headers(options, environ))
        self.concurrency = options.max_concurrency
        self.max_attempts = options.max_attempts

    async def ask(self, texts: Sequence[str], timeout_s: float) -> Sequence[Answer]:
        """Return the answer on the one text. Raises CallFailed."""
        (text,) = texts
        body = fill_request(self._options.request, text=text, guardrail=self._name)
        response = await self._client.ask(body, timeout_s)
        return [Answer(tuple(self._read(response, text)))]

    async def close(self) -> None:
        """Close all connections."""
        await self._client.close()

    def _read(self, response: Any, text: str) -> list[Seen]:
        mapping = self._options.response
        if mapping.findings is None:
            return self._read_whole(response)
        entries = _read(response, mapping.findings)
        if not isinstance(entries, list) or len(entries) > MAX_ENTRIES:
            raise CallFailed(
                f"expected a list of at most {MAX_ENTRIES:,} at '{mapping.findings}'", unwell=True
            )
        found = []
        for entry in entries:
            score = self._score(entry)
            if score >= self._options.threshold:
                found.append(Seen(self._type(entry), score, *self._span(entry, text)))
        return found

    def _read_whole(self, response: Any) -> list[Seen]:
        mapping = self._options.response
        score = self._score(response)
        flagged = score >= self._options.threshold
        if mapping.flagged is not None:
            flagged = _read(response, mapping.flagged)
            if not isinstance(flagged, bool):
                raise CallFailed(f"expected true or false at '{mapping.flagged}'", unwell=True)
        return [Seen(self._type(response), score)] if flagged else []

    def _score(self, document: Any) -> float:
        path = self._options.response.score
        if path is None:
            return 1.0
        score = _read(document, path)
        if isinstance(score, bool) or not isinstance(score, int | float) or not 0 <= score <= 1:
            raise CallFailed(f"expected a number from 0 to 1 at '{path}'", unwell=True)
        return float(score)

    def _type(self, document: Any) -> str | None:
        path = self._options.response.type
        label = None if path is None else _read(document, path)
        # Only types the policy knows: what a service sends may be a piece of the text.
        return self._options.types.get(label) if isinstance(label, str) else None

    def _span(self, entry: Any, text: str) -> tuple[int | None, int | None]:
        mapping = self._options.response
        if mapping.start is None or mapping.end is None:
            return None, None
        start, end = _read(entry, mapping.start), _read(entry, mapping.end)
        for offset in (start, end):
            if isinstance(offset, bool) or not isinstance(offset, int):
                raise CallFailed("expected whole numbers as offsets", unwell=True)
        return convert_span(text, start, end, self._options.offsets)


def _read(document: Any, path: str) -> Any:
    try:
        return read_path(document, path)
    except NothingThere:
        raise CallFailed(f"the response has nothing at '{path}'", unwell=True) from None


def convert_span(text: str, start: int, end: int, unit: str) -> tuple[int, int]:
    """Return a span in code points. unit: of the offsets given: code_points, utf16 or utf8.

    A span that begins or ends within a character takes it whole.

    >>> convert_span("a😀b", 1, 3, "utf16"), convert_span("é!", 0, 2, "utf8")
    ((1, 2), (0, 1))
    """
    if unit == "code_points" or text.isascii():
        return start, end
    encoding = "utf-16-le" if unit == "utf16" else "utf-8"
    size = 2 if unit == "utf16" else 1
    # Where each character ends, in the unit of the service.
    ends = list(accumulate(len(character.encode(encoding)) // size for character in text))
    if not 0 <= start < end <= (ends[-1] if ends else 0):
        raise CallFailed("the answer names a place outside of the text")
    return bisect_left(ends, start + 1), bisect_left(ends, end) + 1
