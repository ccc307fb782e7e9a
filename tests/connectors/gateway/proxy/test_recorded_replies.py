"""Every recorded reply over the proxy: the vendors' clients make the same of it."""

from __future__ import annotations

import random
import re
from typing import Any

import httpx
import pytest

from connectors.providers.rewriting import DIALECTS
from tests.connectors.gateway.proxy.provider import Provider
from tests.connectors.providers.recorded import api, cut, recorded
from tests.connectors.providers.rewriting.clients import READ, as_events
from tests.gateway import Client, Gateway

pytestmark = pytest.mark.data
# Clients warn of fields and blocks they do not know.
CLIENT_WARNINGS = pytest.mark.filterwarnings("ignore")

PATHS = {
    "openai.chat": "/v1/chat/completions",
    "openai.responses": "/v1/responses",
    "anthropic.messages": "/v1/messages",
    "google.generateContent": "/v1beta/models/m:streamGenerateContent?alt=sse",
}


def comparable(result: Any) -> Any:
    """What a client makes of a reply, but for the second in which a frame was made: texts of one
    reply are decided each in its own time, and a frame of one may overtake one of another.
    """
    if "identity" in result:
        result = {**result, "identity": sorted({str(one) for one in result["identity"]})}
        if result["final"] is not None:
            result["final"] = {**result["final"], "created": None}
    return result


def marks(data: bytes) -> set[bytes]:
    """What stands in a reply that looks like a redaction, or like its end by a filter."""
    return set(re.findall(rb"\[[A-Z_]{4,}\]|content_filter", data))


@CLIENT_WARNINGS
@pytest.mark.parametrize("every", [3, pytest.param(1, marks=pytest.mark.long)])
@pytest.mark.parametrize("name", DIALECTS)
def test_a_client_gets_over_the_proxy_what_it_gets_directly(
    name: str, every: int, provider: Provider, proxy: Gateway
) -> None:
    chance = random.Random(name)
    compared, different, found = 0, [], 0
    caller = Client(proxy.url, authorization="Bearer k")
    for row in [row for row in recorded() if api(row) == name][::every]:
        data = as_events(row)
        pieces = list(cut(data, [chance.randint(1, 4_000) for _ in range(len(data) // 1_000)]))
        provider.plays(*pieces)
        got = caller.http.post(PATHS[name], content=b"{}").content
        if marks(got) - marks(data):
            found += 1
            continue
        compared += 1
        if comparable(READ[name]([got])) != comparable(READ[name]([data])):
            different.append(row["id"])
    caller.http.close()
    print(f"{name}: {compared} replies the same but {len(different)}; {found} with findings")
    assert compared > 5
    assert not different


def test_any_cut_of_the_provider_gives_the_same_bytes(provider: Provider, proxy: Gateway) -> None:
    row = next(
        row
        for row in recorded()
        if api(row) == "openai.chat" and 2_000 < len(row.get("raw", "")) < 6_000
    )
    data = as_events(row)
    texts = set()
    with httpx.Client(base_url=proxy.url, trust_env=False) as http:
        for size in (1, 2, 7, 64, len(data)):
            provider.plays(*(data[at : at + size] for at in range(0, len(data), size)))
            answer = http.post(
                PATHS["openai.chat"], content=b"{}", headers={"authorization": "Bearer k"}
            )
            read = READ["openai.chat"]([answer.content])
            texts.add(str(read["final"]))
    assert len(texts) == 1
