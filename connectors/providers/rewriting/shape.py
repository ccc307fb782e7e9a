"""What may stand in a payload, key by key, and what is done with it.

A shape is a table: key to a treatment, or to a table of its own for the objects below; lists have
the shape of their elements. What a reader has found as a text of a channel is not asked about.
Keys a table does not have are treated as its `*` says, `DROP` by default. A table with the key `?`
is chosen from by the object's type, and holds for the other types itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import Enum
from typing import Any, NamedTuple

from connectors.providers.events import Path
from connectors.providers.payload import Record


class Treat(Enum):
    """What is done with a value.

    KEEP: passes: identifiers, words of the API, numbers. ASIDE: its texts are judged, each frame's
    for themselves, and the frame waits. DROP: is removed if it has text, and reported: it could go
    on in the next frame. LOGPROBS: tokens with their probabilities; passes beside the very text of
    the tokens, if that was not changed. OFFSETS: judged as ASIDE, and removed when the text it
    points into was changed. PICTURE: passes, and is reported.
    """

    KEEP = "keep"
    ASIDE = "aside"
    DROP = "drop"
    LOGPROBS = "logprobs"
    OFFSETS = "offsets"
    PICTURE = "picture"


Table = Mapping[str, Any]
Shape = Treat | Table

KEEP, ASIDE, DROP = Treat.KEEP, Treat.ASIDE, Treat.DROP
LOGPROBS, OFFSETS, PICTURE = Treat.LOGPROBS, Treat.OFFSETS, Treat.PICTURE

# What a provider says of a failure: of its words nobody knows whose they are.
ERROR: Shape = {**dict.fromkeys(("type", "code", "param", "status"), KEEP), "*": ASIDE}

# Strings of objects whose texts are judged that are no text: identifiers, words of an API, and
# what only its provider can read.
_WORDS = frozenset(
    [
        *("id", "type", "call_id", "item_id", "tool_use_id", "file_id", "container_id"),
        *("caller_id", "tool_id", "response_id", "media_type", "mime_type", "signature"),
        *("encrypted_content", "encrypted_index", "encrypted_stdout", "fingerprint"),
    ]
)


class Found(NamedTuple):
    """Something in a payload that is not simply kept."""

    path: Path
    treat: Treat


def sift(payload: Record, shape: Shape, covered: frozenset[Path]) -> Iterator[Found]:
    """Yield what of a payload is not simply kept. covered: what channels have.

    ASIDE comes for each text by itself, also below OFFSETS, which comes before its texts.
    """
    return _sift(payload, shape, (), covered)


def _sift(node: Any, shape: Shape, path: Path, covered: frozenset[Path]) -> Iterator[Found]:
    if shape is KEEP or node is None or path in covered:
        return
    if isinstance(node, list):
        if shape is OFFSETS:
            yield from _treat(node, OFFSETS, path, covered)
            return
        if shape is LOGPROBS:
            if node:
                yield Found(path, LOGPROBS)
            return
        for place, value in enumerate(node):
            yield from _sift(value, shape, (*path, place), covered)
    elif isinstance(shape, Treat):
        yield from _treat(node, shape, path, covered)
    elif isinstance(node, dict):
        kind = node.get("type")
        table: Table = shape.get("?", {}).get(kind if isinstance(kind, str) else "", shape)
        other = table.get("*", DROP)
        for key, value in node.items():
            yield from _sift(value, table.get(key, other), (*path, key), covered)
    else:
        yield from _treat(node, shape.get("*", DROP), path, covered)


def _treat(node: Any, treat: Treat, path: Path, covered: frozenset[Path]) -> Iterator[Found]:
    texts = list(_texts(node, path, covered))
    if node and (treat in (LOGPROBS, OFFSETS) or (texts and treat in (DROP, PICTURE))):
        yield Found(path, treat)
    if treat in (ASIDE, OFFSETS):
        yield from (Found(where, ASIDE) for where in texts)


def _texts(node: Any, path: Path, covered: frozenset[Path]) -> Iterator[Path]:
    """Yield where texts stand at and below a node, identifiers left out."""
    if path in covered:
        return
    if isinstance(node, str):
        if node.strip():
            yield path
    elif isinstance(node, list):
        for place, value in enumerate(node):
            yield from _texts(value, (*path, place), covered)
    elif isinstance(node, dict):
        picture = node.get("type") == "base64"
        for key, value in node.items():
            if key not in _WORDS and not (picture and key == "data"):
                yield from _texts(value, (*path, key), covered)
