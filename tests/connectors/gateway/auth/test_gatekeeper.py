"""The one door: which header counts, and what is said to who has none."""

import asyncio
from pathlib import Path

import pytest

from connectors.gateway.auth.api_key import ApiKey
from connectors.gateway.auth.gatekeeper import ANYONE, Gatekeeper
from connectors.gateway.auth.principal import ALL_SCOPES, Forbidden, Principal, Scope, Unauthorized
from connectors.gateway.auth.settings import AuthSettings

KEY = ApiKey.new()


@pytest.fixture
def keeper(tmp_path: Path) -> Gatekeeper:
    file = tmp_path / "keys.yaml"
    file.write_text(
        f"keys:\n- {{id: {KEY.id}, hash: '{KEY.digest}', tenant: acme, name: plugin, "
        "scopes: ['streams:write']}\n"
    )
    return Gatekeeper(AuthSettings.from_env({"TIDEGATE_GATEWAY_KEYS_FILE": str(file)}))


def ask(
    keeper: Gatekeeper, authorization: str | None = None, api_key: str | None = None
) -> Principal:
    return asyncio.run(keeper.authenticate(authorization, api_key))


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER "])
def test_a_key_is_taken_as_a_bearers_as_sdks_send_it(keeper: Gatekeeper, scheme: str) -> None:
    assert ask(keeper, f"{scheme} {KEY.text}").tenant == "acme"


def test_a_key_is_taken_from_its_own_header(keeper: Gatekeeper) -> None:
    assert ask(keeper, None, KEY.text).name == "key:plugin"


@pytest.mark.parametrize(
    ("authorization", "api_key", "words"),
    [
        (None, None, "no credential"),
        ("", "", "no credential"),
        ("Basic dTpw", None, "not a bearer's"),
        ("Bearer", None, "not a bearer's"),
        (f"Bearer{KEY.text}", None, "not a bearer's"),
        (f"Bearer {KEY.text}", KEY.text, "two credentials"),
        ("Bearer sk-foreign", None, "no API key"),
        (f"Bearer {KEY.text},{KEY.text}", None, "no API key"),
        (None, "x", "no API key"),
    ],
    # Numbers: each process makes keys of its own.
    ids=range(9),
)
def test_whoever_sends_no_single_good_credential_is_told_what_to_send(
    keeper: Gatekeeper, authorization: str | None, api_key: str | None, words: str
) -> None:
    with pytest.raises(Unauthorized, match=words) as caught:
        ask(keeper, authorization, api_key)
    assert KEY.secret not in str(caught.value)
    assert "foreign" not in str(caught.value)
    assert caught.value.status == 401
    assert caught.value.challenge.startswith("Bearer ")


@pytest.mark.parametrize("authorization", [None, "Bearer sk-whatever", "Basic x"])
def test_an_open_gateway_serves_everybody_as_one_principal_whatever_they_send(
    authorization: str | None,
) -> None:
    keeper = Gatekeeper(AuthSettings.from_env({}))
    assert ask(keeper, authorization, "x") == ANYONE
    assert ANYONE.tenant == "default"
    assert ANYONE.scopes == ALL_SCOPES


def test_a_gateway_of_tokens_alone_takes_no_keys() -> None:
    environ = {
        "TIDEGATE_GATEWAY_JWT_ISSUER": "https://id.example",
        "TIDEGATE_GATEWAY_JWT_AUDIENCE": "tidegate",
    }
    with pytest.raises(Unauthorized, match="takes no API keys"):
        ask(Gatekeeper(AuthSettings.from_env(environ)), f"Bearer {KEY.text}")


@pytest.mark.parametrize("scope", Scope)
def test_no_scope_includes_another(scope: Scope) -> None:
    principal = Principal("acme", "key:plugin", frozenset({scope}))
    principal.require(scope)
    for other in ALL_SCOPES - {scope}:
        with pytest.raises(Forbidden, match=str(other)):
            principal.require(other)
