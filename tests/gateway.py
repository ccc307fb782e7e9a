"""A real gateway in a process of its own, and a client that speaks to it as a plugin would."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, BinaryIO

import httpx

from tests.flows.command import COMMAND, environment
from tests.warm import SERVE, Forked, Warm, can_be_warm

_LISTENS = re.compile(rb"listens on (http://\S+)")


@cache
def _warm() -> Warm:
    return Warm(environment(), SERVE)


def _start(
    command: Sequence[str], environ: Mapping[str, str]
) -> tuple[subprocess.Popen[bytes] | Forked, BinaryIO]:
    """Start a process; return it and its standard error."""
    if can_be_warm(environ):
        with Path(os.devnull).open("r+b") as nothing:
            ours, theirs = os.pipe()
            ends = (nothing.fileno(), nothing.fileno(), theirs)
            forked = _warm().start(command, environment(**environ), Path.cwd(), ends)
            os.close(theirs)
        return forked, os.fdopen(ours, "rb")
    process = subprocess.Popen(
        [*COMMAND, *command], stderr=subprocess.PIPE, env=environment(**environ)
    )
    assert process.stderr is not None
    return process, process.stderr


class Gateway:
    """A running `tidegate serve`. url: where it listens."""

    def __init__(self, *arguments: str, **environ: str) -> None:
        command = ("serve", "--port", "0", *arguments)
        self._process, self._stderr = _start(command, environ)
        self.said = b""
        for line in self._stderr:
            self.said += line
            if found := _LISTENS.search(line):
                self.url = found[1].decode()
                break
        else:
            self._process.wait(30)
            self._stderr.close()
            raise AssertionError(f"the gateway ended: {self.said.decode()}")
        self._drain = threading.Thread(target=self._read, daemon=True)
        self._drain.start()

    def _read(self) -> None:
        for line in self._stderr:
            self.said += line

    @property
    def pid(self) -> int:
        return self._process.pid

    def stop(self) -> int:
        """End it as an operator does; return its exit code."""
        return self._end(signal.SIGTERM)

    def kill(self) -> int:
        """End it as a crash does."""
        return self._end(signal.SIGKILL)

    def _end(self, number: int) -> int:
        if self._process.poll() is None:
            self._process.send_signal(number)
        code = self._process.wait(30)
        self._drain.join(5)
        self._stderr.close()
        return code


@contextmanager
def running(*arguments: str, **environ: str) -> Iterator[Gateway]:
    """Run a gateway for the time of a block."""
    gateway = Gateway(*arguments, **environ)
    try:
        yield gateway
    finally:
        gateway.stop()


class Client:
    """One caller. headers: its credential."""

    def __init__(self, url: str, **headers: str) -> None:
        self.http = httpx.Client(base_url=url, headers=headers, timeout=30, trust_env=False)

    def post(self, path: str, **body: Any) -> httpx.Response:
        return self.http.post(path, json=body)

    def start(self, **body: Any) -> str:
        answer = self.post("/v1/stream/start", **body)
        assert answer.status_code == 200, answer.text
        stream_id: str = answer.json()["streamId"]
        return stream_id

    def send(self, stream_id: str, delta: str, seq: int, **more: Any) -> dict[str, Any]:
        return self._update(streamId=stream_id, delta=delta, seq=seq, **more)

    def resend(self, stream_id: str, content: str, **more: Any) -> dict[str, Any]:
        return self._update(streamId=stream_id, content=content, **more)

    def _update(self, **body: Any) -> dict[str, Any]:
        answer = self.post("/v1/stream/update", **body)
        assert answer.status_code == 200, answer.text
        members: dict[str, Any] = answer.json()
        return members

    def finish(self, stream_id: str, **more: Any) -> dict[str, Any]:
        answer = self.post("/v1/stream/finish", streamId=stream_id, **more)
        assert answer.status_code == 200, answer.text
        members: dict[str, Any] = answer.json()
        return members

    def events(self, stream_id: str, path: str = "/v1/streams/{}/events", **query: Any) -> Events:
        return Events(self.http, path.format(stream_id), query)


class Events:
    """Server-sent events as a browser reads them. last_id: what it would send to come back."""

    def __init__(self, http: httpx.Client, path: str, query: dict[str, Any]) -> None:
        self._http = http
        self._path = path
        self._query = query
        self.last_id: str | None = None

    def __iter__(self) -> Iterator[dict[str, Any]]:
        headers = {} if self.last_id is None else {"Last-Event-ID": self.last_id}
        with self._http.stream("GET", self._path, params=self._query, headers=headers) as answer:
            self.status = answer.status_code
            if answer.status_code == 204:
                return
            assert answer.status_code == 200, answer.read()
            fields: dict[str, str] = {}
            for line in answer.iter_lines():
                if line:
                    name, _, value = line.partition(": ")
                    fields[name] = value
                    continue
                self.last_id = fields.get("id", self.last_id)
                event: dict[str, Any] = json.loads(fields["data"])
                assert event["type"] == fields["event"]
                fields = {}
                yield event


def text_of(*answers: dict[str, Any], frontier: int = 0) -> str:
    """The text a client shows that reads these answers or events in this order."""
    shown = ""
    for answer in answers:
        data = answer.get("data", answer)
        for segment in data.get("released", data.get("segments", ())):
            if segment["end"] <= frontier:
                continue
            assert segment["start"] <= frontier, "a gap"
            plain = not segment.get("rule")
            shown += segment["text"][frontier - segment["start"] :] if plain else segment["text"]
            frontier = segment["end"]
    return shown


def data_directory(path: Path) -> dict[str, str]:
    return {"TIDEGATE_GATEWAY_DATA_DIR": str(path)}
