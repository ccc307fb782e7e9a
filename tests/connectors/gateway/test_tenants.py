"""Every kind of credential against every route of somebody's stream: one table of answers."""

from __future__ import annotations

import itertools
import json
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from connectors.gateway.auth.api_key import ApiKey
from flows.gateway import Embedded
from guardrails import default_plan
from guardrails.plans import Plans
from tests.gateway import Client, Gateway, running, text_of

TEXT = "Write to ada@example.com today. "
SAFE = "Write to [EMAIL_ADDRESS] today. "
# Whom each key speaks for: tenant, name, scopes.
KEYS: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "owner": ("acme", "plugin", ("streams:write", "streams:read")),
    "reading": ("acme", "plugin", ("streams:read",)),
    "writing": ("acme", "plugin", ("streams:write",)),
    "colleague": ("acme", "other", ("streams:write", "streams:read")),
    "admin": ("acme", "boss", ("admin",)),
    "all": ("acme", "root", ("streams:write", "streams:read", "admin")),
    "foreign": ("zeta", "plugin", ("streams:write", "streams:read")),
    "foreign-admin": ("zeta", "boss", ("streams:write", "streams:read", "admin")),
    "expired": ("acme", "plugin", ("streams:write", "streams:read", "admin")),
    "disabled": ("acme", "plugin", ("streams:write", "streams:read", "admin")),
    "none": ("", "", ()),
    "unknown": ("", "", ()),
}
ENTRY = {"expired": "expires: 2001-01-01", "disabled": "disabled: true"}


def answers(*by_credential: int) -> dict[str, int]:
    """Answers to the credentials in the order of KEYS; whom nobody knows is answered alike."""
    return dict(zip(KEYS, [*by_credential, 401, 401, 401, 401], strict=True))


#                owner read writ coll admi all  fore f-admin
READS = answers(*(200, 200, 403, 404, 200, 200, 404, 404))
WRITES = answers(*(200, 403, 200, 404, 403, 404, 404, 404))
BEGINS = answers(*(200, 403, 200, 200, 403, 200, 200, 200))
RULES = answers(*(404, 404, 403, 404, 403, 404, 404, 404))
OPERATES = answers(*(403, 403, 403, 403, 200, 200, 403, 200))
# Who may ask a provider learns that this is no request, in the words of its API.
PROXIES = answers(*(400, 403, 400, 400, 403, 400, 400, 400))
# Close codes of a WebSocket: HTTP's with 4000 before, 1000 where the stream is told to its end.
SOCKET = {who: 1000 if status == 200 else 4000 + status for who, status in READS.items()}
# What names no stream and tells nothing of any.
PUBLIC = dict.fromkeys(KEYS, 200)

TABLE: dict[tuple[str, str], dict[str, int]] = {
    ("POST", "/v1/stream/start"): BEGINS,
    ("POST", "/v1/check"): BEGINS,
    ("POST", "/v1/stream/update"): WRITES,
    ("POST", "/v1/stream/finish"): WRITES,
    ("GET", "/v1/stream/status"): READS,
    ("GET", "/v1/streams/{stream_id}/events"): READS,
    ("GET", "/stream/pipeline/{stream_id}"): READS,
    ("GET", "/v1/streams/{stream_id}/poll"): READS,
    ("POST", "/v1/streams/{stream_id}/ticket"): READS,
    ("WS", "/v1/streams/{stream_id}/ws"): SOCKET,
    ("WS", "/ws/pipeline/{stream_id}"): SOCKET,
    # No rules are signed here: who may ask learns that.
    ("GET", "/v1/rules"): RULES,
    ("POST", "/v1/chat/completions"): PROXIES,
    ("POST", "/v1/responses"): PROXIES,
    ("POST", "/v1/messages"): PROXIES,
    ("POST", "/v1beta/models/{call}"): PROXIES,
    ("POST", "/v1/models/{call}"): PROXIES,
    ("GET", "/v1/samples"): BEGINS,
    ("GET", "/v1/operations"): OPERATES,
    ("GET", "/healthz"): PUBLIC,
    ("GET", "/readyz"): PUBLIC,
    ("GET", "/metrics"): PUBLIC,
    ("GET", "/openapi.json"): PUBLIC,
    ("GET", "/"): PUBLIC,
    ("GET", "/operations"): PUBLIC,
    ("GET", "/page/{name}"): PUBLIC,
}


def bodies(stream: str) -> dict[str, dict[str, Any]]:
    return {
        "/v1/stream/start": {},
        "/v1/check": {"content": "a"},
        "/v1/stream/update": {"streamId": stream, "delta": TEXT, "seq": 0},
        "/v1/stream/finish": {"streamId": stream},
    }


