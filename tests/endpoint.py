"""A real HTTP server on loopback that is told how to answer: well, late, wrongly, or not at all."""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
from collections.abc import Callable, Mapping, Sequence
from random import Random
from typing import Any, NamedTuple

from aiohttp import web

# More than any client reads.
HUGE_BYTES = 3_000_000


class Asked(NamedTuple):
    """One request as it came."""

    path: str
    headers: Mapping[str, str]
    body: Any


class Reply(NamedTuple):
    """One response. late_s: seconds it takes; None: it never comes. drop: the connection is cut
    before it, or, with a body, within it.
    """

    status: int = 200
    body: bytes = b"{}"
    headers: Mapping[str, str] = {}
    late_s: float | None = 0.0
    drop: bool = False


Script = Callable[[Asked], Reply]

HANG = Reply(late_s=None)
DROP = Reply(drop=True, body=b"")
CUT = Reply(drop=True, body=b'{"results": [')
GARBAGE = Reply(body=b"<html>\xff\x00 not json")
HUGE = Reply(body=b'{"a": "' + b"a" * HUGE_BYTES + b'"}')
UNAVAILABLE = Reply(status=503, body=b"try later")


def reply(value: Any, *, late_s: float = 0.0) -> Reply:
    """A good answer."""
    return Reply(body=json.dumps(value).encode(), late_s=late_s)


def completion(content: str, *, finish: str = "stop", tokens: tuple[int, int] = (70, 7)) -> Reply:
    """A chat completion that says `content`."""
    choice = {"index": 0, "message": {"role": "assistant", "content": content}}
    usage = {"prompt_tokens": tokens[0], "completion_tokens": tokens[1]}
    return reply({"choices": [choice | {"finish_reason": finish}], "usage": usage})


def judgement(score: float, **fields: Any) -> Reply:
    """What a judge answers that keeps to the schema; `spans`, `categories` and `flagged` too."""
    flagged = fields.pop("flagged", score >= 0.5)
    body = {"score": score, "flagged": flagged, "categories": [], "spans": [], **fields}
    return completion(json.dumps(body))


def judged_text(asked: Asked) -> str:
    """The text a judge was asked about, without its marks."""
    lines = asked.body["messages"][-1]["content"].split("\n")
    assert lines[0] == lines[-1]
    return "\n".join(lines[1:-1])


def judge_words(words: Sequence[str]) -> Script:
    """A judge that flags every text with one of the words, and quotes it."""

    def judge(asked: Asked) -> Reply:
        text = judged_text(asked)
        found = [word for word in words if word in text]
        spans = [{"quote": word, "category": ""} for word in found]
        return judgement(0.9 if found else 0.1, spans=spans)

    return judge


def moderations(scores: Sequence[Mapping[str, float]]) -> Reply:
    """What a moderation service answers, for each text its scores."""
    results = [
        {
            "flagged": any(score > 0.5 for score in each.values()),
            "categories": {name: score > 0.5 for name, score in each.items()},
            "category_scores": dict(each),
        }
        for each in scores
    ]
    return reply({"id": "modr-1", "model": "m", "results": results})


def in_turn(*replies: Reply | Script) -> Script:
    """Answer the first request with the first reply and so on; the last one stays."""
    left = list(replies)

    def answer(asked: Asked) -> Reply:
        one = left.pop(0) if len(left) > 1 else left[0]
        return one if isinstance(one, Reply) else one(asked)

    return answer


def flaky(well: Script, share: float, random: Random, failures: Sequence[Reply]) -> Script:
    """Fail on this share of the requests, by chance."""

    def answer(asked: Asked) -> Reply:
        return random.choice(failures) if random.random() < share else well(asked)

    return answer


class Endpoint:
    """The server, on a thread of its own. `script` may be changed at any time.

    url: without a slash at its end. asked: all requests, in the order they came.
    """

    def __init__(self, script: Script) -> None:
        self.script = script
        self.asked: list[Asked] = []
        self.most_at_once = 0
        self._at_once = 0
        self._port = 0
        self._going = asyncio.Event()
        self._going.set()
        # Set when the server ends: what still waits then is cut.
        self._ending = asyncio.Event()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._runner: web.AppRunner | None = None

    def __enter__(self) -> Endpoint:
        self._thread.start()
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def start(self) -> None:
        """Listen; on the same port as before."""
        self._call(self._start())

    def stop(self) -> None:
        """Cut all connections and refuse new ones, as a dead process does."""
        self._call(self._stop())

    def pause(self) -> None:
        """Take requests and let them wait."""
        self._loop.call_soon_threadsafe(self._going.clear)

    def go_on(self) -> None:
        """Answer those that wait."""
        self._loop.call_soon_threadsafe(self._going.set)

    def _call(self, coroutine: Any) -> None:
        asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(30)

    async def _start(self) -> None:
        self._ending.clear()
        app = web.Application(client_max_size=10_000_000)
        app.router.add_route("*", "/{path:.*}", self._answer)
        self._runner = web.AppRunner(
            app, shutdown_timeout=0, access_log=None, handler_cancellation=True
        )
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self._port, reuse_address=True)
        await site.start()
        self._port = self._runner.addresses[0][1]

    async def _stop(self) -> None:
        if self._runner is not None:
            runner, self._runner = self._runner, None
            self._ending.set()
            self._going.set()
            await runner.cleanup()

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        asked = Asked(request.path_qs, dict(request.headers), await request.json())
        self.asked.append(asked)
        self._at_once += 1
        self.most_at_once = max(self.most_at_once, self._at_once)
        try:
            await self._going.wait()
            return await self._send(request, self.script(asked))
        finally:
            self._at_once -= 1

    async def _send(self, request: web.Request, told: Reply) -> web.StreamResponse:
        if told.late_s != 0:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._ending.wait(), told.late_s)
        if not (told.drop or self._ending.is_set()):
            return web.Response(status=told.status, body=told.body, headers=told.headers)
        response = web.StreamResponse(headers={"Content-Length": "1000"})
        if told.body:
            await response.prepare(request)
            await response.write(told.body)
        assert request.transport is not None
        request.transport.abort()
        return response
