"""How well a model tells topics apart for the check `topics`: a row of the table in docs/checks.md.

`python -m benchmarks.likeness --directory /models/m` or `--url http://localhost:11434/v1 --model
m`, with the API key in TIDEGATE_LIKENESS_KEY where the service wants one. The vectors come the way
the check gets them. Each text is compared with each topic, plainly (the cosine with the middle of
the examples) and as the check does it.
"""

from __future__ import annotations

import argparse
import asyncio
import os
from collections.abc import Iterator, Mapping, Sequence
from random import Random

from benchmarks.likeness_sentences import EXAMPLES, OTHER, TO_BE_FOUND
from connectors.checks.checkers import open_embedder
from connectors.checks.embedder import Embedder
from connectors.checks.likeness import Likeness, Vector
from connectors.checks.settings import ChecksSettings
from guardrails.checks.background import BACKGROUND
from guardrails.checks.topics import TopicsOptions

_TIMEOUT_S = 60.0
_THRESHOLDS = (0.25, 0.3, 0.35, 0.4)
# Sentences of one paragraph.
_TOGETHER = 3

# Score, and whether the text is of the topic.
Pair = tuple[float, bool]


def main() -> None:
    """Measure one model and print its figures."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.likeness")
    parser.add_argument("--directory", help="of a static model")
    parser.add_argument("--url", help="the base of a service, with --model")
    parser.add_argument("--model")
    given = {name: value for name, value in vars(parser.parse_args()).items() if value}
    if "url" in given and "TIDEGATE_LIKENESS_KEY" in os.environ:
        given["api_key_env"] = "TIDEGATE_LIKENESS_KEY"
    options = TopicsOptions.model_validate({"topics": EXAMPLES} | given)
    asyncio.run(_measure(options))


async def _measure(options: TopicsOptions) -> None:
    embedder = open_embedder(options, os.environ, ChecksSettings())
    try:
        background = await _embed(embedder, BACKGROUND)
        examples = {name: await _embed(embedder, each) for name, each in EXAMPLES.items()}
        seen = Likeness(background, examples)
        # From nowhere: the plain cosine.
        nowhere = [[0.0] * len(background[0])]
        plain = Likeness(nowhere, examples)
        for what, texts, others in (
            ("sentences", TO_BE_FOUND, OTHER),
            (f"paragraphs of {_TOGETHER}", *_paragraphs()),
        ):
            vectors = {name: await _embed(embedder, each) for name, each in texts.items()}
            away = await _embed(embedder, others)
            print(f"{what}: AUC, plain {_mean_auc(plain, vectors, away):.3f}, ", end="")
            print(f"as the check sees them {_mean_auc(seen, vectors, away):.3f}")
            for threshold in _THRESHOLDS:
                print(f"  at {threshold}: {_describe(seen, vectors, away, threshold)}")
    finally:
        await embedder.close()


async def _embed(embedder: Embedder, texts: Sequence[str]) -> list[list[float]]:
    vectors: list[list[float]] = []
    for start in range(0, len(texts), embedder.max_texts):
        some = texts[start : start + embedder.max_texts]
        vectors += (await embedder.embed(some, _TIMEOUT_S)).vectors
    return vectors


def _paragraphs() -> tuple[dict[str, list[str]], list[str]]:
    random = Random(0)

    def join(sentences: Sequence[str], count: int) -> list[str]:
        return [" ".join(random.sample(sentences, _TOGETHER)) for _ in range(count)]

    return {name: join(each, 12) for name, each in TO_BE_FOUND.items()}, join(OTHER, 60)


def _pairs(
    likeness: Likeness, texts: Mapping[str, Sequence[Vector]], others: Sequence[Vector]
) -> Iterator[tuple[str, Pair]]:
    """Yield each topic with each text, and whether they belong together."""
    for name, vectors in (*texts.items(), ("", others)):
        for vector in vectors:
            for topic, score in likeness.scores(vector).items():
                yield topic, (score, topic == name)


def _mean_auc(
    likeness: Likeness, texts: Mapping[str, Sequence[Vector]], others: Sequence[Vector]
) -> float:
    """Return how often a text of a topic scores higher than any other, in the mean of topics."""
    pairs = list(_pairs(likeness, texts, others))
    areas = []
    for topic in texts:
        own = [score for name, (score, right) in pairs if name == topic and right]
        other = [score for name, (score, right) in pairs if name == topic and not right]
        higher = sum((a > b) + (a == b) / 2 for a in own for b in other)
        areas.append(higher / len(own) / len(other))
    return sum(areas) / len(areas)


def _describe(
    likeness: Likeness,
    texts: Mapping[str, Sequence[Vector]],
    others: Sequence[Vector],
    threshold: float,
) -> str:
    pairs = [pair for _, pair in _pairs(likeness, texts, others)]
    found = _share([score >= threshold for score, right in pairs if right])
    wrong = _share([score >= threshold for score, right in pairs if not right])

    def are_away(vectors: Sequence[Vector]) -> list[bool]:
        return [max(likeness.scores(vector).values()) < threshold for vector in vectors]

    astray = _share(are_away(others))
    lost = _share([each for vectors in texts.values() for each in are_away(vectors)])
    return f"found {found}, wrongly {wrong}; away {astray}, wrongly {lost}"


def _share(hits: Sequence[bool]) -> str:
    return f"{sum(hits) / len(hits):.1%}"


if __name__ == "__main__":
    main()
