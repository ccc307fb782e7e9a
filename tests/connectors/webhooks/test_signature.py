"""Signatures, as receivers check them: with the specification's own library."""

import base64
import time

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook, WebhookVerificationError

from connectors.webhooks.signature import SecretError, Signer, new_keys, new_secret

BODY = '{"type":"audit","data":{"name":"Zoë"}}'.encode()


def headers(signature: str, message_id: str = "msg_1", now_s: int | None = None) -> dict[str, str]:
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(now_s or int(time.time())),
        "webhook-signature": signature,
    }


@given(st.binary(min_size=24, max_size=64), st.text())
def test_the_specifications_library_accepts_what_we_sign(key: bytes, text: str) -> None:
    secret = "whsec_" + base64.b64encode(key).decode()
    body = text.encode("utf-8", "replace")
    now_s = int(time.time())
    signature = Signer([secret]).sign("msg_1", now_s, body)
    Webhook(secret).verify(body, headers(signature, now_s=now_s), json_parse=False)


def test_the_library_refuses_what_was_changed() -> None:
    secret, now_s = new_secret(), int(time.time())
    signature = Signer([secret]).sign("msg_1", now_s, BODY)
    judge = Webhook(secret)
    assert judge.verify(BODY, headers(signature, now_s=now_s))["type"] == "audit"
    for body, given_headers in (
        (BODY.replace(b"audit", b"audi7"), headers(signature, now_s=now_s)),
        (BODY, headers(signature, "msg_2", now_s)),
        (BODY, headers(signature, now_s=now_s + 1)),
        (BODY, headers(Signer([new_secret()]).sign("msg_1", now_s, BODY), now_s=now_s)),
    ):
        with pytest.raises(WebhookVerificationError):
            judge.verify(body, given_headers)


def test_while_a_secret_is_replaced_both_receivers_are_content() -> None:
    old, new, now_s = new_secret(), new_secret(), int(time.time())
    signature = Signer([new, old]).sign("msg_1", now_s, BODY)
    for secret in (old, new):
        Webhook(secret).verify(BODY, headers(signature, now_s=now_s))


def test_a_key_pair_signs_beside_a_secret_and_its_public_half_verifies() -> None:
    private, public = new_keys()
    secret, now_s = new_secret(), int(time.time())
    signature = Signer([private, secret]).sign("msg_1", now_s, BODY)
    first, second = signature.split(" ")
    assert first.startswith("v1a,")
    assert second.startswith("v1,")
    Webhook(secret).verify(BODY, headers(signature, now_s=now_s))
    assert public.startswith("whpk_")
    key = Ed25519PublicKey.from_public_bytes(base64.b64decode(public.removeprefix("whpk_")))
    signed = f"msg_1.{now_s}.".encode() + BODY
    key.verify(base64.b64decode(first.removeprefix("v1a,")), signed)
    with pytest.raises(InvalidSignature):
        key.verify(base64.b64decode(first.removeprefix("v1a,")), signed + b" ")
    # The public half may stand behind the private one.
    seed = base64.b64decode(private.removeprefix("whsk_"))
    both = "whsk_" + base64.b64encode(seed + key.public_bytes_raw()).decode()
    assert Signer([both]).sign("msg_1", now_s, BODY) == first


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("geheim", "expected whsec_... or whsk_..."),
        ("whsec_geheim!", "expected base64 behind whsec_"),
        ("whsec_" + base64.b64encode(bytes(23)).decode(), "expected 24 to 64 bytes"),
        ("whsec_" + base64.b64encode(bytes(65)).decode(), "expected 24 to 64 bytes"),
        ("whsk_" + base64.b64encode(bytes(31)).decode(), "expected 32 or 64 bytes"),
        ("whpk_" + base64.b64encode(bytes(32)).decode(), "is a public key"),
    ],
)
def test_a_secret_that_cannot_be_one_is_refused_and_not_repeated(key: str, said: str) -> None:
    with pytest.raises(SecretError, match=said) as refused:
        Signer([key])
    assert key.partition("_")[2] not in str(refused.value) or "_" not in key


def test_no_two_new_secrets_are_the_same() -> None:
    assert len({new_secret() for _ in range(100)}) == 100
    assert len({new_keys() for _ in range(10)}) == 10
