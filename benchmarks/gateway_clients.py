"""Clients of a gateway, as cheap as they can be, in a process of their own; prints figures as JSON.

python -m benchmarks.gateway_clients WHAT URL ARGUMENTS...

They look for the few bytes they need and parse nothing, so that the server is what is measured.
"""

from __future__ import annotations

import asyncio
import json
import random
import re
import resource
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from statistics import quantiles
from typing import Any

import uvloop

from benchmarks.texts import corpus

_SEQ = re.compile(rb'"metadata":\{"seq":(\d+)')
_ID = re.compile(rb"id: (\S+)\n")
_STREAM = re.compile(rb'"streamId":"([^"]+)"')


class Line(asyncio.Protocol):
    """A keep-alive connection that carries one request at a time."""

    def __init__(self) -> None:
        self._answer: asyncio.Future[bytes] | None = None
        self._got = b""

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._got += data
        head = self._got.find(b"\r\n\r\n")
        if head < 0 or self._answer is None:
            return
        at = self._got.find(b"content-length: ")
        size = int(self._got[at + 16 : self._got.find(b"\r", at)])
        if len(self._got) >= head + 4 + size:
            answer, self._got = self._got, b""
            self._answer.set_result(answer)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(ConnectionError("closed"))

    async def post(self, path: str, body: bytes) -> bytes:
        self._answer = asyncio.get_running_loop().create_future()
        head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        self._transport.write(b"%bContent-Length: %d\r\n\r\n%b" % (head.encode(), len(body), body))
        answer = await self._answer
        if not answer.startswith(b"HTTP/1.1 200"):
            raise AssertionError(answer[:600])
        return answer

    def close(self) -> None:
        self._transport.close()


class Reader(asyncio.Protocol):
    """One event stream. take: is told what comes, as it comes."""

    def __init__(self, path: str, take: Callable[[bytes], object], last_id: str = "") -> None:
        self._path, self._take, self._last_id = path, take, last_id
        self.opened = asyncio.get_running_loop().create_future()
        self.ended = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        self.began = time.monotonic()
        resume = f"Last-Event-ID: {self._last_id}\r\n" if self._last_id else ""
        head = f"GET {self._path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n{resume}\r\n"
        transport.write(head.encode())

    def data_received(self, data: bytes) -> None:
        if not self.opened.done():
            self.opened.set_result(time.monotonic() - self.began)
        self._take(data)

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.ended.done():
            self.ended.set_result(None)


class Net:
    """Opens connections to one server."""

    def __init__(self, url: str) -> None:
        host, port = url.removeprefix("http://").split(":")
        self._at = (host, int(port))
        self._loop = asyncio.get_running_loop()

    async def line(self) -> Line:
        _, line = await self._loop.create_connection(Line, *self._at)
        return line

    async def reader(self, path: str, take: Callable[[bytes], object], last_id: str = "") -> Reader:
        make = lambda: Reader(path, take, last_id)  # noqa: E731
        _, reader = await self._loop.create_connection(make, *self._at)
        return reader

    async def readers(self, paths: Sequence[str], take: Callable[[bytes], object]) -> list[Reader]:
        found: list[Reader] = []
        for at in range(0, len(paths), 100):
            some = await asyncio.gather(*(self.reader(path, take) for path in paths[at : at + 100]))
            await asyncio.gather(*(reader.opened for reader in some))
            found += some
        return found


async def start(line: Line) -> str:
    found = _STREAM.search(await line.post("/v1/stream/start", b"{}"))
    assert found is not None
    return found[1].decode()


def update(stream: str, delta: str, seq: int) -> bytes:
    return json.dumps({"streamId": stream, "delta": delta, "seq": seq}).encode()


def events_of(stream: str, detail: str = "concise") -> str:
    return f"/v1/streams/{stream}/events?detail={detail}"


def spread(values: Sequence[float]) -> dict[str, Any]:
    cuts = quantiles(values, n=1000, method="inclusive")
    return {"p50": cuts[499], "p99": cuts[989], "cuts": [cuts[9], *cuts[19:990:10], cuts[-1]]}


async def every(rate: float, count: int, do: Callable[[int, float], Awaitable[None]]) -> None:
    """Begin one after the other at a steady rate, whatever becomes of those before."""
    began = time.monotonic()
    async with asyncio.TaskGroup() as going:
        for index in range(count):
            due = began + index / rate
            while (ahead := due - time.monotonic()) > 0:
                await asyncio.sleep(ahead)
            going.create_task(do(index, due))  # type: ignore[arg-type]


async def updates(url: str, rate: str, seconds: str, lines: str) -> dict[str, Any]:
    """Round trips of updates at a steady rate, counted from when each was due."""
    net, count = Net(url), int(lines)
    answers = corpus().answers
    open_lines = [await net.line() for _ in range(count)]
    streams = [await start(line) for line in open_lines]
    turns = [asyncio.Lock() for _ in range(count)]
    seqs = [0] * count
    took: list[float] = []

    async def do(index: int, due: float) -> None:
        number = index % count
        async with turns[number]:
            seq = seqs[number]
            seqs[number] += 1
            answer = answers[number % len(answers)]
            body = update(streams[number], answer[seq % len(answer)], seq)
            await open_lines[number].post("/v1/stream/update", body)
        if index >= int(rate):
            # The first second makes the automaton of the rules.
            took.append(time.monotonic() - due)

    await every(float(rate), int(float(rate) * float(seconds)), do)
    for line, stream in zip(open_lines, streams, strict=True):
        await line.post("/v1/stream/finish", json.dumps({"streamId": stream}).encode())
    return spread(took)


