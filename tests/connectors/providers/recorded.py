"""The recorded streams, and how to read them."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

from connectors.providers.decoder import Decoder
from connectors.providers.events import Event
from tests import corpus

Row = dict[str, Any]


@cache
def recorded() -> list[Row]:
    """Every recorded stream of an API that is read."""
    rows = [
        *corpus.rows("streams/recorded_streams.jsonl"),
        *corpus.rows("streams/bedrock_eventstream_b64.jsonl"),
    ]
    return [row for row in rows if row["api"] != "other"]


def raw(row: Row) -> bytes:
    """The bytes as they were received."""
    return row["raw"].encode() if "raw" in row else base64.b64decode(row["raw_b64"])


def api(row: Row) -> str:
    """The API by the name we have for it."""
    if row["framing"] == "aws-eventstream":
        return "bedrock.converse" if "converse-stream" in row["uri"] else "bedrock.invoke"
    return row["api"]


def cut(data: bytes, sizes: Iterable[int]) -> Iterator[bytes]:
    """Cut into pieces of these sizes, the rest in one."""
    at = 0
    for size in sizes:
        yield data[at : at + size]
        at += size
        if at >= len(data):
            return
    yield data[at:]


def decode(decoder: Decoder, pieces: Iterable[bytes]) -> list[Event]:
    """Everything a stream says."""
    decoded = [one for piece in pieces for one in decoder.feed(piece)]
    last, ends = decoder.close()
    return [*(event for one in (*decoded, *last) for event in one.events), *ends]
