"""Unmodified SDKs of the vendors, pointed at the proxy: what is found never reaches them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import anthropic
import openai
import pytest
from google import genai
from google.genai import types

from tests.connectors.gateway.proxy import replies
from tests.connectors.gateway.proxy.provider import Provider
from tests.gateway import Client, Gateway

TEXT = "Pay with 4111 1111 1111 1111 today, and write to nobody. Thank you, and good-bye."
SAFE = TEXT.replace("4111 1111 1111 1111", "[CREDIT_CARD]")
SECRET = "We call it Project Nightjar, and it starts in May."
STRICT = {"X-Tidegate-Policy": "gateway"}
SIZES = [1, 3, 7, 100]


def cut(text: str, size: int) -> list[str]:
    return [text[at : at + size] for at in range(0, len(text), size)]


@pytest.fixture
def sdk(proxy: Gateway) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{proxy.url}/v1", api_key="k", max_retries=0) as client:
        yield client


@pytest.fixture
def claude(proxy: Gateway) -> Iterator[anthropic.Anthropic]:
    with anthropic.Anthropic(base_url=proxy.url, api_key="k", max_retries=0) as client:
        yield client


@pytest.fixture
def google(proxy: Gateway) -> Iterator[genai.Client]:
    client = genai.Client(api_key="k", http_options=types.HttpOptions(base_url=proxy.url))
    yield client
    client.close()


def ask(sdk: openai.OpenAI, **more: Any) -> Any:
    return sdk.chat.completions.create(
        model="m", messages=[{"role": "user", "content": "x"}], **more
    )


def joined(stream: Any) -> tuple[str, list[str]]:
    text, reasons = "", []
    for chunk in stream:
        for choice in chunk.choices:
            text += choice.delta.content or ""
            if choice.finish_reason:
                reasons.append(choice.finish_reason)
    return text, reasons


@pytest.mark.parametrize("size", SIZES)
def test_a_card_cut_anywhere_is_redacted_in_a_chat(
    sdk: openai.OpenAI, provider: Provider, size: int
) -> None:
    provider.plays(*replies.chat(cut(TEXT, size)))
    assert joined(ask(sdk, stream=True)) == (SAFE, ["stop"])
    assert provider.seen[0].headers["Authorization"] == "Bearer k"
    assert not [name for name in provider.seen[0].headers if name.lower().startswith("x-tidegate")]


def test_each_choice_is_guarded_by_itself(sdk: openai.OpenAI, provider: Provider) -> None:
    provider.plays(*replies.chat(cut(TEXT, 5), choices=3))
    texts = ["", "", ""]
    for chunk in ask(sdk, stream=True, n=3):
        for choice in chunk.choices:
            texts[choice.index] += choice.delta.content or ""
    assert texts == [SAFE] * 3


@pytest.mark.parametrize("size", SIZES)
def test_a_block_ends_a_chat_well_formed_with_the_safe_text_kept(
    sdk: openai.OpenAI, provider: Provider, size: int
) -> None:
    provider.plays(*replies.chat(cut(SECRET, size)), pause_s=0.001)
    text, reasons = joined(ask(sdk, stream=True, extra_headers=STRICT))
    assert (text, reasons) == ("We call it ", ["content_filter"])


def test_a_blocked_reply_is_not_read_on(sdk: openai.OpenAI, provider: Provider) -> None:
    provider.plays(*replies.chat(cut(SECRET + " more and more" * 500, 20)), pause_s=0.01)
    joined(ask(sdk, stream=True, extra_headers=STRICT))
    assert provider.left.wait(5)


def test_a_chat_that_is_not_streamed_is_guarded_too(sdk: openai.OpenAI, provider: Provider) -> None:
    provider.plays(replies.chat_body(TEXT), content_type="application/json")
    answer = ask(sdk)
    assert answer.choices[0].message.content == SAFE
    assert answer.usage.total_tokens == 3
    provider.plays(replies.chat_body(SECRET), content_type="application/json")
    answer = ask(sdk, extra_headers=STRICT)
    assert answer.choices[0].message.content == "We call it "
    assert answer.choices[0].finish_reason == "content_filter"


@pytest.mark.parametrize("size", SIZES)
def test_arguments_of_tools_are_guarded_and_stay_json(
    sdk: openai.OpenAI, provider: Provider, size: int
) -> None:
    arguments = json.dumps({"note": 'say "4111 1111 1111 1111" twice', "n": 2})
    provider.plays(*replies.chat_tool("pay", cut(arguments, size)))
    said = ""
    for chunk in ask(sdk, stream=True):
        for call in chunk.choices[0].delta.tool_calls or ():
            said += call.function.arguments
    assert json.loads(said) == {"note": 'say "[CREDIT_CARD]" twice', "n": 2}


@pytest.mark.parametrize("size", SIZES)
def test_a_message_of_anthropic_is_guarded(
    claude: anthropic.Anthropic, provider: Provider, size: int
) -> None:
    call: dict[str, Any] = {
        "model": "m",
        "max_tokens": 9,
        "messages": [{"role": "user", "content": "x"}],
    }
    provider.plays(*replies.messages(cut(TEXT, size)))
    with claude.messages.stream(**call) as stream:
        final = stream.get_final_message()
    assert (final.content[0].text, final.stop_reason) == (SAFE, "end_turn")
    assert provider.seen[0].headers["x-api-key"] == "k"
    provider.plays(*replies.messages(cut(SECRET, size)))
    with claude.messages.stream(**call, extra_headers=STRICT) as stream:
        final = stream.get_final_message()
    assert (final.content[0].text, final.stop_reason) == ("We call it ", "refusal")


@pytest.mark.parametrize("size", SIZES)
def test_responses_of_gemini_are_guarded(
    google: genai.Client, provider: Provider, size: int
) -> None:
    provider.plays(*replies.gemini(cut(TEXT, size)))
    chunks = list(google.models.generate_content_stream(model="m", contents="x"))
    assert "".join(chunk.text or "" for chunk in chunks) == SAFE
    assert provider.seen[0].headers["x-goog-api-key"] == "k"
    assert "key=" not in provider.seen[0].path


def test_gemini_without_events_is_one_array(proxy: Gateway, provider: Provider) -> None:
    provider.plays(*replies.gemini(cut(TEXT, 7), array=True), content_type="application/json")
    client = Client(proxy.url, **{"x-goog-api-key": "k"})
    answer = client.http.post("/v1beta/models/m:streamGenerateContent", content=b"{}").json()
    parts = [part for one in answer for part in one["candidates"][0]["content"]["parts"]]
    assert "".join(part["text"] for part in parts) == SAFE
    client.http.close()


def test_an_error_of_the_provider_reaches_its_sdk(sdk: openai.OpenAI, provider: Provider) -> None:
    body = json.dumps({"error": {"message": "slow down", "type": "x", "code": "y"}}).encode()
    provider.plays(body, content_type="application/json", status=429)
    with pytest.raises(openai.RateLimitError, match="slow down"):
        ask(sdk, stream=True)


def test_a_provider_is_asked_again_only_before_it_answers(
    sdk: openai.OpenAI, provider: Provider
) -> None:
    provider.plays(*replies.chat(["Hello."]), fails=2)
    assert joined(ask(sdk, stream=True))[0] == "Hello."
    assert len(provider.seen) == 3
    provider.plays(*replies.chat(["Hello. ", "And"])[:3], cut_off=True)
    with pytest.raises(openai.APIError):
        joined(ask(sdk, stream=True))
    assert len(provider.seen) == 1


def test_frames_nobody_knows_end_the_reply_and_are_audited(
    sdk: openai.OpenAI, provider: Provider, proxy: Gateway
) -> None:
    odd = b'data: {"id":"c1","object":"tool.output","payload":{"x":"4111 1111 1111 1111"}}\n\n'
    frames = replies.chat(["Hello there. ", "More."])
    provider.plays(*frames[:2], odd, *frames[2:])
    raw = sdk.chat.completions.with_raw_response.create(
        model="m", messages=[{"role": "user", "content": "x"}], stream=True
    )
    stream_id = raw.headers["x-tidegate-stream"]
    shown: list[str] = []
    with pytest.raises(openai.APIError):
        shown.extend(chunk.choices[0].delta.content or "" for chunk in raw.parse())
    assert "4111" not in "".join(shown)
    client = Client(proxy.url)
    audits = [e["data"] for e in client.events(stream_id) if e["type"] == "audit"]
    assert audits[0]["content"]["unscanned"]
    assert "4111" not in json.dumps(audits)
    client.http.close()


def test_a_caller_that_leaves_leaves_an_audit_record(
    sdk: openai.OpenAI, provider: Provider, proxy: Gateway
) -> None:
    provider.plays(*replies.chat(["One two three. "] * 200), pause_s=0.02)
    raw = sdk.chat.completions.with_raw_response.create(
        model="m", messages=[{"role": "user", "content": "x"}], stream=True
    )
    stream = raw.parse()
    next(chunk for chunk in stream if chunk.choices[0].delta.content)
    stream.close()
    assert provider.left.wait(5)
    client = Client(proxy.url)
    told = list(client.events(raw.headers["x-tidegate-stream"], detail="concise"))
    audit = next(event["data"] for event in told if event["type"] == "audit")
    assert audit["transport"]["ended_by"] == "aborted"
    client.http.close()


def test_the_stream_that_is_told_is_the_one_of_what_is_said(
    sdk: openai.OpenAI, provider: Provider, proxy: Gateway
) -> None:
    thoughts = replies.chat(["Shall I say 4111 1111 1111 1111?"])
    thoughts = [frame.replace(b'"content"', b'"reasoning_content"') for frame in thoughts[1:-2]]
    frames = replies.chat(cut(TEXT, 5))
    told = {
        "thinks": [frames[0], *thoughts, *frames[1:]],
        "calls": replies.chat_tool("pay", ['{"card": "4111 1111 1111 1111"}']),
    }
    client = Client(proxy.url)
    chars = {}
    for name, pieces in told.items():
        provider.plays(*pieces)
        raw = sdk.chat.completions.with_raw_response.create(
            model="m", messages=[{"role": "user", "content": "x"}], stream=True
        )
        for _ in raw.parse():
            pass
        events = client.events(raw.headers["x-tidegate-stream"])
        audit = next(event["data"] for event in events if event["type"] == "audit")
        assert audit["transport"]["ended_by"] == "final"
        chars[name] = audit["content"]["chars"]
    assert chars == {"thinks": len(TEXT), "calls": 0}
    client.http.close()


def test_a_policy_nobody_loaded_is_an_error_before_the_provider_is_asked(
    sdk: openai.OpenAI, provider: Provider
) -> None:
    provider.plays(*replies.chat(["a"]))
    with pytest.raises(openai.UnprocessableEntityError, match="no policy 'nope' is loaded"):
        ask(sdk, extra_headers={"X-Tidegate-Policy": "nope"})
    assert not provider.seen


def test_a_body_that_is_none_is_an_error_before_the_provider_is_asked(
    proxy: Gateway, provider: Provider
) -> None:
    provider.plays(*replies.chat(["a"]))
    client = Client(proxy.url, Authorization="Bearer k")
    for body in (b"{bad", b"[]", b""):
        answer = client.http.post("/v1/chat/completions", content=body)
        assert answer.status_code == 400
        assert "not a JSON object" in answer.json()["error"]["message"]
    assert not provider.seen
    client.http.close()


def test_what_a_model_wrote_stands_in_no_error(sdk: openai.OpenAI, provider: Provider) -> None:
    error = {"message": "no such tool", "code": "tool_use_failed", "failed_generation": "4111 1111"}
    provider.plays(
        json.dumps({"error": error}).encode(), content_type="application/json", status=400
    )
    with pytest.raises(openai.BadRequestError, match="no such tool") as caught:
        ask(sdk)
    assert "4111" not in caught.value.response.text
    assert caught.value.code == "tool_use_failed"


def test_what_sdks_ask_for_that_is_not_guarded_is_told_in_their_words(sdk: openai.OpenAI) -> None:
    with pytest.raises(openai.NotFoundError, match="not guarded is not passed on"):
        sdk.embeddings.create(model="m", input="x")
    with pytest.raises(openai.NotFoundError, match=r"docs/proxy\.md"):
        sdk.models.list()


def test_what_is_not_guarded_is_not_passed_on(proxy: Gateway, provider: Provider) -> None:
    provider.plays(b"{}", content_type="application/json")
    client = Client(proxy.url)
    assert client.post("/v1beta/models/m:embedContent").status_code == 404
    assert client.post("/v1/embeddings").status_code == 404
    assert client.post("/v1/chat/completions").status_code == 401
    assert not provider.seen
    client.http.close()
