"""Every recorded reply over the proxy: the vendors' clients make the same of it."""

from __future__ import annotations

import random
from typing import Any

import httpx
import pytest

from connectors.providers.decoder import Decoder
from connectors.providers.events import Channel, Delta
from connectors.providers.rewriting import DIALECTS
from guardrails import Session, default_plan
from tests.connectors.gateway.proxy.provider import Provider
from tests.connectors.providers.recorded import Row, api, cut, decode, recorded
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
    """What a client makes of a reply. Which of two texts a frame belongs to that only says when it
    was made is no part of that: texts are decided each in its own time.
    """
    if "identity" in result:
        result = {**result, "identity": sorted({str(one) for one in result["identity"]})}
    return result


def finds_something(row: Row) -> bool:
    """Whether the policy of the proxy has something to say about this reply."""
    texts: dict[Channel, str] = {}
    for event in decode(Decoder(api(row), "sse"), [as_events(row)]):
        if isinstance(event, Delta):
            texts[event.channel] = texts.get(event.channel, "") + event.text
    plan = default_plan()
    for text in texts.values():
        session = Session("s", plan)
        session.push(text, final=True)
        if session.findings:
            return True
    return False


@CLIENT_WARNINGS
@pytest.mark.parametrize("name", DIALECTS)
def test_a_client_gets_over_the_proxy_what_it_gets_directly(
    name: str, provider: Provider, proxy: Gateway
) -> None:
    chance = random.Random(name)
    compared, different, found = 0, [], 0
    caller = Client(proxy.url, authorization="Bearer k")
    for row in recorded():
        if api(row) != name:
            continue
        data = as_events(row)
        if finds_something(row):
            found += 1
            continue
        pieces = list(cut(data, [chance.randint(1, 4_000) for _ in range(len(data) // 1_000)]))
        provider.plays(*pieces)
        got = caller.http.post(PATHS[name], content=b"{}").content
        compared += 1
        if comparable(READ[name]([got])) != comparable(READ[name]([data])):
            different.append(row["id"])
    caller.http.close()
    print(f"{name}: {compared} replies the same but {len(different)}; {found} with findings")
    assert compared > 10
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
