"""A guarded reply is what its guards released, in its API's own form, at any cut of the bytes."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from connectors.providers.decoder import Decoder
from connectors.providers.events import Channel, Delta, Finish, Opaque, Stated
from connectors.providers.rewriting import DIALECTS, Judge, Rewriter, Send
from guardrails import Session, default_plan
from guardrails.events import Segment
from tests.connectors.providers.recorded import api, cut, decode, raw, recorded
from tests.connectors.providers.rewriting.clients import READ
from tests.connectors.providers.rewriting.judging import Guard, Proxy
from tests.connectors.providers.rewriting.replies import (
    STREAMS,
    block,
    body,
    chat,
    choice,
    chunk,
    delta,
    events,
    gemini_responses,
    messages,
)

TEXT = Channel("text", "0")
PIECES = ("Write to se", "c", "ret", "-99 today", ", please.")
SAFE = "Write to [LABEL] today, please."
ENDS = {
    "openai.chat": "content_filter",
    "openai.responses": "response.incomplete",
    "anthropic.messages": "refusal",
    "google.generateContent": "SAFETY",
}
every_api = pytest.mark.parametrize("name", DIALECTS)
# Cuts at every seventh byte; at every single one for those who have the time.
some_cuts = pytest.mark.parametrize("every", [7, pytest.param(1, marks=pytest.mark.long)])


def redacting() -> Guard:
    return Guard(hold=9, redact=r"secret-\d\d")


def blocking() -> Guard:
    return Guard(hold=9, block=r"secret-\d\d")


def said(name: str, out: bytes, framing: str = "sse") -> dict[str, str]:
    """The texts of a reply by kind, and how it ended; every frame must be known."""
    found: dict[str, str] = {}
    for event in decode(Decoder(name, framing), [out]):
        assert not isinstance(event, Opaque)
        if isinstance(event, Delta):
            found[event.channel.kind] = found.get(event.channel.kind, "") + event.text
        elif isinstance(event, Stated):
            assert found.get(event.channel.kind) == event.text
        elif isinstance(event, Finish):
            found["finish"] = event.reason
    return found


def text_deltas(out: bytes) -> list[str]:
    return re.findall(r'"content":"([^"]*)"', out.decode())


@every_api
@some_cuts
def test_what_is_replaced_is_replaced_wherever_it_stands_at_any_cut_of_the_bytes(
    name: str, every: int
) -> None:
    data = STREAMS[name](*PIECES)
    finish = said(name, data)["finish"]
    for at in range(0, len(data), every):
        proxy = Proxy(name, "sse", redacting)
        out = proxy.run([data[:at], data[at:]])
        assert b"secret" not in out
        assert said(name, out) == {"text": SAFE, "finish": finish}
        assert not proxy.unscanned


@every_api
@some_cuts
def test_what_is_blocked_ends_well_formed_with_the_safe_text_kept_at_any_cut(
    name: str, every: int
) -> None:
    data = STREAMS[name](*PIECES)
    for at in range(0, len(data), every):
        proxy = Proxy(name, "sse", blocking)
        out = proxy.run([data[:at], data[at:]])
        assert proxy.blocked == Channel("text", "0:0" if name == "openai.responses" else "0")
        assert b"secret" not in out
        assert b"today" not in out
        assert said(name, out) == {"text": "Write to ", "finish": ENDS[name]}
        assert proxy.feed(data) == b""


@every_api
def test_clients_understand_the_end_of_a_blocked_reply(name: str) -> None:
    found = READ[name]([Proxy(name, "sse", blocking).run([STREAMS[name](*PIECES)])])
    assert found.get("error") is None
    shown = json.dumps(found, default=str)
    assert "Write to " in shown
    assert {
        "openai.chat": '"finish_reason": "content_filter"',
        "openai.responses": '"reason": "content_filter"',
        "anthropic.messages": '"stop_reason": "refusal"',
        "google.generateContent": "SAFETY",
    }[name] in shown


@every_api
@pytest.mark.parametrize("hold", [0, 1, 5, 10_000])
def test_whatever_is_held_the_text_is_the_same(name: str, hold: int) -> None:
    data = STREAMS[name](*PIECES)
    out = Proxy(name, "sse", lambda: Guard(hold=hold)).run([data])
    assert said(name, out) == said(name, data)
    if not hold:
        assert out == data


@every_api
def test_verdicts_may_come_as_late_as_they_like(name: str) -> None:
    data = STREAMS[name](*PIECES)
    rewriter = Rewriter(name)
    steps = [*rewriter.feed(data), *rewriter.close()]
    judged = [step for step in steps if isinstance(step, Judge)]
    text = "".join(step.text for step in judged)
    assert text == "".join(PIECES)
    assert not rewriter.complete
    out = b"".join(step.data for step in steps if isinstance(step, Send))
    assert b"secret" not in out
    for at in range(len(text)):
        segment = Segment(at, at + 1, text[at])
        for step in rewriter.release(judged[0].channel, [segment, segment]):
            assert isinstance(step, Send)
            out += step.data
    assert rewriter.complete
    assert said(name, out) == said(name, data)


@every_api
@pytest.mark.parametrize(
    ("frame", "what"),
    [
        (b'event: new.thing\ndata: {"type": "new.thing", "text": "secret-99"}\n\n', "new.thing"),
        (b'data: {"type": "secret 99", "a": "b"}\n\n', "?"),
    ],
)
def test_an_unknown_frame_ends_the_reply_as_failed_and_is_reported(
    name: str, frame: bytes, what: str
) -> None:
    data = STREAMS[name](*PIECES)
    at = data.index(b"Write") + data[data.index(b"Write") :].index(b"\n\n") + 2
    proxy = Proxy(name, "sse", Guard)
    out = proxy.run([data[:at] + frame + data[at:]])
    assert proxy.rewriter.ended
    assert [one.passed for one in proxy.unscanned] == [False]
    assert b"secret" not in out
    assert b"Write to" in out
    assert b"today" not in out
    found = READ[name]([out])
    if name == "openai.responses":
        assert found["events"][-1]["response"]["error"]["code"] == "server_error"
    else:
        assert found["error"]


@every_api
@pytest.mark.parametrize("broken", [b"data: {\n\n", b'data: {"a": 1, "a": 2}\n\n', b"data: {}"])
def test_what_cannot_be_read_ends_the_reply_as_failed(name: str, broken: bytes) -> None:
    data = STREAMS[name](*PIECES)
    proxy = Proxy(name, "sse", Guard)
    out = proxy.run([data[: data.rindex(b"data: ")] + broken])
    assert proxy.rewriter.ended
    assert len(proxy.unscanned) == 1
    assert b"stopped there" in out


@every_api
def test_a_guard_that_does_not_answer_ends_the_reply_as_failed(name: str) -> None:
    rewriter = Rewriter(name)
    list(rewriter.feed(STREAMS[name](*PIECES)))
    failed, *_ = rewriter.fail("unavailable")
    assert isinstance(failed, Send)
    assert b"The guard did not answer" in failed.data
    assert rewriter.complete
    assert not list(rewriter.fail("unavailable"))


@pytest.mark.parametrize(
    "segments",
    [
        [Segment(1, 2, "r")],
        [Segment(0, 99, "W" * 99)],
        [Segment(0, 5, "Write"), Segment(3, 8, "[LABEL]", "rule")],
    ],
)
def test_segments_that_do_not_fit_end_the_reply_as_failed(segments: list[Segment]) -> None:
    rewriter = Rewriter("openai.chat")
    list(rewriter.feed(chat(*PIECES)))
    out = list(rewriter.release(TEXT, segments))
    assert rewriter.ended
    assert isinstance(out[-1], Send)


def test_text_behind_the_end_of_its_choice_ends_the_reply_as_failed() -> None:
    data = chat(*PIECES)
    late = events([chunk([choice({"content": "secret-99"})])])
    proxy = Proxy("openai.chat", "sse", Guard)
    out = proxy.run([data.replace(b"data: [DONE]", late + b"data: [DONE]")])
    assert [one.reason for one in proxy.unscanned] == ["text-behind-the-end"]
    assert b"secret-99" not in out


ERRORS = {
    "openai.chat": {"error": {"message": "overloaded", "code": "server_error"}},
    "openai.responses": {"type": "error", "code": "server_error", "message": "overloaded"},
    "anthropic.messages": {"type": "error", "error": {"type": "overloaded_error", "message": "x"}},
    "google.generateContent": {"error": {"code": 503, "message": "x", "status": "UNAVAILABLE"}},
}


@every_api
def test_an_error_of_the_provider_comes_behind_the_text_before_it(name: str) -> None:
    data = STREAMS[name](*PIECES)
    at = data.index(b"Write") + data[data.index(b"Write") :].index(b"\n\n") + 2
    error = events([ERRORS[name]], named="type" in ERRORS[name])
    proxy = Proxy(name, "sse", lambda: Guard(hold=5))
    assert proxy.run([data[:at] + error]).endswith(error)
    assert not proxy.rewriter.ended
    assert next(iter(proxy.judged.values())) == PIECES[0]


@every_api
def test_what_an_error_says_is_judged_as_well(name: str) -> None:
    data = STREAMS[name](*PIECES)
    at = data.index(b"Write") + data[data.index(b"Write") :].index(b"\n\n") + 2
    said = {"code": "tool_use_failed", "type": "x", "message": "I wanted to say secret-99"}
    frame = {**ERRORS[name], "error": {**said, "failed_generation": "say(secret-99)"}}
    out = Proxy(name, "sse", redacting).run([data[:at], events([frame], named="type" in frame)])
    assert b"secret-99" not in out
    assert out.count(b"[LABEL]") == 2
    assert b"tool_use_failed" in out


def test_keep_alives_pass_while_text_is_held() -> None:
    proxy = Proxy("anthropic.messages", "sse", lambda: Guard(hold=99))
    data = messages("secret-99")
    ping = data[data.index(b"event: ping") :].split(b"\n\n")[0] + b"\n\n"
    for end in (b"event: content_block_stop", b"event: message_delta", b"event: message_stop"):
        rewriter = Rewriter("anthropic.messages")
        list(rewriter.feed(data[: data.index(end)]))
        assert list(rewriter.feed(ping)) == [Send(ping)]
    assert proxy.feed(b": OPENROUTER PROCESSING\n\n") == b": OPENROUTER PROCESSING\n\n"


def test_comments_and_fields_nobody_reads_do_not_carry_text() -> None:
    proxy = Proxy("openai.chat", "sse", Guard)
    assert proxy.feed(b": " + b"x" * 65 + b"\n\n") == b":\n\n"
    assert proxy.feed(b"secret: 99\n\n") == b":\n\n"
    assert proxy.feed(b": 4111 1111 1111 1111\n\n") == b":\n\n"
    payload = json.dumps(chunk([])).encode()
    assert b"secret" not in proxy.feed(b"secret: 99\ndata: " + payload + b"\n\n")


def test_a_choice_that_is_held_does_not_hold_another() -> None:
    proxy = Proxy("openai.chat", "sse", lambda: Guard(hold=4))
    proxy.feed(events([chunk([choice({"content": "held"})])]))
    out = proxy.feed(events([chunk([choice({"content": "free text"}, index=1)])]))
    assert text_deltas(out) == ["free "]


def test_choices_in_one_frame_are_parted() -> None:
    both = [choice({"content": "one"}), choice({"content": "two"}, index=1)]
    data = events([chunk(both), chunk([choice({}, "stop"), choice({}, "stop", 1)])], done=True)
    out = Proxy("openai.chat", "sse", lambda: Guard(hold=2)).run([data])
    assert READ["openai.chat"]([out]) == READ["openai.chat"]([data])
    assert len(out) > len(data)


def test_a_blocked_choice_ends_all_of_them() -> None:
    both = [choice({"content": "secret-99"}), choice({"content": "two"}, index=1)]
    out = Proxy("openai.chat", "sse", blocking).run([events([chunk(both)])])
    assert out.count(b'"finish_reason":"content_filter"') == 2
    assert out.endswith(b"data: [DONE]\n\n")


def test_reasoning_is_a_channel_of_its_own_and_does_not_hold_the_text() -> None:
    proxy = Proxy("openai.chat", "sse", lambda: Guard(hold=3))
    proxy.feed(events([chunk([choice({"reasoning_content": "I think"})])]))
    out = proxy.feed(events([chunk([choice({"content": "Well then"})])]))
    assert text_deltas(out) == ["Well t"]
    assert proxy.judged == {Channel("reasoning", "0"): "I think", TEXT: "Well then"}


def test_a_text_that_stands_there_twice_is_replaced_twice() -> None:
    data = events(
        [
            chunk([{**choice({"content": piece}), "message": {"content": piece}}])
            for piece in ("secr", "et-99")
        ],
        done=True,
    )
    proxy = Proxy("openai.chat", "sse", redacting)
    out = proxy.run([data])
    assert b"secret" not in out
    assert out.count(b"[LABEL]") == 2
    assert list(proxy.judged) == [TEXT]


def test_a_second_text_that_goes_its_own_way_is_emptied() -> None:
    frames = [
        {**choice({"content": "a"}), "message": {"content": "a"}},
        {**choice({"content": "b"}), "message": {"content": "secret-99"}},
    ]
    proxy = Proxy("openai.chat", "sse", Guard)
    out = proxy.run([events([chunk([one]) for one in frames], done=True)])
    assert b"secret" not in out
    assert [one.what for one in proxy.unscanned] == ["choices.message.content"]


def test_an_unknown_field_with_text_is_emptied_and_reported_once() -> None:
    frame = chunk([choice({"content": "a", "thinking_aloud": "secret-99"})])
    proxy = Proxy("openai.chat", "sse", Guard)
    out = proxy.run([events([frame, frame], done=True)])
    assert b"secret" not in out
    assert b'"content":"a"' in out
    assert [one.what for one in proxy.unscanned] == ["choices.delta.thinking_aloud"]


def tokens(*texts: str) -> dict[str, Any]:
    return {"content": [{"token": text, "logprob": -0.1, "top_logprobs": []} for text in texts]}


def test_tokens_pass_with_their_text_and_never_without_it() -> None:
    frames = [
        chunk([choice({"content": "to se"}, logprobs=tokens("to", " se"))]),
        chunk([choice({"content": "cret-99 x"}, logprobs=tokens("cret", "-99 x"))]),
        chunk([choice({"content": "yz"}, logprobs=tokens("yz"))]),
        chunk([choice({"content": "!"}, logprobs=tokens("something else"))]),
        chunk([choice({}, "stop")]),
    ]
    data = events(frames, done=True)
    free = Proxy("openai.chat", "sse", lambda: Guard(hold=9)).run([data])
    assert free.count(b'"token"') == 5
    held = Proxy("openai.chat", "sse", redacting).run([data])
    assert b"cret" not in held
    assert b'"token": "yz"' in held
    assert b"something else" not in free + held


@pytest.mark.parametrize(
    "logprobs", [{"tokens": ["se", "cret-99"]}, {"text": "secret-99"}, [{"bytes": [115, 101]}]]
)
def test_tokens_of_another_shape_do_not_pass(logprobs: Any) -> None:
    frames = [chunk([choice({"content": "a"}, logprobs=logprobs)]), chunk([choice({}, "stop")])]
    out = Proxy("openai.chat", "sse", Guard).run([events(frames, done=True)])
    assert b'"content":"a"' in out.replace(b": ", b":")
    assert b"cret" not in out
    assert b"bytes" not in out


def test_numbers_of_tokens_do_not_stand_beside_a_text_that_was_changed() -> None:
    def frames(text: str) -> bytes:
        return events([chunk([choice({"content": text}, "stop", token_ids=[7, 8])])], done=True)

    assert b"[7, 8]" not in Proxy("openai.chat", "sse", redacting).run([frames("secret-99")])
    assert b"[7, 8]" in Proxy("openai.chat", "sse", redacting).run([frames("all is well")])


ARGUMENTS = ('{"to": "a\\u0073ec', 'ret-99", "n": 1', "2, ", '"ok": true}')


def test_arguments_are_judged_as_they_read_and_stay_json_when_they_are_changed() -> None:
    frames = [
        block({"type": "tool_use", "id": "t", "name": "send", "input": {}}),
        *(delta({"type": "input_json_delta", "partial_json": piece}) for piece in ARGUMENTS),
        {"type": "content_block_stop", "index": 0},
        {"type": "message_stop"},
    ]
    data = events(frames, named=True)
    for at in range(0, len(data), 3):
        proxy = Proxy("anthropic.messages", "sse", lambda: Guard(hold=9, redact=r"secret-\d\d|12"))
        out = proxy.run([data[:at], data[at:]])
        assert proxy.judged[Channel("arguments", "0")] == (
            '{"to": "asecret-99", "n": 12, "ok": true}'
        )
        arguments = json.loads(said("anthropic.messages", out)["arguments"])
        assert arguments == {"to": "a[LABEL]", "n": "[LABEL]", "ok": True}


def test_results_of_tools_and_citations_are_judged_whole() -> None:
    result = [
        {"type": "web_search_result", "title": "secret-99", "url": "https://x", "page_age": ""}
    ]
    content = {"type": "web_search_tool_result", "tool_use_id": "t", "content": result}
    citation = {"type": "web_search_result_location", "cited_text": "a secret-99", "title": "t"}
    frames = [
        block(content),
        {"type": "content_block_stop", "index": 0},
        block({"type": "text", "text": ""}, 1),
        delta({"type": "text_delta", "text": "hello"}, 1),
        delta({"type": "citations_delta", "citation": citation}, 1),
        {"type": "content_block_stop", "index": 1},
        {"type": "message_stop"},
    ]
    proxy = Proxy("anthropic.messages", "sse", redacting)
    out = proxy.run([events(frames, named=True)])
    assert b"secret" not in out
    assert out.count(b"[LABEL]") == 2
    assert b'"url":"https://x"' in out
    assert proxy.judged[Channel("extra", "frame 0")] == "secret-99\n\nhttps://x"


def test_text_blocks_that_follow_each_other_are_one_text() -> None:
    frames = [
        block({"type": "text", "text": ""}),
        delta({"type": "text_delta", "text": "to sec"}),
        {"type": "content_block_stop", "index": 0},
        block({"type": "text", "text": ""}, 1),
        delta({"type": "text_delta", "text": "ret-99!"}, 1),
        {"type": "content_block_stop", "index": 1},
        {"type": "message_stop"},
    ]
    out = Proxy("anthropic.messages", "sse", redacting).run([events(frames, named=True)])
    assert said("anthropic.messages", out)["text"] == "to [LABEL]!"
    kinds = [line for line in out.decode().split("\n") if line.startswith("event")]
    assert kinds.index("event: content_block_stop") < len(kinds) - 2


def test_a_reply_is_complete_behind_its_last_word_though_the_connection_stays_open() -> None:
    proxy = Proxy("openai.chat", "sse", Guard)
    data = chat(*PIECES)
    proxy.feed(data[:-1])
    assert not proxy.rewriter.complete
    proxy.feed(data[-1:])
    assert proxy.rewriter.complete
    assert not proxy.rewriter.ended


def test_half_a_character_waits_for_its_other_half() -> None:
    frames = [chunk([choice({"content": half})]) for half in ("a\ud83d", "\ude00b\ud83d")]
    data = "".join(f"data: {json.dumps(frame)}\n\n" for frame in frames).encode()
    proxy = Proxy("openai.chat", "sse", Guard)
    out = proxy.run([data, b"data: [DONE]\n\n"])
    assert proxy.judged == {TEXT: "a😀b\ufffd"}
    assert said("openai.chat", out)["text"] == "a😀b\ufffd"


@every_api
def test_an_answer_that_is_not_streamed_is_guarded_too(name: str) -> None:
    data = body(name, "".join(PIECES))
    free = Proxy(name, "json", Guard)
    assert free.run(cut(data, [7] * len(data))) == data
    out = Proxy(name, "json", redacting).run([data])
    assert said(name, out, "json")["text"] == SAFE
    assert json.loads(out) == json.loads(data.replace(b"secret-99", b"[LABEL]"))


@every_api
def test_a_blocked_answer_that_is_not_streamed_keeps_its_safe_text(name: str) -> None:
    proxy = Proxy(name, "json", blocking)
    out = proxy.run([body(name, "".join(PIECES))])
    assert proxy.rewriter.ended
    assert b"secret" not in out
    assert said(name, out, "json") == {"text": "Write to ", "finish": ENDS[name]}


@every_api
@pytest.mark.parametrize("data", [b"", b"{", b"[]", b'{"type": "new"}'])
def test_an_answer_that_cannot_be_read_is_an_error_of_the_api(name: str, data: bytes) -> None:
    proxy = Proxy(name, "json", Guard)
    out = proxy.run([data])
    assert proxy.rewriter.ended
    assert "error" in json.loads(out)


@pytest.mark.parametrize("indent", [None, 1])
@pytest.mark.parametrize("guard", [Guard, redacting, blocking])
def test_an_array_of_responses_stays_an_array(indent: int | None, guard: Any) -> None:
    data = json.dumps(gemini_responses(*PIECES), indent=indent).encode()
    for at in range(len(data)):
        out = Proxy("google.generateContent", "json-array", guard).run([data[:at], data[at:]])
        if guard is Guard:
            assert out == data
        texts = [
            part["text"]
            for one in json.loads(out)
            for part in one["candidates"][0].get("content", {}).get("parts", ())
        ]
        wanted = {Guard: "".join(PIECES), redacting: SAFE, blocking: "Write to "}[guard]
        assert "".join(texts) == wanted


@every_api
def test_a_real_policy_guards_a_reply(name: str) -> None:
    plan = default_plan()
    data = STREAMS[name]("Write to ada@exam", "ple.o", "rg today")
    rewriter, sessions, out = Rewriter(name), {}, b""

    def act(steps: Any) -> None:
        nonlocal out
        for step in steps:
            if isinstance(step, Send):
                out += step.data
            elif isinstance(step, Judge):
                session = sessions.setdefault(step.channel, Session("s", plan))
                verdict = session.push(step.text, final=step.final)
                act(rewriter.release(step.channel, verdict.segments))

    for piece in cut(data, [5] * len(data)):
        act(rewriter.feed(piece))
    act(rewriter.close())
    assert rewriter.complete
    assert said(name, out)["text"] == "Write to [EMAIL_ADDRESS] today"


@pytest.mark.data
def test_a_word_of_every_recorded_stream_is_replaced_wherever_it_stands() -> None:
    counted = 0
    for row in recorded():
        text = row["expected"]["text"] or ""
        word = max(re.findall(r"[A-Za-z]{5,20}", text), key=len, default="")
        if api(row) not in DIALECTS or not word:
            continue
        proxy = Proxy(api(row), row["framing"], lambda: Guard(hold=20, redact=word))  # noqa: B023
        out = proxy.run([raw(row)])
        found = said_any(api(row), out, row["framing"])
        kind = "refusal" if "refusal" in row["expected"]["text_by_key"] else "text"
        assert found[kind] == text.replace(word, "[LABEL]"), row["id"]
        assert word not in "".join(found.values()), row["id"]
        counted += 1
    assert counted > 200


def said_any(name: str, out: bytes, framing: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for event in decode(Decoder(name, framing), [out]):
        if isinstance(event, Delta | Stated):
            kind = event.channel.kind if isinstance(event, Delta) else "again"
            found[kind] = found.get(kind, "") + event.text
    return found
