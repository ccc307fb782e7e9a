from __future__ import annotations

import base64
import gzip
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import zstandard
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from jwt import PyJWK, PyJWS

from connectors.gateway.rules.bundle import bundle
from connectors.gateway.rules.client_rule import select
from connectors.gateway.rules.rule_bundles import InForce, RuleBundles, in_force_by
from connectors.gateway.rules.signing import RuleSigner
from connectors.settings import SettingError
from guardrails.plan import Plan
from guardrails.plans import Plans
from guardrails.policy import Policy
from guardrails.policy_text import parse_policy

NOW = datetime(2026, 3, 1, 12, 34, 56, tzinfo=UTC)
SEED = "9d" * 32
PATTERN = "{id: case-no, type: CASE, expression: 'CASE-[0-9]+'}"
SMALL = f"name: small\nguardrails: {{email: {{}}, patterns: {{rules: [{PATTERN}]}}}}\n"

MIXED = """
name: mixed
guardrails:
  email: {}
  phone: {}
  length: {max_chars: 100}
  json: {}
  system-prompt: {prompts: ["You are the helpful assistant of the harbour office of Tide City."]}
  keywords: {mode: monitor, phrases: [bluebird]}
  toxicity: {}
  judge: {url: "http://127.0.0.1:9/v1", model: strict, rubric: "Is it about ships?"}
"""


def policy_of(text: str) -> Policy:
    return parse_policy(text, "test.yaml")


def signer() -> RuleSigner:
    made = RuleSigner.from_env({"TIDEGATE_RULES_KEY": SEED})
    assert made is not None
    return made


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


def bundles_of(text: str, version: int = 7, **options: Any) -> tuple[RuleBundles, Clock]:
    clock, policy = Clock(), policy_of(text)

    def in_force(name: str | None) -> InForce | None:
        return InForce(policy, version) if name in (None, policy.name) else None

    return RuleBundles(signer(), in_force, now=clock, **options), clock


def content_of(body: bytes) -> dict[str, Any]:
    payload = json.loads(body)["payload"]
    content: dict[str, Any] = json.loads(base64.urlsafe_b64decode(payload + "=="))
    return content


def test_a_bundle_is_the_same_bytes_for_the_same_policy_version_and_time() -> None:
    made = [bundle(policy_of(SMALL), 3, NOW, timedelta(hours=1)) for _ in range(2)]
    assert made[0].content == made[1].content
    content = json.loads(made[0].content)
    assert (content["policy"], content["version"]) == ("small", 3)
    assert content["policy_version"] == policy_of(SMALL).version
    assert content["issued_at"] == "2026-03-01T12:34:56Z"
    assert content["expires_at"] == "2026-03-01T13:34:56Z"
    assert [rule["id"] for rule in content["rules"]] == ["email", "case-no"]


def test_only_what_clients_may_run_is_handed_out_and_the_rest_is_listed_with_its_reason() -> None:
    policy = policy_of(MIXED)
    chosen = select(policy)
    assert {rule["guardrail"] for rule in chosen.rules} == {"email", "phone"}
    reasons = {left.rule: left.reason for left in chosen.left_out}
    assert "not written in JavaScript" in reasons["phone-national"]
    assert "class moderate" in reasons["toxicity"]
    assert "class slow" in reasons["judge"]
    assert "monitor" in reasons["keywords"]
    assert "client-safe" in reasons["length"]
    handed = json.dumps(chosen.rules)
    for hidden in ("harbour", "bluebird", "phone-national", "toxicity", "ships"):
        assert hidden not in handed


@pytest.mark.parametrize("withheld", ["patterns", "content"])
def test_what_is_withheld_is_not_handed_out(withheld: str) -> None:
    bundles, _ = bundles_of(SMALL, withheld=frozenset({withheld}))
    signed = bundles.current()
    assert signed is not None
    assert [rule["id"] for rule in content_of(signed.body)["rules"]] == ["email"]
    assert [(left.rule, "withheld" in left.reason) for left in bundles.left_out()] == [
        ("case-no", True)
    ]


def test_an_audit_only_policy_hands_nothing_out() -> None:
    chosen = select(policy_of(SMALL + "enforcement: audit_only\n"))
    assert not chosen.rules
    assert {left.rule for left in chosen.left_out} == {"email", "case-no"}


def test_another_library_verifies_the_signature() -> None:
    bundles, _ = bundles_of(SMALL)
    signed = bundles.current()
    assert signed is not None
    parts = json.loads(signed.body)
    compact = ".".join(parts[name] for name in ("protected", "payload", "signature"))
    verified = PyJWS().decode_complete(
        compact, PyJWK(bundles.public_key | {"alg": "EdDSA"}), algorithms=["EdDSA"]
    )
    assert verified["header"]["kid"] == bundles.public_key["kid"]
    assert json.loads(verified["payload"])["version"] == 7


def test_the_signature_is_of_header_and_content() -> None:
    bundles, _ = bundles_of(SMALL)
    signed = bundles.current()
    assert signed is not None
    parts = json.loads(signed.body)
    raw = base64.urlsafe_b64decode(bundles.public_key["x"] + "==")
    key = Ed25519PublicKey.from_public_bytes(raw)
    signature = base64.urlsafe_b64decode(parts["signature"] + "==")
    key.verify(signature, f"{parts['protected']}.{parts['payload']}".encode())
    with pytest.raises(InvalidSignature):
        key.verify(signature, f"{parts['protected']}.{parts['payload']}A".encode())


