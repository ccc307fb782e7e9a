"""Events of a stream over SSE, WebSocket and polling, against a real gateway."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection
from websockets.sync.client import connect as connect_now

from tests.gateway import Client, Gateway, text_of

CARD = "Pay with 4111 1111 1111 1111 today."
SAFE = "Pay with [CREDIT_CARD] today."


def played(client: Client, text: str = CARD, size: int = 5) -> str:
    """A stream that is over."""
    stream = client.start()
    for seq, at in enumerate(range(0, len(text), size)):
        client.send(stream, text[at : at + size], seq)
    client.finish(stream)
    return stream


def partial(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [event for event in events if event["type"] == "partial_result"]


def test_a_stream_is_told_from_its_beginning_to_its_end(client: Client) -> None:
    events = list(client.events(played(client)))
    types = [event["type"] for event in events]
    assert types[0] == "metadata"
    assert types[-1] == "end"
    assert {"pipeline_start", "step_output", "step_complete", "finding", "audit"} <= set(types)
    assert types.count("pipeline_complete") == 1
    assert text_of(*partial(events)) == SAFE
    assert [event["data"]["complete"] for event in partial(events)][-1] is True
    assert [e["data"]["index"] for e in partial(events)] == list(range(len(partial(events))))
    for event in events:
        assert {"type", "execution", "timestamp", "data"} <= set(event)


def test_events_come_while_the_stream_goes_on(client: Client, gateway: Gateway) -> None:
    stream = client.start()
    seen: list[str] = []
    both = threading.Barrier(2, timeout=10)

    def follow() -> None:
        listener = Client(gateway.url)
        for event in listener.events(stream, detail="concise"):
            if event["type"] == "partial_result":
                seen.append(event["data"]["chunk"])
                if len(seen) < 3:
                    both.wait()
        listener.http.close()

    thread = threading.Thread(target=follow)
    thread.start()
    for seq in range(2):
        client.send(stream, f"Sentence {seq}. ", seq)
        both.wait()
        assert len(seen) == seq + 1
    client.finish(stream)
    thread.join(10)
    assert "".join(seen) == "Sentence 0. Sentence 1. "


def test_a_client_that_comes_back_goes_on_where_it_was(client: Client) -> None:
    stream = played(client, "One two three. " * 30)
    whole = list(client.events(stream))
    for cut in (1, 3, len(whole) // 2, len(whole) - 2):
        events = client.events(stream)
        first = []
        for event in events:
            first.append(event)
            if len(first) == cut:
                break
        rest = list(events)
        assert text_of(*partial(first), *partial(rest)) == "One two three. " * 30
        told = {event["id"] for event in first if "id" in event}
        assert told.isdisjoint(event["id"] for event in rest if "id" in event)


def test_nothing_follows_behind_the_end(client: Client) -> None:
    events = client.events(played(client))
    assert list(events)
    assert list(events) == []
    assert events.status == 204


def test_a_position_in_another_log_is_told_as_a_gap(client: Client) -> None:
    stream = played(client)
    epoch = next(iter(client.events(stream)))["data"]["epoch"]
    for position in ("00000000-3-4-0", f"{epoch}-999999999-0-0"):
        events = client.events(stream)
        events.last_id = position
        told = list(events)
        assert [e["data"]["reason"] for e in told if e["type"] == "gap"] == ["epoch"]
        assert text_of(*partial(told)) == SAFE


def test_an_id_that_is_none_of_ours_is_refused(client: Client) -> None:
    stream = played(client)
    answer = client.http.get(f"/v1/streams/{stream}/events", headers={"Last-Event-ID": "hunter2"})
    assert (answer.status_code, answer.json()["type"]) == (400, "urn:tidegate:problem:bad-position")
    assert "hunter2" not in answer.text


def test_a_client_chooses_what_it_is_told(client: Client) -> None:
    stream = played(client)
    concise = list(client.events(stream, detail="concise", metadata=False))
    assert {e["type"] for e in concise} == {"finding", "partial_result", "audit", "end"}
    assert not any("metadata" in event for event in concise)
    assert text_of(*partial(concise)) == SAFE
    plain = list(client.events(stream))
    assert not any(event["type"] == "progress" for event in plain)
    progress = [
        event["data"]
        for event in client.events(stream, progress=True)
        if event["type"] == "progress"
    ]
    assert [one["received"] for one in progress][:3] == [0, 5, 10]
    assert {"percentage", "estimated_ms_left", "current_step", "completed_steps"} <= set(
        progress[0]
    )


def test_heartbeats_come_while_nothing_happens(client: Client) -> None:
    stream = client.start()
    beats = 0
    for event in client.events(stream):
        beats += event["type"] == "heartbeat"
        if beats == 2:
            break
    client.finish(stream)


def test_events_are_gathered_for_who_wants_it(client: Client, gateway: Gateway) -> None:
    stream = client.start()
    counts: list[int] = []

    def follow() -> None:
        listener = Client(gateway.url)
        path = f"/v1/streams/{stream}/events"
        query = {"detail": "concise", "flush_interval_ms": 60_000, "buffer_size": 4}
        with listener.http.stream("GET", path, params=query) as answer:
            counts.extend(part.count(b"event: partial_result") for part in answer.iter_raw())
        listener.http.close()

    thread = threading.Thread(target=follow)
    thread.start()
    for seq in range(8):
        client.send(stream, f"Sentence {seq}. ", seq)
    client.finish(stream)
    thread.join(20)
    assert not thread.is_alive()
    assert max(counts) >= 2


def test_polling_gives_the_same(client: Client) -> None:
    stream = client.start()
    client.send(stream, "One two three. ", 0)
    first = client.http.get(f"/v1/streams/{stream}/poll").json()
    nothing = client.http.get(f"/v1/streams/{stream}/poll", params={"after": first["next"]}).json()
    assert {event["type"] for event in nothing["events"]} <= {"metadata"}

    late = threading.Timer(0.3, client.finish, (stream,))
    late.start()
    query = {"after": first["next"], "wait_ms": 20_000}
    rest: list[dict[str, Any]] = []
    while not rest or rest[-1]["type"] != "end":
        answer = client.http.get(f"/v1/streams/{stream}/poll", params=query).json()
        rest += answer["events"]
        query["after"] = answer["next"]
    late.join()
    assert text_of(*partial(first["events"]), *partial(rest)) == "One two three. "


@pytest.mark.parametrize("path", ["/stream/pipeline/{}"])
def test_the_other_name_of_the_events_leads_there_too(client: Client, path: str) -> None:
    events = list(client.events(played(client), path))
    assert text_of(*partial(events)) == SAFE


def socket(gateway: Gateway, stream: str, path: str = "/v1/streams/{}/ws") -> ClientConnection:
    return connect_now(gateway.url.replace("http", "ws") + path.format(stream), proxy=None)


def messages(connection: ClientConnection) -> Iterator[dict[str, Any]]:
    for message in connection:
        yield json.loads(message)


def test_a_stream_is_sent_and_followed_over_one_websocket(client: Client, gateway: Gateway) -> None:
    stream = client.start()
    with socket(gateway, stream) as talk:
        for seq, at in enumerate(range(0, len(CARD), 5)):
            talk.send(json.dumps({"type": "update", "delta": CARD[at : at + 5], "seq": seq}))
        talk.send(json.dumps({"type": "finish", "seq": 7}))
        told = list(messages(talk))
    answers = [message for message in told if message["type"] == "answer"]
    assert text_of(*partial(told)) == SAFE
    assert sorted(answer["to"] for answer in answers) == ["finish", *["update"] * 7]
    assert "end" in [message["type"] for message in told]


def test_an_end_behind_deltas_that_are_on_their_way_waits_for_them(
    client: Client, gateway: Gateway
) -> None:
    streams = [client.start() for _ in range(20)]
    with ExitStack() as stack:
        talks = [stack.enter_context(socket(gateway, stream)) for stream in streams]
        for talk in talks:
            talk.send(json.dumps({"type": "update", "delta": CARD, "seq": 0}))
            talk.send(json.dumps({"type": "finish"}))
        for talk in talks:
            told = list(messages(talk))
            assert text_of(*partial(told)) == SAFE
            answers = [one["to"] for one in told if one["type"] == "answer"]
            assert sorted(answers) == ["finish", "update"]


def test_bad_messages_are_answered_and_the_socket_stays(client: Client, gateway: Gateway) -> None:
    stream = client.start()
    with socket(gateway, stream, "/ws/pipeline/{}") as talk:
        for bad in ("{hunter2", "7", '{"type":"hunter2"}', '{"type":"update","hunter2":1}'):
            talk.send(bad)
        talk.send('{"type":"ping"}')
        told = []
        for message in messages(talk):
            told.append(message)
            if message["type"] == "pong":
                break
    errors = [message for message in told if message["type"] == "error"]
    assert [error["data"]["status"] for error in errors] == [400, 400, 422, 422]
    assert "hunter2" not in json.dumps(told)
    client.finish(stream)


def test_a_socket_to_a_stream_of_nobody_is_closed_with_a_code(gateway: Gateway) -> None:
    with socket(gateway, "x" * 60) as talk, pytest.raises(ConnectionClosed) as closed:
        talk.recv()
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 4404


def test_many_follow_one_stream_and_one_that_reads_nothing_disturbs_nobody(
    client: Client, gateway: Gateway
) -> None:
    stream = client.start()
    url = gateway.url.replace("http", "ws") + f"/v1/streams/{stream}/ws"

    async def follow() -> list[dict[str, Any]]:
        async with connect(url, proxy=None) as talk:
            return [json.loads(message) async for message in talk]

    async def frozen(over: asyncio.Event) -> None:
        async with connect(url, proxy=None, max_queue=1) as talk:
            await over.wait()
            talk.transport.abort()

    async def run() -> list[list[dict[str, Any]]]:
        over = asyncio.Event()
        still = asyncio.create_task(frozen(over))
        readers = [asyncio.create_task(follow()) for _ in range(20)]
        await asyncio.sleep(0.3)
        await asyncio.to_thread(_play, client, stream)
        told = await asyncio.gather(*readers)
        over.set()
        await still
        return told

    for told in asyncio.run(run()):
        assert text_of(*partial(told)) == "One two three. " * 50


def _play(client: Client, stream: str) -> None:
    for seq in range(50):
        client.send(stream, "One two three. ", seq)
    client.finish(stream)


def test_a_ticket_opens_one_subscription(client: Client) -> None:
    stream = played(client)
    ticket = client.http.post(f"/v1/streams/{stream}/ticket").json()["ticket"]
    assert list(client.events(stream, ticket=ticket))
    again = client.http.get(f"/v1/streams/{stream}/events", params={"ticket": ticket})
    assert again.status_code == 401
    other = client.http.post(f"/v1/streams/{stream}/ticket", params={"purpose": "socket"})
    wrong = client.http.get(
        f"/v1/streams/{stream}/events", params={"ticket": other.json()["ticket"]}
    )
    assert wrong.status_code == 401


def test_health_and_figures(client: Client) -> None:
    assert client.http.get("/healthz").json() == {"status": "ok"}
    assert client.http.get("/readyz").json() == {"status": "ready"}
    assert "tidegate_gateway_connections" in client.http.get("/metrics").text
