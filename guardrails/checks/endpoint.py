"""What a policy says of a service that is asked over HTTP: where it is, and how hard to press it.

A policy is a file that many may read, so secrets do not stand in it: it names the environment
variables that hold them.
"""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, HttpUrl

from guardrails.check import CheckOptions

_ENV_NAME = re.compile(r"[A-Z_][A-Z0-9_]{0,127}")


def _require_env_name(value: Any) -> Any:
    # The value itself is not repeated: it may be the secret.
    if not isinstance(value, str) or not _ENV_NAME.fullmatch(value):
        raise ValueError(
            "expected the name of an environment variable (capitals, digits, _), such as "
            "OPENAI_API_KEY; the secret stands there, not in the policy"
        )
    return value


def _forbid_credentials(url: HttpUrl) -> HttpUrl:
    if url.username or url.password:
        raise ValueError(
            "credentials do not belong in a policy; remove what stands before '@' and name an "
            "environment variable instead"
        )
    if url.fragment:
        raise ValueError("a fragment ('#...') is never sent; remove it")
    return url


# RFC 9110, 5.6.2: a token. Values: visible ASCII, spaces inside.
_HEADER = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}")
_HEADER_VALUE = re.compile(r"[!-~](?:[ -~]{0,1022}[!-~])?")
# Set by the client itself.
_OWN_HEADERS = {"content-type", "content-length", "host", "transfer-encoding", "connection"}
_SECRET_HEADERS = {"authorization", "proxy-authorization", "cookie", "api-key", "x-api-key"}


def _require_headers(headers: dict[str, str]) -> dict[str, str]:
    for number, name in enumerate(headers, 1):
        if not _HEADER.fullmatch(name):
            raise ValueError(f"the name of header {number} has characters no header may have")
        if name.lower() in _OWN_HEADERS:
            raise ValueError(f"header '{name}' is set by Tidegate itself; remove it")
    return headers


def _forbid_secrets(headers: dict[str, str]) -> dict[str, str]:
    for name, value in headers.items():
        if name.lower() in _SECRET_HEADERS:
            raise ValueError(
                f"header '{name}' carries a secret; name the environment variable that holds it "
                "under 'headers_env'"
            )
        if not _HEADER_VALUE.fullmatch(value):
            raise ValueError(f"header '{name}': expected 1 to 1,024 visible ASCII characters")
    return headers


EnvName = Annotated[str, BeforeValidator(_require_env_name)]
Headers = Annotated[
    dict[str, str], AfterValidator(_require_headers), AfterValidator(_forbid_secrets)
]
SecretHeaders = Annotated[dict[str, EnvName], AfterValidator(_require_headers)]
Url = Annotated[HttpUrl, AfterValidator(_forbid_credentials)]


class ServiceOptions(CheckOptions):
    """What a policy may set on every check that asks a service over HTTP, wherever that is."""

    headers: Headers = Field(default={}, max_length=32, description="sent with every call")
    headers_env: SecretHeaders = Field(
        default={}, max_length=32, description="the same, by the variables that hold their values"
    )
    # 8: as many as a small account may have open at OpenAI and its like without being refused.
    max_concurrency: int = Field(
        default=8, ge=1, le=256, strict=True, description="calls open at the same time"
    )
    # 4: when one call in ten fails, one question in 10,000 stays without an answer.
    max_attempts: int = Field(
        default=4, ge=1, le=10, strict=True, description="calls for one question, retries counted"
    )


class EndpointOptions(ServiceOptions):
    """The same for checks that always ask one."""

    url: Url = Field(description="where the service is")


class KeyedOptions(EndpointOptions):
    """The same for services that ask for a bearer token."""

    api_key_env: EnvName | None = Field(
        default=None, description="the environment variable that holds the API key"
    )
