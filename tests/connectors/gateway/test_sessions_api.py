"""The sessions API against a real gateway: what a plugin sends, and what it gets."""

from __future__ import annotations

import gzip
import json
import time
import zlib
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest
import zstandard

from tests.gateway import Client, Gateway, text_of

CARD = "Pay with 4111 1111 1111 1111 today."
SAFE = "Pay with [CREDIT_CARD] today."


def test_deltas_are_answered_with_what_may_be_shown(client: Client) -> None:
    stream = client.start(context={"userId": "u", "botId": "b", "sessionId": "s"})
    pieces = ["Pay with 41", "11 1111 11", "11 1111 tod", "ay."]
    answers = [client.send(stream, piece, seq) for seq, piece in enumerate(pieces)]
    assert answers[1]["held"] > 10
    assert answers[1]["action"] == "allow"
    last = client.finish(stream)
    found = [finding for answer in [*answers, last] for finding in answer["deltaViolations"]]
    assert [(f["type"], f["start"], f["end"]) for f in found] == [("CREDIT_CARD", 9, 28)]
    assert text_of(*answers, last) == SAFE
    assert last["state"] == "complete"
    assert last["auditId"] == stream
    assert last["summary"] == {
        "chars": 35,
        "released": 16,
        "redacted": 19,
        "findings": {"CREDIT_CARD": 1},
        "unscanned": 0,
    }


@pytest.mark.parametrize("size", [1, 3, 7, 35])
def test_any_cut_gives_the_text_of_the_whole(client: Client, size: int) -> None:
    stream = client.start()
    pieces = [CARD[at : at + size] for at in range(0, len(CARD), size)]
    answers = [client.send(stream, piece, seq) for seq, piece in enumerate(pieces)]
    assert text_of(*answers, client.finish(stream)) == SAFE


def test_the_whole_text_may_be_sent_each_time(client: Client) -> None:
    stream = client.start()
    answers = [client.resend(stream, CARD[:end]) for end in (4, 11, 11, 25, 35)]
    last = client.finish(stream, finalContent=CARD)
    assert text_of(*answers, last) == SAFE


def test_held_text_may_be_rewritten_and_released_text_may_not(client: Client) -> None:
    stream = client.start()
    client.resend(stream, "Write to ada@exam")
    better = client.resend(stream, "Write to nobody at all.")
    assert better["action"] == "allow"
    blocked = client.resend(stream, "Tell nobody at all.")
    assert (blocked["action"], blocked["reason"]) == ("block", "rewrite")


def test_a_retry_gives_the_answer_again_and_counts_once(client: Client) -> None:
    stream = client.start()
    client.send(stream, "Call 41", 0)
    first = client.send(stream, "11 or else ", 1)
    again = client.send(stream, "11 or else ", 1)
    assert (again["released"], again["frontier"]) == (first["released"], first["frontier"])
    late = client.send(stream, "Call 41", 0)
    assert late["frontier"] == first["frontier"]
    assert client.finish(stream)["summary"]["chars"] == 18
    assert client.finish(stream)["summary"]["chars"] == 18


def test_an_answer_that_was_lost_is_made_good_by_the_next(client: Client) -> None:
    stream = client.start()
    first = client.send(stream, "One. ", 0)
    client.send(stream, "Two. ", 1)
    third = client.send(stream, "Three. ", 2, position=first["frontier"])
    assert text_of(first, third) == "One. Two. Three. "[: third["frontier"]]


def test_a_block_is_the_last_word(client: Client) -> None:
    stream = client.start()
    answer = client.send(stream, "We call it Project Nightjar, and more", 0)
    assert (answer["action"], text_of(answer)) == ("block", "We call it ")
    after = client.send(stream, "more", 1)
    assert (after["action"], after["released"]) == ("block", [])
    assert client.finish(stream)["action"] == "block"


