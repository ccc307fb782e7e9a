"""The guarded proxy: what it adds to each token of a provider that writes 50 a second."""

from __future__ import annotations

import asyncio
import json
import re
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import quantiles

import aiohttp
from aiohttp import web

from benchmarks.figure import Figure
from tests.gateway import Gateway

RATE = 50
# Words of a reply that can be told apart when they come.
_TOKEN = re.compile(r"w(\d{4}) ")
_POLICIES = {"watching": "enforcement: audit_only", "holding": "enforcement: enforce"}


class _Provider:
    """Writes a reply at a steady pace and notes when each token left."""

    def __init__(self, tokens: int) -> None:
        self._tokens = tokens
        self.left: dict[str, list[float]] = {}
        self.url = ""

    async def start(self) -> None:
        app = web.Application()
        app.router.add_post("/v1/chat/completions", self._answer)
        self._runner = web.AppRunner(app)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    async def stop(self) -> None:
        await self._runner.cleanup()

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        left = self.left[(await request.json())["user"]] = []
        answer = web.StreamResponse(headers={"content-type": "text/event-stream"})
        await answer.prepare(request)
        began = time.monotonic()
        for number in range(self._tokens):
            await asyncio.sleep(max(0.0, began + number / RATE - time.monotonic()))
            left.append(time.monotonic())
            await answer.write(_event({"content": f"w{number:04} "}))
        await answer.write(_event({}, "stop") + b"data: [DONE]\n\n")
        await answer.write_eof()
        return answer


def _event(delta: dict[str, str], reason: str | None = None) -> bytes:
    choice = {"index": 0, "delta": delta, "finish_reason": reason}
    head = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m"}
    return b"data: " + json.dumps({**head, "choices": [choice]}).encode() + b"\n\n"


async def _read(
    http: aiohttp.ClientSession, provider: _Provider, base: str, name: str, policy: str
) -> tuple[list[float], float]:
    """Return each token's delay, from leaving the provider to being read, and the whole time."""
    headers = {"authorization": "Bearer k", "x-tidegate-policy": policy}
    body = json.dumps({"user": name, "stream": True, "messages": []})
    began = time.monotonic()
    came: dict[int, float] = {}
    text = ""
    async with http.post(f"{base}/v1/chat/completions", data=body, headers=headers) as answer:
        async for line in answer.content:
            if line.startswith(b"data: {"):
                choice = json.loads(line[6:])["choices"][0]
                text += choice["delta"].get("content") or ""
                for found in _TOKEN.finditer(text):
                    came.setdefault(int(found[1]), time.monotonic())
                text = text[text.rfind(" ") + 1 :]
    took = time.monotonic() - began
    left = provider.left[name]
    return [came[number] - left[number] for number in range(len(left))], took


async def _measure(tokens: int, streams: int) -> dict[str, tuple[list[float], list[float]]]:
    provider = _Provider(tokens)
    await provider.start()
    found: dict[str, tuple[list[float], list[float]]] = {}
    with tempfile.TemporaryDirectory() as directory:
        files = []
        for name, enforcement in _POLICIES.items():
            file = Path(directory) / f"{name}.yaml"
            rules = "guardrails: {pii: {}, secrets: {}}"
            file.write_text(f"name: {name}\n{enforcement}\n{rules}\n")
            files.append(str(file))
        # With a variable of Python's it is an interpreter of its own, as it is for users.
        environ = {
            "TIDEGATE_PROXY_OPENAI_URL": f"{provider.url}/v1",
            "PYTHONUNBUFFERED": "1",
        }
        gateway = await asyncio.to_thread(Gateway, "--policy", ",".join(files), **environ)
        try:
            async with aiohttp.ClientSession() as http:
                for kind in ("direct", *_POLICIES):
                    base = provider.url if kind == "direct" else gateway.url
                    read = [
                        _read(http, provider, base, f"{kind}-{number}", kind)
                        for number in range(streams)
                    ]
                    results = await asyncio.gather(*read)
                    found[kind] = (
                        [delay for delays, _ in results for delay in delays],
                        [took for _, took in results],
                    )
        finally:
            await asyncio.to_thread(gateway.stop)
            await provider.stop()
    return found


def measure(*, quick: bool) -> Iterator[Figure]:
    """Measure tokens through the proxy beside tokens without it, 10 replies at a time."""
    found = asyncio.run(_measure(100 if quick else 400, 10))
    direct, whole = found["direct"]
    for kind, what in (("watching", "audit_only, no hold"), ("holding", "with its hold")):
        delays, times = found[kind]
        added = (quantiles(delays, n=100)[49] - quantiles(direct, n=100)[49]) * 1000
        worst = (quantiles(delays, n=100)[98] - quantiles(direct, n=100)[98]) * 1000
        limit = 5.0 if kind == "watching" else None
        yield Figure(
            measure="proxy",
            name=f"added to a token, p50, {what}",
            value=added,
            unit="ms",
            at_most=limit,
            note=f"p99 {worst:.1f} ms; {len(delays):,} tokens at {RATE}/s",
        )
        yield Figure(
            measure="proxy",
            name=f"added to a reply, {what}",
            value=100 * (sum(times) / sum(whole) - 1),
            unit="%",
            at_most=5.0,
            note=f"{sum(whole) / len(whole):.1f} s without the proxy",
        )
