"""What fails at a provider: SDKs are told in the words of its API, and nothing stays open."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import anthropic
import httpx
import openai
import pytest
from google import genai
from google.genai import errors, types

from tests.connectors.gateway.proxy import replies
from tests.connectors.gateway.proxy.provider import Provider
from tests.gateway import Client, Gateway, running

JSON = "application/json"
ODD = '{"object": "tool.output", "payload": {"said": "4111 1111 1111 1111"}}'
# Answers that are not streamed and cannot be guarded.
UNREADABLE = {
    "broken": b'{"id": broken',
    "empty": b"",
    "unknown": ODD.encode(),
    "deep": b'{"id": ' + b"[" * 700 + b'"4111 1111 1111 1111"' + b"]" * 700 + b"}",
}
Ask = Callable[[str], Any]


def ask_chat(url: str, max_retries: int = 0) -> Any:
    with openai.OpenAI(base_url=f"{url}/v1", api_key="k", max_retries=max_retries) as sdk:
        return sdk.chat.completions.create(model="m", messages=[{"role": "user", "content": "x"}])


def ask_responses(url: str) -> Any:
    with openai.OpenAI(base_url=f"{url}/v1", api_key="k", max_retries=0) as sdk:
        return sdk.responses.create(model="m", input="x")


def ask_claude(url: str, max_retries: int = 0) -> Any:
    with anthropic.Anthropic(base_url=url, api_key="k", max_retries=max_retries) as sdk:
        messages: Any = [{"role": "user", "content": "x"}]
        return sdk.messages.create(model="m", max_tokens=9, messages=messages)


def ask_gemini(url: str) -> Any:
    sdk = genai.Client(api_key="k", http_options=types.HttpOptions(base_url=url))
    try:
        return sdk.models.generate_content(model="m", contents="x")
    finally:
        sdk.close()


ASKS: dict[str, Ask] = {
    "chat": ask_chat,
    "responses": ask_responses,
    "messages": ask_claude,
    "gemini": ask_gemini,
}


def stream_chat(url: str) -> list[str]:
    with openai.OpenAI(base_url=f"{url}/v1", api_key="k", max_retries=0) as sdk:
        chunks: Any = sdk.chat.completions.create(
            model="m", messages=[{"role": "user", "content": "x"}], stream=True
        )
        return [chunk.choices[0].delta.content for chunk in chunks]


def stream_claude(url: str) -> list[str]:
    with anthropic.Anthropic(base_url=url, api_key="k", max_retries=0) as sdk:
        messages: Any = [{"role": "user", "content": "x"}]
        with sdk.messages.stream(model="m", max_tokens=9, messages=messages) as stream:
            return list(stream.text_stream)


def stream_gemini(url: str) -> list[str]:
    sdk = genai.Client(api_key="k", http_options=types.HttpOptions(base_url=url))
    try:
        chunks = sdk.models.generate_content_stream(model="m", contents="x")
        return [chunk.text or "" for chunk in chunks]
    finally:
        sdk.close()


# How it is asked, its frames, and how many of them come before the one that cannot be read.
STREAMS: dict[str, tuple[Ask, list[bytes], int]] = {
    "chat": (stream_chat, replies.chat(["Hello. ", "More."]), 2),
    "messages": (stream_claude, replies.messages(["Hello. ", "More."]), 4),
    "gemini": (stream_gemini, replies.gemini(["Hello. ", "More."]), 1),
}


def post(url: str, timeout_s: float = 30.0, **headers: str) -> httpx.Response:
    """A chat as no SDK retries it."""
    return httpx.post(
        f"{url}/v1/chat/completions",
        json={},
        headers={"Authorization": "Bearer k", **headers},
        timeout=timeout_s,
        trust_env=False,
    )


@pytest.fixture(scope="module")
def small(provider: Provider, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """A gateway that takes one reply a user, 1,000 characters a day, and little else at once."""
    limits: Path = tmp_path_factory.mktemp("small") / "limits.yaml"
    limits.write_text("default: {user_streams: 1, user_chars_per_day: 1000}")
    with running(
        TIDEGATE_PROXY_OPENAI_URL=f"{provider.url}/v1",
        TIDEGATE_GATEWAY_MAX_WAITING="10",
        TIDEGATE_GATEWAY_LIMITS_FILE=str(limits),
    ) as gateway:
        yield gateway


@pytest.mark.parametrize("name", ASKS)
@pytest.mark.parametrize("kind", UNREADABLE)
def test_an_answer_that_cannot_be_guarded_is_an_error_of_every_sdk(
    proxy: Gateway, provider: Provider, name: str, kind: str
) -> None:
    provider.plays(UNREADABLE[kind], content_type=JSON)
    with pytest.raises((openai.APIStatusError, anthropic.APIStatusError, errors.APIError)) as told:
        ASKS[name](proxy.url)
    status = told.value.code if name == "gemini" else told.value.status_code
    assert status == 502
    assert "it was stopped there" in str(told.value)
    assert "4111" not in str(told.value)


@pytest.mark.parametrize("name", ASKS)
def test_an_answer_that_is_cut_off_is_an_error_of_every_sdk(
    proxy: Gateway, provider: Provider, name: str
) -> None:
    provider.plays(replies.chat_body("Hello.")[:30], content_type=JSON, cut_off=True)
    with pytest.raises((openai.APIStatusError, anthropic.APIStatusError, errors.APIError)) as told:
        ASKS[name](proxy.url)
    assert "the provider did not send this reply to its end" in str(told.value).lower()


@pytest.mark.parametrize("ask", [ask_chat, ask_claude])
def test_an_answer_that_nobody_can_read_is_not_asked_for_again(
    proxy: Gateway, provider: Provider, ask: Callable[[str, int], Any]
) -> None:
    provider.plays(ODD.encode(), content_type=JSON)
    with pytest.raises((openai.APIStatusError, anthropic.APIStatusError)):
        ask(proxy.url, 2)
    assert len(provider.seen) == 1
    # One that was cut off may be whole the next time.
    provider.plays(ODD.encode()[:5], content_type=JSON, cut_off=True)
    with pytest.raises((openai.APIStatusError, anthropic.APIStatusError)):
        ask(proxy.url, 1)
    assert len(provider.seen) == 2


@pytest.mark.parametrize("name", STREAMS)
@pytest.mark.parametrize("odd", [b"data: {\n\n", b"data: " + ODD.encode() + b"\n\n"])
def test_a_stream_that_cannot_be_guarded_ends_with_an_error_of_every_sdk(
    proxy: Gateway, provider: Provider, name: str, odd: bytes
) -> None:
    ask, frames, before = STREAMS[name]
    provider.plays(*frames[:before], odd, *frames[before:])
    with pytest.raises((openai.APIError, anthropic.APIError, errors.APIError)) as told:
        ask(proxy.url)
    assert "it was stopped there" in str(told.value)
    assert "4111" not in str(told.value)


def test_such_an_answer_has_its_audit_record(proxy: Gateway, provider: Provider) -> None:
    provider.plays(ODD.encode(), content_type=JSON)
    answer = post(proxy.url)
    assert (answer.status_code, answer.headers["content-type"]) == (502, JSON)
    client = Client(proxy.url)
    events = list(client.events(answer.headers["x-tidegate-stream"]))
    audit = next(event["data"] for event in events if event["type"] == "audit")
    assert audit["content"]["unscanned"]
    assert audit["transport"]["ended_by"] == "aborted"
    assert "4111" not in json.dumps(events)
    client.http.close()


def test_an_error_of_the_provider_is_read_to_its_end(proxy: Gateway, provider: Provider) -> None:
    body = json.dumps({"error": {"message": "slow down " * 500, "type": "x"}}).encode()
    provider.plays(
        *(body[:40], body[40:3_000], body[3_000:]), content_type=JSON, status=429, pause_s=0.1
    )
    answer = post(proxy.url)
    assert (answer.status_code, answer.content) == (429, body)


@pytest.mark.parametrize(
    ("pieces", "cut_off"), [([b""], True), ([b'{"error": {"mess'], True), ([b" " * 70_000], False)]
)
def test_an_error_that_cannot_be_read_is_one_of_the_api(
    proxy: Gateway, provider: Provider, pieces: list[bytes], cut_off: bool
) -> None:
    headers = {"retry-after": "7"}
    provider.plays(*pieces, content_type=JSON, status=429, cut_off=cut_off, headers=headers)
    answer = post(proxy.url)
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "7")
    assert answer.json()["error"]["message"].startswith("the provider answered 429")
    with pytest.raises(openai.RateLimitError, match="its error cannot be read"):
        ask_chat(proxy.url)


def test_headers_of_a_provider_are_passed_on_as_the_bytes_they_are(
    small: Gateway, provider: Provider
) -> None:
    headers = {"openai-organization": "Zürich ☃"}
    for streamed in (True, False):
        body = replies.chat(["Hello."]) if streamed else [replies.chat_body("Hello.")]
        media_type = "text/event-stream" if streamed else JSON
        provider.plays(*body, content_type=media_type, headers=headers)
        # Two of one user, one after the other: nothing of the first is left.
        answer = post(small.url, **{"X-Tidegate-User-Id": "headers"})
        assert answer.status_code == 200
        raw = dict(answer.headers.raw)
        assert raw[b"openai-organization"] == "Zürich ☃".encode()


def test_a_caller_who_leaves_before_the_answer_begins_leaves_the_provider(
    small: Gateway, provider: Provider
) -> None:
    user = {"X-Tidegate-User-Id": "leaves"}
    provider.plays(replies.chat_body("Hello."), content_type=JSON, thinks_s=20.0)
    with pytest.raises(httpx.ReadTimeout):
        post(small.url, 0.5, **user)
    assert provider.left.wait(5)
    # And within an answer that is not streamed.
    body = replies.chat_body("Hello.")
    provider.plays(body[:20], *[b" "] * 200, content_type=JSON, pause_s=0.1)
    with pytest.raises(httpx.ReadTimeout):
        post(small.url, 0.5, **user)
    assert provider.left.wait(5)
    # And within an error.
    provider.plays(b"{", *[b" "] * 200, content_type=JSON, pause_s=0.1, status=500)
    with pytest.raises(httpx.ReadTimeout):
        post(small.url, 0.5, **user)
    assert provider.left.wait(5)
    # Each had its only slot.
    provider.plays(replies.chat_body("Hello."), content_type=JSON)
    assert post(small.url, **user).status_code == 200


def test_replies_that_are_waited_for_turn_no_stream_away(
    small: Gateway, provider: Provider
) -> None:
    provider.plays(replies.chat_body("Hello."), content_type=JSON, thinks_s=2.0)
    asked = [threading.Thread(target=post, args=(small.url,)) for _ in range(12)]
    for one in asked:
        one.start()
    client = Client(small.url)
    deadline = time.monotonic() + 5
    while len(provider.seen) < len(asked):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert client.post("/v1/stream/start").status_code == 200
    client.http.close()
    for one in asked:
        one.join()


def test_what_a_reply_says_is_counted_and_the_next_one_is_refused(
    small: Gateway, provider: Provider
) -> None:
    user = {"X-Tidegate-User-Id": "talks"}
    provider.plays(*replies.chat(["One two three. "] * 200))
    answer = post(small.url, **user)
    # It is let through to its end.
    assert answer.text.endswith("data: [DONE]\n\n")
    assert answer.text.count("One two three.") == 200
    refused = post(small.url, **user)
    assert refused.status_code == 429
    assert "user-chars-per-day" in refused.json()["error"]["message"]
    assert len(provider.seen) == 1
    assert post(small.url, **{"X-Tidegate-User-Id": "listens"}).status_code == 200
