"""Security headers: on every answer, and nothing waits for them."""

import asyncio
from typing import Any

import pytest

from connectors.gateway.auth.headers import SecurityHeaders


def run(app: Any, scheme: str = "http", kind: str = "http") -> list[dict[str, Any]]:
    sent: list[dict[str, Any]] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        return {"type": "http.request"}

    scope = {"type": kind, "scheme": scheme, "headers": []}
    asyncio.run(SecurityHeaders(app)(scope, receive, send))  # type: ignore[arg-type]
    return sent


def answers(*headers: tuple[bytes, bytes]) -> Any:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": list(headers)})
        await send({"type": "http.response.body", "body": b"x"})

    return app


def headers(sent: list[dict[str, Any]]) -> dict[str, str]:
    pairs = sent[0]["headers"]
    assert len({name for name, _ in pairs}) == len(pairs)
    return {name.decode(): value.decode() for name, value in pairs}


def test_an_answer_says_what_its_page_may_do() -> None:
    found = headers(run(answers()))
    policy = found["content-security-policy"].split("; ")
    for part in ("default-src 'self'", "connect-src 'self'", "worker-src 'self'"):
        assert part in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in found["content-security-policy"]
    assert found["x-content-type-options"] == "nosniff"
    assert found["referrer-policy"] == "no-referrer"


@pytest.mark.parametrize(("scheme", "present"), [("http", False), ("https", True)])
def test_hsts_is_sent_behind_https_alone(scheme: str, present: bool) -> None:
    assert ("strict-transport-security" in headers(run(answers(), scheme))) is present


def test_what_a_route_has_set_stays() -> None:
    own = (b"Content-Security-Policy", b"sandbox")
    sent = run(answers(own))
    found = [value for name, value in sent[0]["headers"] if name.lower() == own[0].lower()]
    assert found == [b"sandbox"]


def test_pieces_of_a_stream_pass_at_once_and_as_they_are() -> None:
    sent: list[Any] = []
    pieces = [
        {"type": "http.response.body", "body": b"%d" % i, "more_body": True} for i in range(5)
    ]
    seen_at_send: list[int] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200})
        for piece in pieces:
            await send(piece)
            seen_at_send.append(len(sent))

    async def send(message: Any) -> None:
        sent.append(message)

    asyncio.run(SecurityHeaders(app)({"type": "http"}, None, send))  # type: ignore[arg-type]
    assert seen_at_send == [2, 3, 4, 5, 6]
    assert all(one is other for one, other in zip(sent[1:], pieces, strict=True))


def test_a_socket_is_not_touched() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "websocket.accept"})

    assert run(app, kind="websocket") == [{"type": "websocket.accept"}]
