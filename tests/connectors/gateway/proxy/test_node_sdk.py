"""The openai client for Node, unmodified, pointed at the proxy."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.connectors.gateway.proxy import replies
from tests.connectors.gateway.proxy.provider import Provider
from tests.connectors.gateway.proxy.test_sdks import SAFE, SECRET, TEXT, cut
from tests.gateway import Gateway
from tests.node import run_node

PROGRAM = Path(__file__).with_name("openai_client.mjs")
MODULES = Path(__file__).parents[4] / ".node" / "node_modules"


def ask(base: str, kind: str, policy: str = "") -> dict[str, Any]:
    if not (MODULES / "openai").is_dir():
        pytest.skip("NOT RUN: the openai client for Node is not in .node/; put it there: make node")
    (row,) = run_node(PROGRAM, str(MODULES), f"{base}/v1", kind, policy)
    answer: dict[str, Any] = row
    return answer


@pytest.mark.parametrize("size", [1, 7])
def test_node_gets_the_redacted_chat(provider: Provider, proxy: Gateway, size: int) -> None:
    provider.plays(*replies.chat(cut(TEXT, size)))
    assert ask(proxy.url, "chat") == {"text": SAFE, "reasons": ["stop"]}


def test_node_gets_what_it_would_get_where_nothing_is_found(
    provider: Provider, proxy: Gateway
) -> None:
    provider.plays(*replies.chat(cut("Nothing to see here, 你好 👩🏽‍🚀.", 2)))
    assert ask(proxy.url, "chat") == ask(provider.url, "chat")


def test_node_sees_a_block_as_the_api_ends_replies(provider: Provider, proxy: Gateway) -> None:
    blocked = {"text": "We call it ", "reasons": ["content_filter"]}
    provider.plays(*replies.chat(cut(SECRET, 5)))
    assert ask(proxy.url, "chat", "gateway") == blocked
    provider.plays(replies.chat_body(SECRET), content_type="application/json")
    assert ask(proxy.url, "whole", "gateway") == blocked