async def latency(url: str, clients: str, streams: str, rate: str, seconds: str) -> dict[str, Any]:
    """Times from when an update was due to when each client has its event."""
    net, count, each = Net(url), int(clients), int(streams)
    lines = [await net.line() for _ in range(each)]
    ids = [await start(line) for line in lines]
    sent: list[dict[int, float]] = [{} for _ in ids]
    took: list[float] = []

    def taker(number: int) -> Callable[[bytes], None]:
        times = sent[number]

        def take(data: bytes) -> None:
            now = time.monotonic()
            for seq in _SEQ.findall(data):
                due = times.get(int(seq))
                if due is not None:
                    took.append(now - due)

        return take

    takers = [taker(number) for number in range(each)]
    readers = [
        await net.reader(events_of(ids[number % each]), takers[number % each])
        for number in range(count)
    ]
    await asyncio.gather(*(reader.opened for reader in readers))
    seqs = [0] * each
    turns = [asyncio.Lock() for _ in range(each)]

    async def do(index: int, due: float) -> None:
        number = index % each
        async with turns[number]:
            seq = seqs[number]
            seqs[number] += 1
            if index > float(rate):
                sent[number][seq + 1] = due
            await lines[number].post("/v1/stream/update", update(ids[number], "One two. ", seq))

    events = int(float(rate) * float(seconds))
    await every(float(rate), events, do)
    firsts = []
    for stream in ids * (100 // each + 1):
        # What is told first is said at once; the next update may take its time.
        reader = await net.reader(events_of(stream, "full"), len)
        firsts.append(await reader.opened)
        reader.transport.close()
    for line, stream in zip(lines, ids, strict=True):
        await line.post("/v1/stream/finish", json.dumps({"streamId": stream}).encode())
    await asyncio.wait_for(asyncio.gather(*(reader.ended for reader in readers)), 60)
    return {**spread(took), "deliveries": len(took), "first": spread(firsts)}


async def deliveries(url: str, clients: str, events: str) -> dict[str, Any]:
    """How fast events of one stream reach all its clients, as fast as they can be made."""
    net, count, most = Net(url), int(clients), int(events)
    line = await net.line()
    stream = await start(line)
    got = 0

    def take(data: bytes) -> None:
        nonlocal got
        got += data.count(b"event: partial_result")

    readers = await net.readers([events_of(stream)] * count, take)
    began = time.monotonic()
    for first in range(0, most, 100):
        several = [
            {"streamId": stream, "delta": "One two. ", "seq": seq}
            for seq in range(first, min(first + 100, most))
        ]
        await line.post("/v1/stream/update", json.dumps({"updates": several}).encode())
    await line.post("/v1/stream/finish", json.dumps({"streamId": stream}).encode())
    await asyncio.wait_for(asyncio.gather(*(reader.ended for reader in readers)), 300)
    return {"rate": got / (time.monotonic() - began), "got": got}


async def plain_deliveries(url: str, path: str, clients: str, events: str) -> dict[str, Any]:
    """The same of a server that makes events by itself once `POST /go` comes."""
    net = Net(url)
    got = 0

    def take(data: bytes) -> None:
        nonlocal got
        got += data.count(b"event: partial_result")

    readers = await net.readers([path] * int(clients), take)
    line = await net.line()
    began = time.monotonic()
    await line.post("/go", events.encode())
    await asyncio.wait_for(asyncio.gather(*(reader.ended for reader in readers)), 300)
    return {"rate": got / (time.monotonic() - began), "got": got}


async def resume(url: str, clients: str, events: str) -> dict[str, Any]:
    """Clients lose their connection somewhere and come back: how long, and what is missing."""
    net, line = Net(url), await Net(url).line()
    stream = await start(line)
    dice = random.Random(1)
    for seq in range(int(events)):
        await line.post("/v1/stream/update", update(stream, "One two. ", seq))
    await line.post("/v1/stream/finish", json.dumps({"streamId": stream}).encode())
    whole: list[bytes] = []
    await (await net.reader(events_of(stream, "full"), whole.append)).ended
    all_ids = _ID.findall(b"".join(whole))
    took: list[float] = []
    complete = 0

    async def one() -> None:
        nonlocal complete
        cut = dice.randrange(len(all_ids) - 1)
        rest: list[bytes] = []
        began = time.monotonic()
        path = events_of(stream, "full")
        await (await net.reader(path, rest.append, all_ids[cut].decode())).ended
        took.append(time.monotonic() - began)
        complete += _ID.findall(b"".join(rest)) == all_ids[cut + 1 :]

    await asyncio.gather(*(one() for _ in range(int(clients))))
    return {"slowest": max(took), "complete": complete / int(clients), "events": len(all_ids)}


async def idle(url: str, clients: str) -> dict[str, Any]:
    """Open event streams and wait until told to go on by a line on standard input."""
    net, line = Net(url), await Net(url).line()
    stream = await start(line)
    readers = await net.readers([events_of(stream)] * int(clients), len)
    await asyncio.sleep(1)
    print("open", flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    for reader in readers:
        reader.transport.close()
    return {}


async def main(what: str, *arguments: str) -> None:
    does: dict[str, Any] = {
        one.__name__: one for one in (updates, latency, deliveries, plain_deliveries, resume, idle)
    }
    began, used = time.monotonic(), time.process_time()
    figures = await does[what](*arguments)
    share = (time.process_time() - used) / (time.monotonic() - began)
    print(json.dumps({**figures, "own_cpu": share}))


if __name__ == "__main__":
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    uvloop.run(main(*sys.argv[1:]))
