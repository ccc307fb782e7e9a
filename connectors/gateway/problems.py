"""Errors as RFC 9457 problems: what, where, and what to do next. Never the caller's text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from connectors.gateway.auth.principal import AccessError
from connectors.gateway.exchange import Refused, Unanswered, UnknownPolicy
from connectors.gateway.limits.answer import Overloaded, TooMany
from connectors.gateway.position import BadPosition
from connectors.logs import logger
from guardrails.errors import ConnectorError, TidegateError

log = logger(__name__)

MEDIA_TYPE = "application/problem+json"
# Seconds after which a guard that was away may answer again.
_RETRY_AFTER_S = "1"

# What is wrong with a request, at most: whoever made twenty mistakes corrects those first.
_MAX_LISTED = 20

_TITLES = {
    400: "Bad request",
    401: "Not authenticated",
    403: "Not allowed",
    404: "Not found",
    405: "Method not allowed",
    406: "Not acceptable",
    408: "Too slow",
    409: "Conflict",
    413: "Too large",
    415: "Unsupported media type",
    422: "Not understood",
    429: "Too many requests",
    431: "Head too large",
    500: "A bug of ours",
    502: "Bad gateway",
    503: "Not available",
    504: "No answer in time",
}

# What every route may answer, for /openapi.json.
PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {"description": text, "content": {MEDIA_TYPE: {}}}
    for status, text in {
        400: "The request cannot be read.",
        401: "No credential, or none we know.",
        403: "The credential does not allow it, or the page may not use the gateway.",
        404: "No such stream, or somebody else's.",
        409: "The guard cannot judge it: text behind the end, or of another kind than before.",
        413: "The body is too large.",
        415: "The body is not JSON, or its encoding is not known.",
        422: "The request is not as described here, or the policy is not loaded.",
        429: "Too much; Retry-After says when.",
        503: "The log is away.",
        504: "The guard did not answer in time; the same request may be sent again.",
    }.items()
}

# Titles of kinds that say more than their status.
_NAMED = {"unknown-stream": "No such stream"}

_OURS = (
    (UnknownPolicy, 422, "unknown-policy"),
    (BadPosition, 400, "bad-position"),
    (Unanswered, 504, "unanswered"),
    (ConnectorError, 503, "unavailable"),
)


class Problem(TidegateError):
    """A request that cannot be answered. kind: short and stable; detail: what, where, what next."""

    def __init__(
        self,
        status: int,
        kind: str,
        detail: str,
        *,
        headers: Mapping[str, str] | None = None,
        errors: list[dict[str, Any]] | None = None,
        members: Mapping[str, Any] | None = None,
    ) -> None:
        """members: of the document, instead of our own."""
        super().__init__(detail)
        self._members = members
        self.status = status
        self.kind = kind
        self.headers = dict(headers or {})
        self.errors = errors

    @property
    def body(self) -> dict[str, Any]:
        """Return the members of the problem document."""
        if self._members is not None:
            return dict(self._members)
        members: dict[str, Any] = {
            "type": f"urn:tidegate:problem:{self.kind}",
            "title": _NAMED.get(self.kind) or _TITLES.get(self.status, "Problem"),
            "status": self.status,
            "detail": str(self),
        }
        if self.errors:
            members["errors"] = self.errors
        return members

    def response(self) -> Response:
        """Return it as an answer."""
        return Response(
            msgspec.json.encode(self.body), self.status, self.headers, media_type=MEDIA_TYPE
        )


def as_problem(error: Exception) -> Problem:
    """Return what a caller is told about an error."""
    match error:
        case Problem():
            return error
        case AccessError():
            return Problem(error.status, error.kind, str(error), headers=error.headers)
        case TooMany() | Overloaded():
            return Problem(
                error.status, "limits", str(error), headers=error.headers, members=error.problem
            )
        case Refused():
            return Problem(409, error.reason, str(error))
        case RequestValidationError():
            return _invalid(error)
        case HTTPException():
            return _unrouted(error)
    for kind, status, name in _OURS:
        if isinstance(error, kind):
            again = {"Retry-After": _RETRY_AFTER_S} if status >= 500 else {}
            return Problem(status, name, str(error), headers=again)
    log.error("a request failed", problem=type(error).__name__)
    return Problem(500, "bug", "this is a bug of Tidegate; please report what its log says")


def _unrouted(error: HTTPException) -> Problem:
    """Tell of Starlette's own errors: no such route, wrong method. SDKs of providers, which may
    have been pointed here with all they can do, look for an `error`.
    """
    detail = f"{error.detail}; /openapi.json and docs/proxy.md list what there is"
    if error.status_code == 404:
        detail += "; what is not guarded is not passed on to a provider"
    problem = Problem(error.status_code, "http", detail, headers=error.headers)
    said = {"message": detail, "type": "invalid_request_error", "code": "tidegate"}
    members = {**problem.body, "error": said}
    return Problem(error.status_code, "http", detail, headers=error.headers, members=members)


def _invalid(error: RequestValidationError) -> Problem:
    """List what is wrong with a body, without what was written there: it may be a user's text."""
    errors = []
    found = error.errors()
    for one in found[:_MAX_LISTED]:
        place, *loc = one["loc"]
        field = field_of(one["type"], loc)
        errors.append({"in": str(place), "field": field, "problem": one["msg"]})
    first = errors[0]
    at = first["field"] or first["in"]
    more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
    detail = f"{at}: {first['problem']}{more}; correct the request as /openapi.json describes it"
    return Problem(422, "invalid", detail, errors=errors)


def field_of(kind: str, loc: Sequence[str | int]) -> str:
    """Return the field an error of pydantic is about. kind: its type.

    A name that a caller made up may be anything: what has such a field is named instead.

    >>> field_of("missing", ("updates", 0, "streamId")), field_of("extra_forbidden", ("a", "hm"))
    ('updates.0.streamId', 'a')
    """
    return ".".join(map(str, loc[:-1] if kind == "extra_forbidden" else loc))


def install(app: FastAPI) -> None:
    """Answer every error of an application with a problem."""

    async def answer(_request: Request, error: Exception) -> Response:
        return as_problem(error).response()

    for kind in (TidegateError, RequestValidationError, HTTPException, Exception):
        app.add_exception_handler(kind, answer)
