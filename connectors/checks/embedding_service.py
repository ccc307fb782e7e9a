"""Asks a service with OpenAI's interface for vectors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec
from msgspec import Struct

from connectors.checks.answer import CallFailed
from connectors.checks.client import Client, join_url
from connectors.checks.credentials import read_headers
from connectors.checks.embedder import Embedded, require_vectors
from guardrails.checks.topics import TopicsOptions

# 32: what text-embeddings-inference takes by default; others take more.
MAX_TEXTS = 32
# 32 vectors of 4,096 numbers of 20 digits have 3 MB.
MAX_BODY_BYTES = 8 * 1_048_576


class _Vector(Struct):
    index: int
    embedding: list[float]


class _Usage(Struct, frozen=True):
    prompt_tokens: int = 0


class _Embeddings(Struct):
    data: list[_Vector]
    usage: _Usage = _Usage()


class EmbeddingService:
    """One service of a policy; one call for a list of texts."""

    max_texts = MAX_TEXTS

    def __init__(self, url: str, options: TopicsOptions, environ: Mapping[str, str]) -> None:
        """url: the API's base. Raises SettingError when a secret is missing."""
        self._model = options.model
        self._client = Client(
            *("POST", join_url(url, "embeddings"), read_headers(options, environ)),
            max_body_bytes=MAX_BODY_BYTES,
        )
        self.concurrency = options.max_concurrency
        self.max_attempts = options.max_attempts

    async def embed(self, texts: Sequence[str], timeout_s: float) -> Embedded:
        """Return a vector for each text. Raises CallFailed."""
        # Numbers and not base64, which not every server knows.
        body = {"model": self._model, "input": list(texts), "encoding_format": "float"}
        response = await self._client.ask(body, timeout_s)
        try:
            answer = msgspec.convert(response, _Embeddings)
        except msgspec.ValidationError:
            raise CallFailed("the response is no list of embeddings", unwell=True) from None
        answer.data.sort(key=lambda one: one.index)
        vectors = [one.embedding for one in answer.data]
        require_vectors(vectors, len(texts))
        if [one.index for one in answer.data] != list(range(len(texts))):
            raise CallFailed("the response does not say which vector is of which text", unwell=True)
        return Embedded(vectors, max(0, answer.usage.prompt_tokens))

    async def close(self) -> None:
        """Close all connections."""
        await self._client.close()
