"""An embedded gateway that dies goes on with its streams; nothing is lost, doubled or leaked."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.gateway import Client, Gateway, data_directory, text_of

TEXT = "Pay with 4111 1111 1111 1111 or write to ada@example.com. Thank you, and so on. "


@pytest.mark.parametrize("how", ["kill", "stop"])
def test_a_stream_survives_the_process(tmp_path: Path, how: str) -> None:
    first = Gateway(**data_directory(tmp_path))
    client = Client(first.url)
    stream, over = client.start(), client.start()
    client.send(over, TEXT, 0)
    ended = client.finish(over)
    pieces = [TEXT[at : at + 7] for at in range(0, len(TEXT), 7)]
    half = len(pieces) // 2
    answers = [client.send(stream, piece, seq) for seq, piece in enumerate(pieces[:half])]
    events = client.events(stream, detail="concise")
    seen = []
    for event in events:
        seen.append(event)
        if event.get("data", {}).get("frontier", 0) >= answers[-1]["frontier"]:
            break
    getattr(first, how)()
    client.http.close()

    second = Gateway(**data_directory(tmp_path))
    client = Client(second.url)
    # The last answer may have been lost as well: it is sent again.
    for seq, piece in enumerate(pieces[half - 1 :], half - 1):
        answers.append(client.send(stream, piece, seq, position=answers[-1]["frontier"]))
    last = client.finish(stream, position=answers[-1]["frontier"])
    shown = text_of(*answers, last)
    assert shown == text_of(client.post("/v1/check", content=TEXT).json())
    assert last["summary"]["chars"] == len(TEXT)

    rest = client.events(stream, detail="concise")
    rest.last_id = events.last_id
    seen += list(rest)
    assert not [event for event in seen if event["type"] == "gap"]
    assert text_of(*(event for event in seen if event["type"] == "partial_result")) == shown
    assert client.finish(over)["summary"] == ended["summary"]
    client.http.close()
    assert second.stop() == 0


def test_it_stops_quickly_while_clients_listen(tmp_path: Path) -> None:
    gateway = Gateway(**data_directory(tmp_path))
    client = Client(gateway.url)
    stream = client.start()
    listening = iter(client.events(stream))
    next(listening)
    began = time.monotonic()
    assert gateway.stop() == 0
    # The grace of requests that are being answered, and a last snapshot.
    assert time.monotonic() - began < 8
    client.http.close()


def test_two_processes_never_share_a_data_directory(tmp_path: Path) -> None:
    first = Gateway(**data_directory(tmp_path))
    with pytest.raises(AssertionError, match=r"data directory .* is in use by process"):
        Gateway(**data_directory(tmp_path))
    first.stop()
