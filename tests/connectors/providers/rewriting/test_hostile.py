"""Whatever an upstream sends: nothing unjudged passes that could be text, and nothing breaks."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest

from connectors.providers.decoder import Decoder
from connectors.providers.events import Path
from connectors.providers.payload import Record
from connectors.providers.rewriting import DIALECTS
from connectors.providers.rewriting.tree import at, with_values
from tests.connectors.providers.recorded import api, recorded
from tests.connectors.providers.rewriting.clients import as_events
from tests.connectors.providers.rewriting.judging import Guard, Proxy
from tests.connectors.providers.rewriting.replies import body, events

pytestmark = pytest.mark.data

# What may hold a planted text and pass all the same: identifiers, and words of the API.
IDENTIFIERS = {
    *("id", "type", "object", "model", "role", "name", "p", "obfuscation", "provider", "phase"),
    *("service_tier", "system_fingerprint", "fingerprint", "finish_reason", "stop_reason"),
    *("native_finish_reason", "stop_sequence", "signature", "thoughtSignature", "severity"),
    *("tool_use_id", "call_id", "item_id", "file_id", "skill_id", "tool_id", "caller_id"),
    *("container_id", "approval_request_id", "responseId", "modelVersion", "createTime"),
    *("expires_at", "version", "server_name", "server_label", "namespace", "media_type"),
    *("encrypted_content", "encrypted_index", "inference_geo", "status", "execution"),
    *("modality", "trafficType", "finishReason", "jsonPath", "category", "probability"),
    *("blockReason", "token_type", "environment"),
    # Pictures, and how they were made.
    *("partial_image_b64", "result", "size", "quality", "background", "output_format"),
    # What a provider says of its own failure.
    *("code", "message"),
}
# What a response repeats of its request.
REQUEST = {
    *("instructions", "tools", "tool_choice", "text", "reasoning", "truncation", "metadata"),
    *("prompt_cache_retention", "prompt_cache_key", "moderation", "content_filters"),
    *("safety_identifier", "background", "conversation", "user"),
}
VALUES: list[Any] = [
    *("x secret-99", 0, -1, 1.5, True, None, [], {}, ["secret-99"], {"a": "secret-99"}, 10**30),
    [{"text": "secret-99"}],
]


@cache
def replies(name: str) -> list[list[Record]]:
    """The payloads of every recorded stream, but for those with pictures."""
    streams = (as_events(row) for row in recorded() if api(row) == name)
    return [
        [one.payload for one in Decoder(name).feed(data) if one.payload is not None]
        for data in streams
        if len(data) < 200_000
    ]


def written(name: str, payloads: list[Record]) -> bytes:
    named = name in ("anthropic.messages", "openai.responses")
    is_named = named and all(isinstance(one.get("type"), str) for one in payloads)
    return events(payloads, named=is_named)


def leaves(node: Any, path: Path = ()) -> Iterator[Path]:
    if isinstance(node, str):
        yield path
    below = enumerate(node) if isinstance(node, list) else ()
    for step, value in node.items() if isinstance(node, dict) else below:
        yield from leaves(value, (*path, step))


def nodes(node: Any, path: Path = ()) -> Iterator[Path]:
    if path:
        yield path
    below = enumerate(node) if isinstance(node, list) else ()
    for step, value in node.items() if isinstance(node, dict) else below:
        yield from nodes(value, (*path, step))


def redacting() -> Guard:
    return Guard(hold=9, redact=r"secret-\d\d")


@pytest.mark.parametrize("name", DIALECTS)
def test_in_every_field_of_every_recorded_frame_a_text_is_judged_or_emptied(name: str) -> None:
    seen, passed = set(), set()
    for payload in (one for reply in replies(name) for one in reply):
        for path in leaves(payload):
            words = tuple(step for step in path if isinstance(step, str))
            key = (str(payload.get("type")), words)
            if key in seen or (words[0] == "response" and words[1] in REQUEST):
                continue
            seen.add(key)
            planted = with_values(payload, [(path, "secret-99")])
            out = Proxy(name, "sse", redacting).run([written(name, [planted])])
            if b"secret" in out:
                passed.add(words[-1])
    assert len(seen) > 20
    assert passed <= IDENTIFIERS


@pytest.mark.parametrize("name", DIALECTS)
def test_no_mutated_stream_breaks_the_rewriter(name: str) -> None:
    chance = random.Random(1)
    for _ in range(400):
        reply = chance.choice(replies(name))[:40]
        for _ in range(chance.randint(1, 3)):
            place = chance.randrange(len(reply))
            path = chance.choice(list(nodes(reply[place])) or [()])
            if path and _is_there(reply[place], path):
                value = (path, chance.choice(VALUES))
                reply = [*reply[:place], with_values(reply[place], [value]), *reply[place + 1 :]]
        if chance.random() < 0.2:
            chance.shuffle(reply)
        hold = chance.choice([0, 3, 50])
        proxy = Proxy(name, "sse", lambda size=hold: Guard(hold=size, redact="e+"))  # type: ignore[misc]
        out = proxy.run([written(name, reply)])
        assert proxy.rewriter.complete
        assert out or not reply


@pytest.mark.parametrize("name", DIALECTS)
def test_no_mutated_answer_breaks_the_rewriter(name: str) -> None:
    answer = json.loads(body(name, "Write to secret-99"))
    for path in nodes(answer):
        for value in VALUES:
            data = json.dumps(with_values(answer, [(path, value)])).encode()
            for guard in (Guard, redacting, lambda: Guard(hold=9, block="secret")):
                proxy = Proxy(name, "json", guard)
                json.loads(proxy.run([data]))


def _is_there(payload: Record, path: Path) -> bool:
    try:
        at(payload, path)
    except (KeyError, IndexError, TypeError):
        return False
    return True
