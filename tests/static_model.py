"""A small model of vectors, learnt in a second from sentences written here, and a service with it.

Words are alike that stand beside the same words: a singular value decomposition of which word
stands in which sentence. What it knows of `roast` it has from the other sentences about cooking.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
from model2vec import StaticModel
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.normalizers import Lowercase
from tokenizers.pre_tokenizers import Whitespace

from guardrails.checks.background import BACKGROUND
from tests.endpoint import Asked, Reply, Script, reply

DIMENSIONS = 24
# Who does what to what with what, by topic: words of one topic stand in one sentence.
_WORDS = {
    "cooking": (
        "cook chef baker grandmother waiter",
        "boils roasts stirs peels fries bakes seasons slices",
        "soup onion potato chicken dough sauce carrot rice",
        "salt butter pepper garlic oil herbs cream flour",
    ),
    "sport": (
        "striker goalkeeper coach champion referee",
        "kicks throws wins defends scores loses trains catches",
        "match ball penalty league final race goal title",
        "team fans stadium whistle trophy helmet boots bench",
    ),
    "computers": (
        "programmer compiler server script developer",
        "compiles deletes loads installs debugs parses prints runs",
        "file program variable function database query string loop",
        "keyboard library error network pointer index array cache",
    ),
}
EXAMPLES = {
    "cooking": ["The chef roasts the chicken with butter.", "The cook stirs the soup with cream."],
    "sport": ["The striker kicks the ball with the team.", "The coach wins the final with fans."],
    "computers": [
        "The script loads the file with an index.",
        "The server runs the query in a loop.",
    ],
}
# No word of them but the smallest stands in the examples of their topic.
OTHERS = {
    "cooking": "My grandmother peels a potato and seasons the dough with garlic and oil.",
    "sport": "The goalkeeper defends the title, and the champion catches a trophy.",
    "computers": "A programmer debugs the function and prints a string to the keyboard.",
}
NEUTRAL = "The leaves turn red in autumn, and the library opens at nine in the evening."


@functools.cache
def _learn() -> tuple[Tokenizer, np.ndarray[Any, Any]]:
    random = Random(5)
    corpus = [
        "the {} {} the {} with {}".format(*(random.choice(words.split()) for words in topic))
        for topic in _WORDS.values()
        for _ in range(150)
    ] + [sentence.lower() for sentence in BACKGROUND]
    split = [re.findall(r"\w+", sentence) for sentence in corpus]
    vocabulary = {word: number for number, word in enumerate(sorted(set().union(*split)))}
    stands = np.zeros((len(vocabulary), len(corpus)))
    for column, words in enumerate(split):
        for word in words:
            stands[vocabulary[word], column] = 1
    weights = np.log(len(corpus) / stands.sum(axis=1))[:, None]
    left, sizes, _ = np.linalg.svd(stands * weights, full_matrices=False)
    vectors = left[:, :DIMENSIONS] * sizes[:DIMENSIONS] * weights
    tokenizer = Tokenizer(WordLevel({**vocabulary, "[UNK]": len(vocabulary)}, unk_token="[UNK]"))
    tokenizer.normalizer = Lowercase()
    tokenizer.pre_tokenizer = Whitespace()
    return tokenizer, np.vstack([vectors, np.zeros(DIMENSIONS)]).astype(np.float32)


def static_model() -> StaticModel:
    """The model."""
    tokenizer, vectors = _learn()
    return StaticModel(vectors, tokenizer)


def save_model(directory: Path) -> str:
    """Save the model; return where."""
    static_model().save_pretrained(directory)
    return str(directory)


def embeddings(vectors: Sequence[Sequence[float]]) -> Reply:
    """What a service answers. The last text comes first: the index says which is which."""
    data = [
        {"object": "embedding", "index": index, "embedding": list(vector)}
        for index, vector in enumerate(vectors)
    ]
    usage = {"prompt_tokens": 7 * len(vectors), "total_tokens": 7 * len(vectors)}
    return reply({"object": "list", "data": data[::-1], "model": "m", "usage": usage})


def embed(texts: Sequence[str]) -> list[list[float]]:
    """The vectors of texts."""
    vectors: list[list[float]] = static_model().encode(list(texts)).astype(float).tolist()
    return vectors


def service() -> Script:
    """A service with the model."""

    def answer(asked: Asked) -> Reply:
        assert asked.path == "/v1/embeddings"
        return embeddings(embed(asked.body["input"]))

    return answer
