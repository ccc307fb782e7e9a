"""Asks a moderation service with OpenAI's interface."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from connectors.checks.answer import Answer, CallFailed, Seen
from connectors.checks.client import Client, join_url
from connectors.checks.credentials import read_headers
from guardrails.check import write_type
from guardrails.checks.moderation import KNOWN_CATEGORIES, ModerationOptions

# 32: OpenAI's limit for one request is of tokens, not texts; 32 replies stay below it.
MAX_BATCH = 32
# 100,000 code points: some 25,000 tokens; longer texts are refused by the service anyway.
MAX_CHARS = 100_000


class _Result(Struct):
    category_scores: dict[str, Annotated[float, Meta(ge=0, le=1)]]


class _Moderations(Struct):
    results: list[_Result]


class Moderation:
    """One moderation service of a policy; one call for a list of texts."""

    max_batch = MAX_BATCH
    max_chars = MAX_CHARS

    def __init__(self, options: ModerationOptions, environ: Mapping[str, str]) -> None:
        """Raises SettingError when a secret is missing."""
        self._options = options
        named = (*KNOWN_CATEGORIES, *options.categories)
        self._types = {category: write_type(category) for category in named}
        url = join_url(str(options.url), "moderations")
        self._client = Client("POST", url, read_headers(options, environ))
        self.concurrency = options.max_concurrency
        self.max_attempts = options.max_attempts

    async def ask(self, texts: Sequence[str], timeout_s: float) -> Sequence[Answer]:
        """Return an answer for each text, in their order. Raises CallFailed."""
        body = {"model": self._options.model, "input": list(texts)}
        response = await self._client.ask(body, timeout_s)
        try:
            results = msgspec.convert(response, _Moderations).results
        except msgspec.ValidationError:
            raise CallFailed("the response is no list of moderations", unwell=True) from None
        if len(results) != len(texts):
            raise CallFailed(
                f"the service answered on {len(results)} texts, expected {len(texts)}", unwell=True
            )
        return [Answer(tuple(self._read(result))) for result in results]

    async def close(self) -> None:
        """Close all connections."""
        await self._client.close()

    def _read(self, result: _Result) -> Iterator[Seen]:
        options = self._options
        for category in options.categories:
            if category not in result.category_scores:
                raise CallFailed(f"the service gives no score for category '{category}'")
        for category, score in result.category_scores.items():
            if options.only_listed and category not in options.categories:
                continue
            if score >= options.categories.get(category, options.threshold):
                yield Seen(self._types.get(category), score)
