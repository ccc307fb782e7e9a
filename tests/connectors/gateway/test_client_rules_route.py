"""`GET /v1/rules` and limits over HTTP, against a gateway that has a key and few of everything."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from tests.gateway import Client, Gateway, running

LIMITS = """
default:
  user_updates: 5/minute
  user_streams: 2
"""


@pytest.fixture(scope="module")
def strict(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    directory: Path = tmp_path_factory.mktemp("strict")
    pem = Ed25519PrivateKey.generate().private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
    )
    (directory / "key.pem").write_bytes(pem)
    (directory / "limits.yaml").write_text(LIMITS)
    with running(
        TIDEGATE_RULES_KEY_FILE=str(directory / "key.pem"),
        TIDEGATE_GATEWAY_LIMITS_FILE=str(directory / "limits.yaml"),
    ) as gateway:
        yield gateway


def test_rules_are_served_signed_and_asked_for_again_cheaply(strict: Gateway) -> None:
    client = Client(strict.url)
    first = client.http.get("/v1/rules")
    assert first.status_code == 200
    assert {"payload", "protected", "signature"} <= set(first.json())
    again = client.http.get("/v1/rules", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert client.http.get("/v1/rules", params={"policy": "nobody's"}).status_code == 422
    told = client.post("/v1/stream/start", context={"userId": "a"}).json()
    assert told["clientRules"]["href"] == "/v1/rules"
    assert told["clientRules"]["version"] > 0
    client.finish(told["streamId"])
    client.http.close()


def test_a_gateway_without_a_key_says_so(client: Client) -> None:
    answer = client.http.get("/v1/rules")
    assert (answer.status_code, answer.json()["type"]) == (404, "urn:tidegate:problem:no-rules")


def test_a_user_who_sends_too_much_waits_and_others_go_on(strict: Gateway) -> None:
    client = Client(strict.url)
    stream = client.start(context={"userId": "busy"})
    for seq in range(4):
        client.send(stream, "a ", seq)
    refused = client.post("/v1/stream/update", streamId=stream, delta="a ", seq=4)
    assert refused.status_code == 429
    assert refused.headers["content-type"] == "application/problem+json"
    assert int(refused.headers["retry-after"]) > 0
    assert "user-updates" in refused.headers["ratelimit-policy"]
    assert refused.json()["violated-policies"] == ["user-updates"]
    other = client.start(context={"userId": "calm"})
    assert client.send(other, "a ", 0)["action"] == "allow"
    # The end of a stream is never refused: it frees what it holds.
    assert client.finish(stream)["state"] == "complete"
    client.finish(other)
    client.http.close()


def test_a_user_has_so_many_streams_open_at_once(strict: Gateway) -> None:
    client = Client(strict.url)
    context = {"userId": "wide"}
    streams = [client.start(context=context) for _ in range(2)]
    refused = client.post("/v1/stream/start", context=context)
    assert (refused.status_code, refused.json()["violated-policies"]) == (429, ["user-streams"])
    client.finish(streams[0])
    assert client.post("/v1/stream/start", context=context).status_code == 200
    client.http.close()
