"""The secrets a policy names, read from the environment."""

from __future__ import annotations

from collections.abc import Mapping

from connectors.settings import SettingError
from guardrails.checks.endpoint import KeyedOptions, ServiceOptions
from guardrails.checks.topics import TopicsOptions


def read_headers(options: ServiceOptions, environ: Mapping[str, str]) -> dict[str, str]:
    """Return the headers of every call, with their secrets.

    Raises SettingError naming the variables that are not set or hold what no header may.
    """
    named = dict(options.headers_env)
    headers = dict(options.headers)
    for header, name in named.items():
        headers[header] = read_secret(name, environ)
    if isinstance(options, KeyedOptions | TopicsOptions) and options.api_key_env is not None:
        headers["Authorization"] = f"Bearer {read_secret(options.api_key_env, environ)}"
    return headers


def read_secret(name: str, environ: Mapping[str, str]) -> str:
    """Return a secret. Raises SettingError; its message does not repeat the secret."""
    # A file that holds a secret ends in a line break more often than not.
    value = environ.get(name, "").strip()
    if not value:
        raise SettingError(f"{name}: the policy names this variable and it is not set; set it")
    if not (value.isascii() and value.isprintable()):
        raise SettingError(f"{name}: expected visible ASCII characters; set it to the secret alone")
    return value
