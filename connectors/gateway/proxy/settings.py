"""Which providers the proxy talks to, and as whom: read once from the environment."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, Self

from connectors.gateway.auth.settings import require_https
from connectors.settings import SettingError, read_key, refuse_unknown

PREFIX = "TIDEGATE_PROXY_"


class Provider(NamedTuple):
    """url: of its API, without a slash at the end. key: ours; None to send what the caller sent.
    model: the one the page suggests to ask.
    """

    url: str
    key: str | None = None
    model: str = ""


# Where SDKs send by themselves.
_DEFAULTS = {
    "openai": "https://api.openai.com/v1",
    "anthropic": "https://api.anthropic.com",
    "gemini": "https://generativelanguage.googleapis.com",
}
_VARIABLES = [
    f"{name.upper()}_{what}" for name in _DEFAULTS for what in ("URL", "KEY", "KEY_FILE", "MODEL")
]


class ProxySettings(NamedTuple):
    """The providers by name, and how long they may take. Build it with `from_env`.

    first_byte_s: seconds from the request to the first byte: reasoning models think for minutes.
    idle_s: seconds between two pieces of an answer.
    """

    providers: Mapping[str, Provider]
    first_byte_s: float = 600.0
    idle_s: float = 120.0

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> Self:
        """Read `TIDEGATE_PROXY_<PROVIDER>_URL`, `..._MODEL`, and `..._KEY` or `..._KEY_FILE`.

        Raises SettingError naming the variable.

        >>> env = {"TIDEGATE_PROXY_OPENAI_URL": "http://127.0.0.1:9/v1/"}
        >>> ProxySettings.from_env(env).providers["openai"].url
        'http://127.0.0.1:9/v1'
        """
        refuse_unknown(PREFIX, [PREFIX + name for name in _VARIABLES], environ)
        providers = {name: _provider(name, url, environ) for name, url in _DEFAULTS.items()}
        return cls(providers)


def _provider(name: str, default: str, environ: Mapping[str, str]) -> Provider:
    variable = f"{PREFIX}{name.upper()}_URL"
    url = environ.get(variable) or default
    try:
        require_https(url)
    except ValueError as error:
        raise SettingError(
            f"{variable}: {error}; the answers would travel in the open (http is for this machine)"
        ) from None
    key = read_key(f"{PREFIX}{name.upper()}_KEY", environ, min_bytes=1)
    model = environ.get(f"{PREFIX}{name.upper()}_MODEL", "").strip()
    return Provider(url.rstrip("/"), None if key is None else key.decode().strip(), model)
