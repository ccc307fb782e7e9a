"""The answers the demo streams: read from `examples/answers.yaml`, cut into chunk events."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import msgspec

from guardrails.errors import TidegateError
from guardrails.events import Chunk

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
# A producer cuts here; not part of the text.
CUT = "¦"
# What a tokenizer makes one token of, roughly: two ideographs, a word, three digits, punctuation.
_TOKEN = re.compile(
    r"\n+| *[\u3040-\u30ff\u4e00-\u9fff]{1,2}| *[^\W\d_]{1,8}| *\d{1,3}| *[^\w\s]{1,3}| +|.",
    re.DOTALL,
)
# Of an unordered answer: every so many chunks two change places, and one is sent again.
_SWAP_EVERY = 9
_REPEAT_EVERY = 14


class AnswersError(TidegateError):
    """The answers cannot be read. Next: run from a checkout, or correct the file as it says."""


class Answer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One answer of `examples/answers.yaml`, which describes the fields."""

    id: str
    title: str
    text: str
    producer: Literal["text", "content"] = "text"
    unordered: bool = False
    policy: str | None = None

    @property
    def plain(self) -> str:
        """Return the text without marks."""
        return self.text.replace(CUT, "")

    def pieces(self) -> list[str]:
        """Return the text cut as its producer cuts it.

        >>> Answer("a", "", "My key: gh¦p_x1").pieces()
        ['My', ' key', ':', ' gh', 'p', '_', 'x', '1']
        """
        return [piece for part in self.text.split(CUT) for piece in _TOKEN.findall(part)]

    def chunks(self) -> list[Chunk]:
        """Return the events in the order in which they arrive."""
        pieces = self.pieces()
        last = len(pieces) - 1
        if self.producer == "content":
            whole = [self.plain[: len("".join(pieces[: seq + 1]))] for seq in range(len(pieces))]
            chunks = [
                Chunk(self.id, seq, content=text, final=seq == last, policy=self.policy)
                for seq, text in enumerate(whole)
            ]
        else:
            chunks = [
                Chunk(self.id, seq, text=text, final=seq == last, policy=self.policy)
                for seq, text in enumerate(pieces)
            ]
        return list(_disorder(chunks)) if self.unordered else chunks


def _disorder(chunks: list[Chunk]) -> Iterator[Chunk]:
    shuffled = list(chunks)
    for place in range(_SWAP_EVERY, len(chunks) - 2, _SWAP_EVERY):
        shuffled[place], shuffled[place + 1] = shuffled[place + 1], shuffled[place]
    for place, chunk in enumerate(shuffled):
        yield chunk
        if place % _REPEAT_EVERY == 0:
            yield chunk


def read_answers(path: Path = EXAMPLES / "answers.yaml") -> list[Answer]:
    """Read the answers. Raises AnswersError saying what to do."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        read: Any = YAML(typ="safe").load(path)
        return msgspec.convert(read, list[Answer])
    except OSError as error:
        raise AnswersError(
            f"{path}: cannot be read ({error.strerror}); the answers are in the repository, run "
            "the demo from a checkout after `make install`"
        ) from error
    except (YAMLError, msgspec.ValidationError) as error:
        raise AnswersError(f"{path}: {error}; correct the file") from error
