"""Tells what texts are about: vectors of them beside vectors of the policy's examples."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator, Sequence

from connectors.checks.answer import Answer, CallFailed, Seen
from connectors.checks.embedder import Embedded, Embedder
from connectors.checks.likeness import Likeness, Vector
from guardrails.check import write_type
from guardrails.checks.background import BACKGROUND
from guardrails.checks.topics import TopicsOptions

# One call of a service takes as many.
MAX_BATCH = 32
# 200 pieces: seven calls of a service.
MAX_CHARS = 100_000
# Of one call about examples. Whoever asks about a text waits no longer than his own timeout, and
# finds at the next attempt what has been learnt meanwhile.
LEARN_TIMEOUT_S = 30.0


class Topics:
    """The topics of one policy. Their vectors are made once, when it is opened or first asked."""

    max_batch = MAX_BATCH
    max_chars = MAX_CHARS

    def __init__(self, options: TopicsOptions, embedder: Embedder) -> None:
        """Begins to learn the examples."""
        self._options = options
        self._embedder = embedder
        self.concurrency = embedder.concurrency
        self.max_attempts = embedder.max_attempts
        self._topics = {write_type(name): each for name, each in options.topics.items()}
        # Examples whose vectors are there, so that a failure costs no more than one call.
        self._known: dict[str, Vector] = {}
        self._learning = self._begin()

    async def ask(self, texts: Sequence[str], timeout_s: float) -> Sequence[Answer]:
        """Return an answer for each text, in their order. Raises CallFailed."""
        until_s = asyncio.get_running_loop().time() + timeout_s
        likeness = await self._learnt(until_s)
        texts_of_pieces = [list(cut(text, self._options.piece_chars)) for text in texts]
        pieces = list(dict.fromkeys(piece for each in texts_of_pieces for piece in each))
        embedded = await self._embed(pieces, until_s)
        if any(not likeness.fits(vector) for vector in embedded.vectors):
            # Another model answers now: what was learnt is of no use.
            self._known.clear()
            self._learning = self._begin()
            raise CallFailed(
                f"the model's vectors have {len(embedded.vectors[0])} dimensions, those of the "
                f"examples {likeness.dimensions}; the examples are asked for again",
                retryable=True,
                unwell=True,
            )
        # A matter of milliseconds for long lists: others go on meanwhile.
        scored = await asyncio.to_thread(lambda: list(map(likeness.scores, embedded.vectors)))
        scores = dict(zip(pieces, scored, strict=True))
        answers = [
            Answer(tuple(self._judge(text, [scores[piece] for piece in each])))
            for text, each in zip(texts, texts_of_pieces, strict=True)
        ]
        # Counted once, with the first.
        return [Answer(answers[0].seen, embedded.tokens), *answers[1:]]

    async def close(self) -> None:
        """Stop learning; close connections, end processes."""
        self._learning.cancel()
        await asyncio.gather(self._learning, return_exceptions=True)
        await self._embedder.close()

    def _judge(self, text: str, pieces: Sequence[dict[str, float]]) -> Iterator[Seen]:
        """Yield what is found in a text: it is as near a topic as the nearest of its pieces."""
        nearest = {name: max(scores[name] for scores in pieces) for name in self._topics}
        if self._options.find == "near":
            for name, score in nearest.items():
                if score >= self._options.threshold:
                    yield Seen(name, min(score, 1.0))
            return
        score = max(nearest.values())
        if score < self._options.threshold and len(text.strip()) >= self._options.min_chars:
            yield Seen(None, min(1.0, 1.0 - score))

    async def _embed(self, pieces: Sequence[str], until_s: float) -> Embedded:
        """Return the vectors of any number of pieces: as many calls as it takes, one by one.

        until_s: when they have to be there, by the loop's clock.
        """
        size = self._embedder.max_texts
        vectors: list[list[float]] = []
        tokens = 0
        for start in range(0, len(pieces), size):
            left_s = until_s - asyncio.get_running_loop().time()
            if left_s <= 0:
                raise _late("the vectors of the text did not come in time")
            embedded = await self._embedder.embed(pieces[start : start + size], left_s)
            vectors += embedded.vectors
            tokens += embedded.tokens
        return Embedded(vectors, tokens)

    def _begin(self) -> asyncio.Task[Likeness]:
        learning = asyncio.create_task(self._learn())
        # Whoever asks first learns of a failure; without this asyncio would print one nobody asked
        # about.
        learning.add_done_callback(lambda task: task.cancelled() or task.exception())
        return learning

    async def _learnt(self, until_s: float) -> Likeness:
        learning = self._learning
        if learning.done() and (learning.cancelled() or learning.exception() is not None):
            learning = self._learning = self._begin()
        try:
            async with asyncio.timeout_at(until_s):
                return await asyncio.shield(learning)
        except TimeoutError:
            raise _late("the vectors of the examples did not come in time") from None

    async def _learn(self) -> Likeness:
        unlike = self._options.unlike
        examples = [one for each in self._topics.values() for one in each]
        wanted = list(dict.fromkeys((*BACKGROUND, *examples, *unlike)))
        size = self._embedder.max_texts
        while missing := [one for one in wanted if one not in self._known][:size]:
            embedded = await self._embedder.embed(missing, LEARN_TIMEOUT_S)
            self._known.update(zip(missing, embedded.vectors, strict=True))
        known = self._known
        topics = {name: [known[one] for one in each] for name, each in self._topics.items()}
        background = [known[one] for one in BACKGROUND]
        likeness = await asyncio.to_thread(
            Likeness, background, topics, [known[one] for one in unlike]
        )
        self._known = {}
        return likeness


def _late(reason: str) -> CallFailed:
    return CallFailed(reason, retryable=True, unwell=True, timed_out=True)


def cut(text: str, size: int) -> Iterator[str]:
    """Yield the pieces of a text, of at most `size` characters, cut between words where there are
    any. White space alone is no piece.

    >>> list(cut("one two  three", 9))
    ['one two', 'three']
    """
    # The longest run that ends before white space or at the end; else one that cuts a word.
    for found in re.finditer(rf"\S(?:.{{0,{size - 2}}}\S)?(?!\S)|\S{{1,{size}}}", text, re.DOTALL):
        yield found[0]
