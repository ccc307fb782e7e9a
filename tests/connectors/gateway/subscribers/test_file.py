"""Events in a file: whole lines, set aside by size, and a disk that fails."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from connectors.gateway.subscribers.file import FileSubscriber
from guardrails.errors import ConnectorError
from tests.connectors.gateway.subscribers.telling import reply, told_of


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_bytes().splitlines()]


def write(subscriber: FileSubscriber, stream_id: str, chunks: int = 3) -> list[str]:
    told = told_of(*reply(stream_id, chunks))
    for one in told:
        subscriber.on_events(one)
        subscriber.flush()
    return [event.type for one in told for event in one.events]


def test_each_event_is_a_line(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    subscriber = FileSubscriber(path)
    types = write(subscriber, "a")
    subscriber.close()
    found = lines(path)
    assert [one["type"] for one in found] == types
    assert {one["execution"] for one in found} == {"a"}
    # Without who was talking.
    assert "context" not in found[-1]["data"]


def test_only_the_owner_may_read_it(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    FileSubscriber(path).close()
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_full_file_is_set_aside_and_the_oldest_goes(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    subscriber = FileSubscriber(path, max_bytes=2_000, kept=2)
    for number in range(30):
        write(subscriber, f"stream-{number}")
    subscriber.close()
    names = sorted(one.name for one in tmp_path.iterdir())
    assert names == ["events.jsonl", "events.jsonl.1", "events.jsonl.2"]
    newest_last = [lines(tmp_path / name) for name in reversed(names)]
    assert all((tmp_path / name).stat().st_size <= 2_000 for name in names)
    flat = [one["execution"] for file in newest_last for one in file]
    assert flat[-1] == "stream-29"
    assert flat == sorted(flat, key=lambda name: int(name.partition("-")[2]))


def test_a_file_that_is_there_is_gone_on_with_behind_a_torn_line(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    path.write_bytes(b'{"type":"audit"}\n{"type":"par')
    subscriber = FileSubscriber(path)
    write(subscriber, "a", 1)
    subscriber.close()
    whole = path.read_bytes().splitlines()
    assert whole[1] == b'{"type":"par'
    assert [json.loads(line)["type"] for line in whole[2:]] == [
        "finding",
        "partial_result",
        "audit",
    ]


def test_a_disk_that_is_full_for_a_while_loses_lines_and_tears_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "events.jsonl"
    subscriber = FileSubscriber(path)
    write(subscriber, "before")
    really, calls = os.write, []

    def fails_halfway(file: int, data: memoryview) -> int:
        calls.append(len(data))
        if len(calls) == 1:
            return really(file, data[:10])
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as full:
        full.setattr(os, "write", fails_halfway)
        with pytest.raises(OSError, match="No space"):
            write(subscriber, "during", 1)
    write(subscriber, "after")
    subscriber.close()
    assert [one["execution"] for one in lines(path)][-1] == "after"
    assert "during" not in {one["execution"] for one in lines(path)[:-1]}


def test_a_file_that_cannot_be_written_is_an_error_at_the_start(tmp_path: Path) -> None:
    with pytest.raises(ConnectorError, match=r"cannot be written .* name a file"):
        FileSubscriber(tmp_path / "nowhere" / "events.jsonl")
