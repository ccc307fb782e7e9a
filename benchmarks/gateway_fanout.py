"""The gateway without a guard: verdicts that were made before go out to all who listen.

python -m benchmarks.gateway_fanout     prints its address and a path; `POST /go` makes events
"""

from __future__ import annotations

import asyncio
import threading
import time
from typing import Any

from connectors.gateway.admission import Admission
from connectors.gateway.api import create_app
from connectors.gateway.auth.gatekeeper import ANYONE, Gatekeeper
from connectors.gateway.auth.keychain import Keychain
from connectors.gateway.auth.origins import Origins
from connectors.gateway.auth.redemptions import OwnRedemptions
from connectors.gateway.auth.settings import AuthSettings
from connectors.gateway.auth.stream_ids import StreamIds
from connectors.gateway.auth.tickets import Tickets
from connectors.gateway.limits.settings import LimitSettings
from connectors.gateway.memory_bus import MemoryBus
from connectors.gateway.proxy.settings import ProxySettings
from connectors.gateway.server import HttpServer, bind
from connectors.gateway.service import Service
from connectors.memory import MemoryTopics
from guardrails.events import Segment, Verdict, encode
from guardrails.guardrail import Action


def verdict(stream_id: str, number: int, *, is_last: bool) -> bytes:
    at = 9 * number
    return encode(
        Verdict(
            stream_id=stream_id,
            seq=number,
            action=Action.ALLOW,
            segments=(Segment(at, at + 9, "One two. "),),
            frontier=at + 9,
            held=0,
            findings=(),
            checkpoint="chunk",
            state="complete" if is_last else "active",
            # Without one there is no audit record to wait for.
            policy_version="",
        )
    )


def main() -> None:
    """Serve until ended."""
    topics, keychain = MemoryTopics(1), Keychain([b"s" * 32])
    settings = AuthSettings.from_env({})
    ids = StreamIds(keychain)
    service = Service(
        bus=MemoryBus(topics, "3f9a01c2", kept_s=900),
        gatekeeper=Gatekeeper(settings),
        ids=ids,
        tickets=Tickets(keychain, OwnRedemptions(time.time), time.time),
        origins=Origins([]),
        admission=Admission(LimitSettings.from_env({}), idle_s=300),
    )
    app = create_app(service, ProxySettings.from_env({}), only_loopback_names=True)
    stream_id = ids.new(ANYONE)

    def tell(count: int) -> None:
        for number in range(count):
            value = verdict(stream_id, number, is_last=number == count - 1)
            topics.append("verdicts", stream_id.encode(), value)

    async def served(scope: Any, receive: Any, send: Any) -> None:
        if scope["path"] != "/go":
            await app(scope, receive, send)
            return
        count = int((await receive())["body"])
        headers = [(b"content-length", b"2")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"{}"})
        # On a thread of its own, as a flow is.
        await asyncio.to_thread(tell, count)

    server = HttpServer(served, service, bind("127.0.0.1", 0))
    server.start()
    print(server.url, f"/v1/streams/{stream_id}/events?detail=concise", flush=True)
    threading.Event().wait()


if __name__ == "__main__":
    main()