def test_several_updates_in_one_call(client: Client) -> None:
    one, two = client.start(), client.start()
    answer = client.post(
        "/v1/stream/update",
        updates=[
            {"streamId": one, "delta": "Pay with 4111 ", "seq": 0},
            {"streamId": two, "delta": "Hello. ", "seq": 0},
            {"streamId": one, "delta": "1111 1111 1111 today. ", "seq": 1},
            {"streamId": "x" * 60, "delta": "?", "seq": 0},
        ],
    )
    results = answer.json()["results"]
    shown = text_of(results[0], results[2], client.finish(one))
    assert shown == "Pay with [CREDIT_CARD] today. "
    assert text_of(results[1]).startswith("Hello")
    assert results[3]["problem"]["status"] == 404


def test_a_gap_is_pending_until_it_closes(client: Client) -> None:
    stream = client.start()
    updates = [{"streamId": stream, "delta": text, "seq": seq} for seq, text in enumerate("abc ")]
    answer = client.post("/v1/stream/update", updates=updates[::-1])
    assert {result["state"] for result in answer.json()["results"]} == {"active"}
    assert text_of(client.finish(stream, position=0)) == "abc "


def test_a_stream_may_be_aborted(client: Client) -> None:
    stream = client.start()
    client.send(stream, "Write to ada@exam", 0)
    last = client.finish(stream, aborted=True, position=0)
    assert last["state"] == "complete"
    assert last["held"] == 0


def test_status_tells_where_a_stream_stands(client: Client) -> None:
    stream = client.start()
    sent = client.send(stream, "Write to ada@exam", 0)
    status = client.http.get("/v1/stream/status", params={"streamId": stream, "position": 0})
    assert status.json()["frontier"] == sent["frontier"] == 9
    assert text_of(status.json()) == "Write to "
    assert status.json()["summary"] is None


def test_a_whole_text_is_judged_in_one_call(client: Client) -> None:
    answer = client.post("/v1/check", content=CARD, context={"userId": "u"})
    assert answer.json()["text"] == SAFE
    assert answer.json()["summary"]["findings"] == {"CREDIT_CARD": 1}
    empty = client.post("/v1/check", content="")
    assert (empty.json()["text"], empty.json()["state"]) == ("", "complete")


def test_offsets_are_code_points(client: Client) -> None:
    answer = client.post("/v1/check", content="👩🏽‍🚀 é ada@example.com").json()
    assert answer["text"] == "👩🏽‍🚀 é [EMAIL_ADDRESS]"
    assert answer["deltaViolations"][0]["start"] == 7


def test_a_policy_is_chosen_by_name(client: Client) -> None:
    text = "We call it Project Nightjar."
    assert client.post("/v1/check", content=text, policy="default").json()["action"] == "allow"
    refused = client.post("/v1/stream/start", policy="nobody's")
    assert refused.status_code == 422
    assert refused.json()["type"] == "urn:tidegate:problem:unknown-policy"


@pytest.mark.parametrize(
    ("encoding", "pack"),
    [
        ("gzip", gzip.compress),
        ("deflate", zlib.compress),
        ("zstd", zstandard.ZstdCompressor().compress),
    ],
)
def test_bodies_may_be_packed(client: Client, encoding: str, pack: object) -> None:
    body = pack(json.dumps({"content": CARD}).encode())  # type: ignore[operator]
    answer = client.http.post(
        "/v1/check",
        content=body,
        headers={"Content-Encoding": encoding, "Content-Type": "application/json"},
    )
    assert answer.json()["text"] == SAFE


@pytest.mark.parametrize(
    ("encoding", "bomb"),
    [
        ("gzip", gzip.compress(bytes(200_000_000), 9)),
        ("zstd", zstandard.ZstdCompressor(level=1).compress(bytes(200_000_000))),
    ],
)
def test_a_small_body_that_unpacks_to_a_large_one_is_refused(
    client: Client, encoding: str, bomb: bytes
) -> None:
    assert len(bomb) < 1_000_000
    answer = client.http.post("/v1/check", content=bomb, headers={"Content-Encoding": encoding})
    assert (answer.status_code, answer.json()["type"]) == (413, "urn:tidegate:problem:too-large")