def test_replicas_send_the_same_bytes_until_half_of_the_life_is_over() -> None:
    bundles, clock = bundles_of(SMALL, ttl=timedelta(hours=4))
    other, other_clock = bundles_of(SMALL, ttl=timedelta(hours=4))
    other_clock.now += timedelta(minutes=11)
    first, second = bundles.current(), other.current()
    assert first is not None
    assert second is not None
    assert (first.body, first.etag) == (second.body, second.etag)
    assert bundles.current() is first
    lives = []
    for _ in range(60):
        clock.now += timedelta(minutes=7)
        signed = bundles.current()
        assert signed is not None
        lives.append(signed.expires_at - clock.now)
    assert min(lives) >= timedelta(hours=2)
    assert signed.etag != first.etag


def test_a_policy_that_is_put_in_force_again_has_a_higher_version() -> None:
    old, new = policy_of(SMALL), policy_of(SMALL.replace("CASE-", "FILE-"))
    plans = Plans(Plan(old))
    clock = Clock()
    bundles = RuleBundles(signer(), in_force_by(plans, clock), now=clock)
    start_ms = int(NOW.timestamp() * 1000)
    versions, contents = [], []
    for number, policy in enumerate([None, new, old], 0):
        if policy is not None:
            plans.activate(policy, start_ms + number * 60_000)
        clock.now = NOW + timedelta(minutes=number)
        signed = bundles.current()
        assert signed is not None
        versions.append(signed.version)
        contents.append(content_of(signed.body)["policy_version"])
    assert versions == [0, start_ms + 60_000, start_ms + 120_000]
    assert contents == [old.version, new.version, old.version]


def test_an_activation_of_the_future_is_not_handed_out_yet() -> None:
    old, new = policy_of(SMALL), policy_of(SMALL.replace("CASE-", "FILE-"))
    plans, clock = Plans(Plan(old)), Clock()
    plans.activate(new, int(NOW.timestamp() * 1000) + 5_000)
    in_force = in_force_by(plans, clock)
    first = in_force(None)
    clock.now += timedelta(seconds=5)
    second = in_force("small")
    assert first is not None
    assert second is not None
    assert [first.policy, second.policy] == [old, new]
    assert in_force("another") is None


def test_versions_of_files_that_no_log_remembers_begin_with_the_process() -> None:
    in_force = in_force_by(Plans(Plan(policy_of(SMALL))), Clock(), least=1_234)
    found = in_force(None)
    assert found is not None
    assert found.version == 1_234


def test_an_answer_is_compressed_and_a_known_one_is_not_sent_again() -> None:
    bundles, _ = bundles_of(SMALL)
    plain = bundles.answer()
    packed = bundles.answer(accept_encoding="gzip, deflate, br")
    best = bundles.answer(accept_encoding="gzip, zstd")
    assert plain is not None
    assert packed is not None
    assert best is not None
    assert gzip.decompress(packed.body) == plain.body
    assert zstandard.decompress(best.body) == plain.body
    assert len(best.body) < len(plain.body) / 3
    tags = [answer.headers["ETag"] for answer in (plain, packed, best)]
    assert len(set(tags)) == 3
    assert "private" in plain.headers["Cache-Control"]
    assert packed.headers["Content-Encoding"] == "gzip"
    known = bundles.answer(if_none_match=f'"x", W/{tags[1]}', accept_encoding="gzip")
    assert known is not None
    assert (known.status, known.body, known.headers["ETag"]) == (304, b"", tags[1])
    changed = bundles.answer(if_none_match='"x"')
    assert changed is not None
    assert changed.status == 200


def test_a_new_stream_is_told_which_version_there_is() -> None:
    bundles, _ = bundles_of(SMALL, version=9)
    assert bundles.describe() == {
        "href": "/v1/rules",
        "policy": "small",
        "version": 9,
        "keyId": bundles.public_key["kid"],
    }
    assert bundles.describe("another") is None


def test_there_is_no_answer_about_an_unknown_policy() -> None:
    bundles, _ = bundles_of(SMALL)
    assert bundles.answer("another") is None
    assert bundles.left_out("another") == ()


def test_the_key_is_read_as_digits_as_pem_or_from_a_file(tmp_path: Any) -> None:
    key = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(SEED))
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    path = tmp_path / "rules.pem"
    path.write_text(pem)
    sources = [
        {"TIDEGATE_RULES_KEY": SEED},
        {"TIDEGATE_RULES_KEY": pem},
        {"TIDEGATE_RULES_KEY_FILE": str(path)},
    ]
    made = [RuleSigner.from_env(environ) for environ in sources]
    assert len({one.key_id for one in made if one is not None}) == 1
    assert None not in made
    assert RuleSigner.from_env({}) is None


def test_the_key_id_is_the_thumbprint_of_the_standard() -> None:
    # RFC 8037, appendix A.1 to A.3.
    seed = base64.urlsafe_b64decode("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=")
    made = RuleSigner(Ed25519PrivateKey.from_private_bytes(seed))
    assert made.public_key["x"] == "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"
    assert made.key_id == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"


@pytest.mark.parametrize(
    "wrong", ["secret" * 9, "zz" * 32, "-----BEGIN PRIVATE KEY-----\n" + "A" * 9]
)
def test_a_key_that_is_none_is_refused_and_not_repeated(wrong: str) -> None:
    with pytest.raises(SettingError, match="openssl") as refused:
        RuleSigner.from_env({"TIDEGATE_RULES_KEY": wrong})
    assert "secret" not in str(refused.value)
    assert wrong not in str(refused.value)