def address(path: str, stream: str) -> str:
    if path == "/v1/stream/status":
        return f"{path}?streamId={stream}"
    return path.format(stream_id=stream, name="index.html", call="one:generateContent")


@pytest.fixture(scope="module")
def secrets() -> dict[str, str]:
    """Credentials by who has them, as headers carry them."""
    return {who: ApiKey.new().text for who in KEYS if who != "none"}


@pytest.fixture(scope="module")
def guarded(secrets: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    lines = ["keys:"]
    for who, text in secrets.items():
        key, (tenant, name, scopes) = ApiKey.parse(text), KEYS[who]
        if not tenant:
            continue
        assert key is not None
        lines += [
            f"  - id: {key.id}",
            f"    hash: {key.digest}",
            f"    tenant: {tenant}",
            f"    name: {name}",
            f"    scopes: [{', '.join(scopes)}]",
        ]
        lines += [f"    {ENTRY[who]}"] if who in ENTRY else []
    file: Path = tmp_path_factory.mktemp("keys") / "keys.yaml"
    file.write_text("\n".join(lines) + "\n")
    # Nobody listens at port 9.
    away = {
        f"TIDEGATE_PROXY_{provider}_{name}": value
        for provider in ("OPENAI", "ANTHROPIC", "GEMINI")
        for name, value in (("URL", "http://127.0.0.1:9"), ("KEY", "theirs"))
    }
    with running(TIDEGATE_GATEWAY_KEYS_FILE=str(file), **away) as gateway:
        yield gateway


def headers_of(secrets: dict[str, str], who: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {secrets[who]}"} if who in secrets else {}


def caller(gateway: Gateway, secrets: dict[str, str], who: str) -> Client:
    return Client(gateway.url, **headers_of(secrets, who))


@pytest.fixture(scope="module")
def callers(guarded: Gateway, secrets: dict[str, str]) -> Iterator[dict[str, Client]]:
    found = {who: caller(guarded, secrets, who) for who in KEYS}
    yield found
    for client in found.values():
        client.http.close()


@pytest.fixture(scope="module")
def told(callers: dict[str, Client]) -> str:
    """A stream of the owner that is over: who may read it reads it to its end."""
    owner = callers["owner"]
    stream = owner.start()
    owner.send(stream, TEXT, 0)
    owner.finish(stream)
    return stream


def socket(gateway: Gateway, path: str, headers: dict[str, str]) -> ClientConnection:
    url = gateway.url.replace("http", "ws") + path
    return connect(url, additional_headers=headers, proxy=None)


def closed_with(gateway: Gateway, path: str, headers: dict[str, str]) -> tuple[int, str]:
    """The code a WebSocket is closed with, and all that was told before."""
    said = ""
    with socket(gateway, path, headers) as talk, suppress(ConnectionClosed):
        while True:
            said += str(talk.recv(10))
    assert talk.close_code is not None
    return talk.close_code, said


def test_the_table_has_a_row_for_every_route() -> None:
    def walk(routes: Any) -> Iterator[tuple[str, str]]:
        for route in routes:
            if (inner := getattr(route, "original_router", None)) is not None:
                yield from walk(inner.routes)
            elif methods := getattr(route, "methods", None):
                yield from ((method, route.path) for method in methods - {"HEAD"})
            else:
                yield "WS", route.path

    environ = {"TIDEGATE_GATEWAY_PORT": "0"}
    with Embedded(Plans(default_plan()), environ, threading.Event()) as gateway:
        app = gateway._server._server.config.app
        routes = set(walk(app.routes))  # type: ignore[union-attr]
    assert routes == set(TABLE)


@pytest.mark.parametrize(("method", "path"), TABLE, ids=lambda part: part.strip("/"))
def test_every_credential_gets_the_answer_of_the_table(
    guarded: Gateway,
    callers: dict[str, Client],
    secrets: dict[str, str],
    told: str,
    method: str,
    path: str,
) -> None:
    got, said = {}, {}
    for who, client in callers.items():
        stream = told
        if path in ("/v1/stream/update", "/v1/stream/finish"):
            stream = callers["owner"].start()
        at = address(path, stream)
        if method == "WS":
            got[who], said[who] = closed_with(guarded, at, headers_of(secrets, who))
            continue
        answer = client.http.request(method, at, json=bodies(stream).get(path))
        got[who], said[who] = answer.status_code, answer.text
        if TABLE[method, path] is PROXIES:
            continue
        if answer.status_code >= 400:
            assert answer.headers["content-type"] == "application/problem+json"
        if answer.status_code == 401:
            assert answer.headers["www-authenticate"].startswith("Bearer ")
    assert got == TABLE[method, path]
    for who, status in got.items():
        if status not in (200, 1000):
            assert "EMAIL" not in said[who]
            assert told not in said[who]


def test_whose_a_stream_is_cannot_be_told_from_one_that_never_was(
    callers: dict[str, Client], told: str
) -> None:
    for (method, path), expected in TABLE.items():
        if method == "WS" or ("status" not in path and "{stream_id}" not in path):
            continue
        for who in (who for who, status in expected.items() if status == 404):
            mine, never = (
                callers[who].http.request(method, address(path, stream))
                for stream in (told, "A" * 60)
            )
            assert (mine.status_code, mine.content) == (never.status_code, never.content)


def test_a_position_of_somebody_elses_stream_opens_nothing(
    guarded: Gateway, callers: dict[str, Client], secrets: dict[str, str], told: str
) -> None:
    events = callers["owner"].events(told)
    next(iter(events))
    for _ in events:
        if events.last_id:
            break
    assert events.last_id is not None
    for who in ("colleague", "foreign", "foreign-admin", "expired", "none"):
        http, status = callers[who].http, READS[who]
        path = f"/v1/streams/{told}"
        resumed = http.get(f"{path}/events", headers={"Last-Event-ID": events.last_id})
        polled = http.get(f"{path}/poll", params={"after": events.last_id})
        assert (resumed.status_code, polled.status_code) == (status, status)
        at = f"{path}/ws?last_event_id={events.last_id}"
        assert closed_with(guarded, at, headers_of(secrets, who)) == (4000 + status, "")


def test_a_ticket_is_good_for_its_stream_and_its_purpose_alone(
    guarded: Gateway, callers: dict[str, Client], told: str
) -> None:
    def ticket(who: str, stream: str, purpose: str) -> str:
        at = f"/v1/streams/{stream}/ticket"
        answer = callers[who].http.post(at, params={"purpose": purpose})
        found: str = answer.json()["ticket"]
        return found

    theirs = callers["foreign"].start()
    anonymous = callers["none"].http
    for who, stream in (("foreign", theirs), ("owner", callers["owner"].start())):
        wrong = ticket(who, stream, "events")
        # Tried again and again: it is spent only where it fits.
        for path in ("events", "poll"):
            answer = anonymous.get(f"/v1/streams/{told}/{path}", params={"ticket": wrong})
            assert answer.status_code == 401
        at = f"/v1/streams/{stream}/ws?ticket={wrong}"
        assert closed_with(guarded, at, {})[0] == 4401
        assert (
            anonymous.get(f"/v1/stream/status?streamId={stream}&ticket={wrong}").status_code == 401
        )
        answer = anonymous.post("/v1/stream/update", json={}, params={"ticket": wrong})
        assert answer.status_code in (401, 422)
    right = ticket("admin", told, "events")
    reader = Client(guarded.url)
    told_to_ticket = list(reader.events(told, ticket=right))
    reader.http.close()
    partial = [event for event in told_to_ticket if event["type"] == "partial_result"]
    assert text_of(*partial) == SAFE


@pytest.mark.parametrize("who", ["reading", "admin", "all"])
def test_who_may_only_read_a_stream_sends_nothing_on_its_websocket(
    guarded: Gateway, callers: dict[str, Client], secrets: dict[str, str], who: str
) -> None:
    stream = callers["owner"].start()
    with socket(guarded, f"/v1/streams/{stream}/ws", headers_of(secrets, who)) as talk:
        for message in ({"type": "update", "delta": "a", "seq": 0}, {"type": "finish"}):
            talk.send(json.dumps(message))
            said = itertools.takewhile(lambda told: told["type"] != "error", _messages(talk))
            assert "answer" not in [told["type"] for told in said]
    status = callers["owner"].http.get("/v1/stream/status", params={"streamId": stream})
    assert (status.json()["state"], status.json()["frontier"]) == ("active", 0)


def _messages(talk: ClientConnection) -> Iterator[dict[str, Any]]:
    while True:
        yield json.loads(talk.recv(10))


def test_one_bad_stream_among_several_updates_is_refused_alone(
    callers: dict[str, Client], told: str
) -> None:
    foreign = callers["foreign"]
    own = foreign.start()
    updates = [
        {"streamId": own, "delta": "Hello there. ", "seq": 0},
        {"streamId": told, "delta": "Hello there. ", "seq": 1},
    ]
    results = foreign.post("/v1/stream/update", updates=updates).json()["results"]
    assert results[0]["frontier"] > 0
    assert results[1]["problem"]["status"] == 404


def test_operators_see_the_streams_of_their_tenant_alone(callers: dict[str, Client]) -> None:
    stream = callers["foreign"].start()
    callers["foreign"].send(stream, "Hello there. ", 0)
    shown = {
        who: callers[who].http.get("/v1/operations").text for who in ("admin", "foreign-admin")
    }
    assert stream[:8] in shown["foreign-admin"]
    assert stream[:8] not in shown["admin"]
    assert stream not in shown["foreign-admin"]