@pytest.mark.parametrize(
    ("headers", "body", "status"),
    [
        ({"Content-Encoding": "br"}, b"x", 415),
        ({"Content-Encoding": "gzip"}, b"no gzip", 400),
        ({"Content-Encoding": "zstd"}, b"no zstd", 400),
        ({}, b"x" * 9_000_000, 413),
        ({}, b"{hunter2", 422),
        ({}, b'{"content": 7}', 422),
        ({}, b'{"content": "a", "hunter2": 1}', 422),
        ({}, b'{"content": "a", "context": {"hunter2": "a"}}', 422),
        ({}, b'{"context": {}}', 422),
    ],
)
def test_bad_bodies_are_problems_without_what_was_written(
    client: Client, headers: dict[str, str], body: bytes, status: int
) -> None:
    answer = client.http.post(
        "/v1/check", content=body, headers={"Content-Type": "application/json", **headers}
    )
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["status"] == status
    assert problem["detail"]
    assert "hunter2" not in answer.text


def test_an_update_says_what_it_lacks(client: Client) -> None:
    stream = client.start()
    for body in ({}, {"delta": "a"}, {"seq": 1}, {"delta": "a", "content": "a", "seq": 0}):
        answer = client.post("/v1/stream/update", streamId=stream, **body)
        assert answer.status_code == 422
        assert "'delta'" in answer.text


def test_an_error_of_an_update_names_its_field(client: Client) -> None:
    stream = client.start()
    one = client.post("/v1/stream/update", streamId=stream, delta="a", seq=-1)
    assert [error["field"] for error in one.json()["errors"]] == ["update.seq"]
    several = client.post("/v1/stream/update", updates=[{"streamId": stream, "delta": 7, "seq": 0}])
    assert several.json()["errors"][0]["field"] == "updates.updates.0.delta"


def test_deltas_and_whole_texts_do_not_mix(client: Client) -> None:
    stream = client.start()
    client.send(stream, "a", 0)
    answer = client.post("/v1/stream/update", streamId=stream, content="ab")
    assert (answer.status_code, answer.json()["type"]) == (409, "urn:tidegate:problem:mixed-kinds")


def test_unknown_streams_and_routes_are_problems(client: Client) -> None:
    for path, body in [
        ("/v1/stream/update", {"streamId": "nobody", "delta": "", "seq": 0}),
        ("/v1/stream/finish", {"streamId": "nobody"}),
    ]:
        assert client.post(path, **body).status_code == 404
    missing = client.http.get("/v1/nothing")
    assert (missing.status_code, missing.json()["title"]) == (404, "Not found")


def test_the_document_describes_what_is_there(client: Client) -> None:
    paths = client.http.get("/openapi.json").json()["paths"]
    assert {"/v1/stream/start", "/v1/stream/update", "/v1/stream/finish", "/v1/check"} <= set(paths)


def test_a_delta_behind_a_whole_text_is_refused(client: Client) -> None:
    stream = client.start()
    client.resend(stream, "The whole text. ")
    answer = client.post("/v1/stream/update", streamId=stream, delta="More.", seq=0)
    assert (answer.status_code, answer.json()["type"]) == (409, "urn:tidegate:problem:mixed-kinds")
    client.finish(stream, finalContent="The whole text. And more.")


def test_a_text_that_takes_long_to_judge_leaves_the_others_their_turn(
    client: Client, gateway: Gateway
) -> None:
    stream = client.start()
    heads = "-----BEGIN PRIVATE KEY-----\n" * 6_000
    with ThreadPoolExecutor(1) as pool, closing(Client(gateway.url).http) as other:
        checking = pool.submit(other.post, "/v1/check", json={"content": heads})
        slowest, seq = 0.0, 0
        while not checking.done():
            begun = time.monotonic()
            client.send(stream, "One two. ", seq)
            slowest, seq = max(slowest, time.monotonic() - begun), seq + 1
            time.sleep(0.02)
        assert checking.result().json()["text"] == heads
    # All at once it takes five seconds.
    assert slowest < 2
    client.finish(stream)


def test_a_text_in_turns_is_judged_as_a_whole(client: Client) -> None:
    text = ("x" * 8_180 + " 4111 1111 1111 1111 ") * 5
    shown = client.post("/v1/check", content=text).json()["text"]
    assert shown == text.replace("4111 1111 1111 1111", "[CREDIT_CARD]")
