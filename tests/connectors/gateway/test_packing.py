"""Long answers come packed to whoever takes that; what streams does not."""

from __future__ import annotations

from tests.gateway import Client

CONTENT = "One two three. " * 500


def test_long_answers_are_packed_for_who_takes_that(client: Client) -> None:
    for encoding in ("gzip", "identity"):
        answer = client.http.post(
            "/v1/check", json={"content": CONTENT}, headers={"Accept-Encoding": encoding}
        )
        assert answer.headers.get("content-encoding", "identity") == encoding
        assert answer.json()["text"] == CONTENT
    short = client.post("/v1/check", content="One.")
    assert "content-encoding" not in short.headers


def test_events_are_never_packed(client: Client) -> None:
    stream = client.start()
    client.send(stream, CONTENT, 0)
    client.finish(stream)
    path = f"/v1/streams/{stream}/events"
    with client.http.stream("GET", path, headers={"Accept-Encoding": "gzip"}) as answer:
        assert "content-encoding" not in answer.headers
        assert sum(map(len, answer.iter_raw())) > len(CONTENT)
