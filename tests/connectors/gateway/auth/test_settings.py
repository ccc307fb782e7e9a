"""Settings of auth: nobody is served by accident, nothing is half set up."""

import pytest

from connectors.gateway.auth.settings import AuthSettings
from connectors.settings import SettingError

P = "TIDEGATE_GATEWAY_"
ISSUER = {f"{P}JWT_ISSUER": "https://id.example", f"{P}JWT_AUDIENCE": "tidegate"}


def refusal(environ: dict[str, str]) -> str:
    with pytest.raises(SettingError) as caught:
        AuthSettings.from_env(environ)
    return str(caught.value)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "localhost"])
def test_on_loopback_everybody_is_served_when_nothing_is_set_up(host: str) -> None:
    settings = AuthSettings.from_env({f"{P}HOST": host})
    assert settings.is_open
    assert settings.on_loopback


@pytest.mark.parametrize(
    "host", ["0.0.0.0", "::", "10.0.0.1", "gateway.example", "127.0.0.1.example", "2130706433"]
)
def test_elsewhere_a_gateway_without_keys_does_not_begin(host: str) -> None:
    told = refusal({f"{P}HOST": host})
    assert f"{P}KEYS_FILE" in told
    assert f"{P}OPEN=1" in told


def test_elsewhere_it_begins_when_somebody_says_so() -> None:
    assert AuthSettings.from_env({f"{P}HOST": "0.0.0.0", f"{P}OPEN": "1"}).is_open


@pytest.mark.parametrize("more", [{f"{P}KEYS_FILE": "keys.yaml"}, ISSUER])
def test_with_keys_or_tokens_it_is_not_open(more: dict[str, str]) -> None:
    assert not AuthSettings.from_env({f"{P}HOST": "0.0.0.0", **more}).is_open
    assert "would not hold" in refusal({f"{P}OPEN": "1", **more})


def test_tokens_need_an_audience() -> None:
    assert "made for other services" in refusal({f"{P}JWT_ISSUER": "https://id.example"})


def test_an_audience_needs_an_issuer() -> None:
    assert f"need {P}JWT_ISSUER" in refusal({f"{P}JWT_AUDIENCE": "tidegate"})


@pytest.mark.parametrize("algorithm", ["none", "HS256", "hs512", "NONE", "RS256,none", "XS1"])
def test_signatures_by_a_shared_secret_or_none_cannot_be_allowed(algorithm: str) -> None:
    assert "never accepted" in refusal({**ISSUER, f"{P}JWT_ALGORITHMS": algorithm})


@pytest.mark.parametrize(
    "url",
    ["http://id.example", "ftp://id.example", "https://", "id.example", "https://u:p@id.example"],
)
@pytest.mark.parametrize("name", ["JWT_ISSUER", "JWT_JWKS_URL"])
def test_keys_are_fetched_over_tls_alone(name: str, url: str) -> None:
    assert "expected https://" in refusal({**ISSUER, P + name: url})


def test_on_this_machine_they_may_come_without() -> None:
    AuthSettings.from_env({**ISSUER, f"{P}JWT_JWKS_URL": "http://127.0.0.1:9/keys"})


@pytest.mark.parametrize(
    "origin",
    [
        *("*", "null", "https://*.example", "https://a.example/", "a.example", "file://"),
        *("https://a.example/path", "https://u@a.example", "https://a.example:0", "https://ä.de"),
    ],
)
def test_origins_are_exact(origin: str) -> None:
    assert "expected an origin" in refusal({f"{P}ORIGINS": origin})


def test_origins_are_written_as_browsers_send_them() -> None:
    settings = AuthSettings.from_env(
        {f"{P}ORIGINS": "https://App.example:443, http://[::1]:80 https://b.example:8443"}
    )
    assert settings.origins == ("https://app.example", "http://[::1]", "https://b.example:8443")


def test_a_mistyped_setting_of_tokens_is_told() -> None:
    assert f"did you mean {P}JWT_AUDIENCE?" in refusal({f"{P}JWT_AUDIENSE": "x"})


@pytest.mark.parametrize(
    ("environ", "asked"),
    [
        ({}, True),
        ({f"{P}OPEN": "1"}, False),
        ({f"{P}KEYS_FILE": "keys.yaml"}, False),
        ({f"{P}HOST": "0.0.0.0", f"{P}OPEN": "1"}, False),
    ],
)
def test_requests_have_to_name_this_machine_where_nobody_is_asked_who_they_are(
    environ: dict[str, str], asked: bool
) -> None:
    assert AuthSettings.from_env(environ).only_loopback_names is asked
