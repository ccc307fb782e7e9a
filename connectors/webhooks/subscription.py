"""Subscriptions as people write them: who gets which events, where, and how they are signed."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationInfo,
    field_validator,
    model_validator,
)

from connectors.webhooks.reach import Reach
from guardrails.events import MAX_ID_CHARS

EventName = Literal[
    "verdict", "verdict.allow", "verdict.warn", "verdict.redact", "verdict.block", "audit"
]
# 200 subscriptions of 4 requests at once are 800 sockets, below the usual 1,024 of a process.
MAX_SUBSCRIPTIONS = 200
# The name of an environment variable.
_Variable = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,127}$")]
_HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}")
# Ours, or those of HTTP itself.
_RESERVED = re.compile(
    r"(?i)webhook-.*|content-.*|host|connection|transfer-encoding|te|trailer|upgrade|expect"
    r"|keep-alive|proxy-.*|user-agent|accept-encoding"
)
# Headers that carry credentials wherever they are used.
_SECRET = re.compile(r"(?i)authorization|cookie|.*(token|secret|password|api-?key|signature).*")


class SecretSource(BaseModel):
    """Where a secret is: in an environment variable or a file, never in the subscription."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    env: _Variable | None = None
    file: Path | None = None

    @model_validator(mode="after")
    def _is_one_place(self) -> Self:
        if (self.env is None) == (self.file is None):
            raise ValueError("expected either 'env' or 'file'")
        return self


class Subscription(BaseModel):
    """One receiver and what it is sent. See `docs/webhooks.md` for every key.

    tenant: whose events; all_tenants instead of it: everybody's. secrets: each signs, the newest
    first. headers_env: headers whose values are in environment variables. rate: requests a second
    at most. concurrency: requests at once. include_text: whether verdicts carry the released text.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$")]
    tenant: Annotated[str, StringConstraints(min_length=1, max_length=MAX_ID_CHARS)] | None = None
    all_tenants: bool = False
    url: str
    events: Annotated[tuple[EventName, ...], Field(min_length=1)]
    secrets: Annotated[tuple[SecretSource, ...], Field(min_length=1, max_length=5)]
    headers: dict[str, Annotated[str, StringConstraints(max_length=1_024)]] = {}
    headers_env: dict[str, _Variable] = {}
    rate: Annotated[float, Field(gt=0, le=10_000)] | None = None
    concurrency: Annotated[int, Field(ge=1, le=16)] = 4
    # The specification recommends 15 to 30 s.
    timeout_s: Annotated[float, Field(ge=1, le=60)] = 20.0
    include_text: bool = False
    enabled: bool = True
    description: Annotated[str, StringConstraints(max_length=500)] = ""

    @field_validator("url")
    @classmethod
    def _url_leads_outside(cls, url: str, info: ValidationInfo) -> str:
        context: Any = info.context
        wrong = (context["reach"] if context else Reach()).check_url(url)
        if wrong is not None:
            raise ValueError(wrong)
        return url

    @field_validator("headers", "headers_env")
    @classmethod
    def _headers_are_ours_to_give(cls, headers: dict[str, str], info: ValidationInfo) -> Any:
        for name, value in headers.items():
            if not _HEADER.fullmatch(name):
                raise ValueError(f"{name[:40]!r} is no name of a header; expected e.g. X-Team")
            if _RESERVED.fullmatch(name):
                raise ValueError(f"{name} is set by Tidegate or by HTTP; remove it")
            if info.field_name == "headers" and _SECRET.fullmatch(name):
                raise ValueError(f"{name} looks like a credential; name it in 'headers_env'")
            if not (value.isascii() and value.isprintable()):
                raise ValueError(f"{name}: expected printable ASCII, as headers carry it")
        return headers

    @model_validator(mode="after")
    def _somebody_is_meant(self) -> Self:
        if (self.tenant is None) != self.all_tenants:
            raise ValueError("expected either 'tenant' or 'all_tenants: true'")
        names = [name.lower() for name in (*self.headers, *self.headers_env)]
        if len(names) != len(set(names)):
            raise ValueError("a header stands here twice; keep one of them")
        return self

    @property
    def tls(self) -> bool:
        """Whether the receiver is asked over TLS; without it, it stands on this machine."""
        return self.url.lower().startswith("https:")


class Subscriptions(BaseModel):
    """The whole file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    subscriptions: Annotated[tuple[Subscription, ...], Field(max_length=MAX_SUBSCRIPTIONS)]
