"""What JavaScript says of bundles that were changed, are old, or come from somebody else."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from connectors.gateway.rules.bundle import bundle, canonical
from connectors.gateway.rules.signing import RuleSigner
from guardrails.policy_text import parse_policy
from tests.node import run_node

HERE = Path(__file__).parent
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
NOW_MS = int(NOW.timestamp() * 1000)
HOUR = timedelta(hours=1)


def signer(number: int) -> RuleSigner:
    return RuleSigner(Ed25519PrivateKey.from_private_bytes(bytes([number]) * 32))


OURS, NEXT, FOREIGN = signer(1), signer(2), signer(3)


@cache
def signed(version: int = 5, *, issued_at: datetime = NOW, by: RuleSigner = OURS) -> dict[str, str]:
    policy = parse_policy("name: small\nguardrails: {email: {}}\n", "small.yaml")
    made = bundle(policy, version, issued_at, HOUR)
    document: dict[str, str] = json.loads(by.sign(made.content))
    return document


def encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "==")


def say(body: Any, without: str = "", **options: Any) -> dict[str, Any]:
    """What the verifier says of one document: see the program beside this file."""
    given = {"keys": [OURS.public_key], "now": NOW_MS + 60_000} | options
    body = body if isinstance(body, str) else json.dumps(body)
    row = {"body": body, "options": given, "without": without}
    said: dict[str, Any] = run_node(HERE / "verify.mjs", rows=[row])[0]
    return said


def test_a_bundle_is_accepted_and_gives_its_version() -> None:
    assert say(signed()) == {"version": 5}
    assert say(signed(), policy="small") == {"version": 5}


def changed_content() -> dict[str, str]:
    document = signed()
    content = decode(document["payload"]).replace(b'"redact"', b'"allow"')
    assert content != decode(document["payload"])
    return document | {"payload": encode(content)}


def changed_header(**values: str) -> dict[str, str]:
    header = json.loads(decode(signed()["protected"])) | values
    return signed() | {"protected": encode(canonical(header))}


def with_own_key() -> dict[str, str]:
    """Signed by a stranger who brings the key along, under the id of ours."""
    header = {"alg": "EdDSA", "kid": OURS.key_id, "typ": "tidegate-rules+jws"}
    protected = encode(canonical(header | {"jwk": json.dumps(FOREIGN.public_key)}))
    return resign(protected)


def resign(protected: str) -> dict[str, str]:
    payload = signed()["payload"]
    key = Ed25519PrivateKey.from_private_bytes(bytes([3]) * 32)
    signature = encode(key.sign(f"{protected}.{payload}".encode()))
    return {"protected": protected, "payload": payload, "signature": signature}


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        (changed_content(), "bad-signature"),
        (signed() | {"signature": signed(6)["signature"]}, "bad-signature"),
        (signed() | {"signature": ""}, "bad-signature"),
        (signed(by=FOREIGN), "unknown-key"),
        (resign(signed()["protected"]), "bad-signature"),
        (with_own_key(), "malformed"),
        (changed_header(alg="none"), "malformed"),
        (changed_header(alg="HS256"), "malformed"),
        (changed_header(typ="JWT"), "malformed"),
        (changed_header(kid="another"), "unknown-key"),
        (signed() | {"payload": "?"}, "bad-signature"),
        (signed() | {"signature": "A"}, "malformed"),
        ({"payload": "e30"}, "malformed"),
        ("<html>", "malformed"),
        ("null", "malformed"),
    ],
    ids=str,
)
def test_what_is_not_exactly_what_we_signed_is_refused(document: Any, reason: str) -> None:
    assert say(document)["refused"] == reason


def test_one_changed_bit_anywhere_is_refused() -> None:
    document = signed()
    rows = []
    for name in ("payload", "protected", "signature"):
        data = decode(document[name])
        for at in range(0, len(data), max(1, len(data) // 60)):
            flipped = data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]
            body = json.dumps(document | {name: encode(flipped)})
            options = {"keys": [OURS.public_key], "now": NOW_MS}
            rows.append({"body": body, "options": options})
    said = run_node(HERE / "verify.mjs", rows=rows)
    assert len(said) > 150
    assert all("refused" in one for one in said)


def test_what_is_signed_and_of_another_format_is_refused() -> None:
    content = json.loads(decode(signed()["payload"])) | {"format": 2}
    assert say(OURS.sign(canonical(content)).decode())["refused"] == "malformed"
    del content["rules"]
    assert say(OURS.sign(canonical(content | {"format": 1})).decode())["refused"] == "malformed"


def test_a_bundle_of_another_policy_is_refused() -> None:
    assert say(signed(), policy="other")["refused"] == "wrong-policy"


def test_a_bundle_is_refused_from_the_moment_it_expires() -> None:
    end = NOW_MS + 3_600_000
    assert say(signed(), now=end - 1) == {"version": 5}
    assert say(signed(), now=end)["refused"] == "expired"


def test_an_older_bundle_is_refused_and_a_rollback_under_a_newer_number_is_not() -> None:
    last = {"policy": "small", "version": 5, "issued_at": "2026-03-01T12:00:00Z"}
    older = signed(5, issued_at=NOW - timedelta(minutes=30))
    newer = signed(5, issued_at=NOW + timedelta(minutes=30))
    said = [say(one, last=last) for one in (signed(4), older, signed(5), newer, signed(6))]
    assert [one.get("refused", one.get("version")) for one in said] == [
        *("older", "older", 5, 5, 6),
    ]
    assert say(signed(4), last=last | {"policy": "another"}) == {"version": 4}


def test_keys_are_changed_by_knowing_both_for_a_while() -> None:
    both = [OURS.public_key, NEXT.public_key]
    assert say(signed(), keys=both) == {"version": 5}
    assert say(signed(by=NEXT), keys=both) == {"version": 5}
    assert say(signed(), keys=[NEXT.public_key])["refused"] == "unknown-key"


def test_two_keys_of_one_id_do_not_help_a_stranger() -> None:
    mixed = FOREIGN.public_key | {"kid": OURS.key_id}
    assert say(signed(), keys=[mixed])["refused"] == "bad-signature"


@pytest.mark.parametrize(("without", "hint"), [("crypto", "https"), ("ed25519", "Ed25519")])
def test_a_browser_that_cannot_verify_refuses_and_says_why(without: str, hint: str) -> None:
    said = say(signed(), without)
    assert said["refused"] == "unsupported"
    assert hint in said["message"]
