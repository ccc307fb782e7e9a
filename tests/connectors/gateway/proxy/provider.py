"""A provider on loopback that answers with what a test hands it, cut as the test says."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from aiohttp import web


class Script(NamedTuple):
    """One answer. pieces: of its body, written one by one. cut_off: the connection ends before the
    end is told. pause_s: between two pieces. fails: so many requests are answered 503 before.
    thinks_s: before the head. headers: of the answer.
    """

    pieces: Sequence[bytes]
    content_type: str = "text/event-stream"
    status: int = 200
    cut_off: bool = False
    pause_s: float = 0.0
    fails: int = 0
    thinks_s: float = 0.0
    headers: Mapping[str, str] = {}


class Seen(NamedTuple):
    """One request as it came."""

    path: str
    headers: Mapping[str, str]
    body: bytes


class Provider:
    """Answers by the script of the moment. url: of its root."""

    def __init__(self) -> None:
        self.script = Script([b""])
        self.seen: list[Seen] = []
        # Set when a caller has gone before its answer was written.
        self.left = threading.Event()
        self.url = ""

    def plays(self, *pieces: bytes, **more: object) -> None:
        self.script = Script(pieces, **more)  # type: ignore[arg-type]
        self.seen.clear()
        self.left.clear()

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        path = request.path_qs
        self.seen.append(Seen(path, dict(request.headers), await request.read()))
        script = self.script
        if len(self.seen) <= script.fails:
            return web.Response(status=503)
        answer = web.StreamResponse(
            status=script.status, headers={"content-type": script.content_type, **script.headers}
        )
        try:
            await asyncio.sleep(script.thinks_s)
            await answer.prepare(request)
            for piece in script.pieces:
                await answer.write(piece)
                if script.pause_s:
                    await asyncio.sleep(script.pause_s)
            if script.cut_off:
                assert request.transport is not None
                request.transport.close()
                return answer
            await answer.write_eof()
        except (ConnectionError, asyncio.CancelledError):
            self.left.set()
            raise
        return answer

    @contextlib.contextmanager
    def running(self) -> Iterator[Provider]:
        loop = asyncio.new_event_loop()
        ready = threading.Event()

        async def serve() -> web.AppRunner:
            app = web.Application(client_max_size=2**24)
            app.router.add_route("*", "/{path:.*}", self._answer)
            runner = web.AppRunner(app, handler_cancellation=True)
            await runner.setup()
            site = web.TCPSite(runner, "127.0.0.1", 0)
            await site.start()
            assert runner.addresses
            self.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
            ready.set()
            return runner

        def run() -> None:
            asyncio.set_event_loop(loop)
            self._runner = loop.run_until_complete(serve())
            loop.run_forever()

        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        ready.wait(10)
        try:
            yield self
        finally:
            asyncio.run_coroutine_threadsafe(self._runner.cleanup(), loop).result(10)
            loop.call_soon_threadsafe(loop.stop)
            thread.join(10)
            loop.close()
