"""What a limit says: go on, or when to come back (draft-ietf-httpapi-ratelimit-headers-10)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any, NamedTuple

from guardrails.errors import TidegateError

_TYPES = "https://iana.org/assignments/http-problem-types"


class Standing(NamedTuple):
    """Where a caller stands with one limit.

    policy: its name. quota: what is allowed in `window_s` seconds; in all at once if that is
    None. remaining: what is left. reset_s: seconds until there is more.
    """

    policy: str
    quota: int
    window_s: int | None
    remaining: int
    reset_s: float


@dataclass(frozen=True, slots=True)
class Allowed:
    """The request may go on. standings: with all limits that were asked."""

    standings: tuple[Standing, ...] = ()

    @property
    def headers(self) -> Mapping[str, str]:
        """`RateLimit-Policy` and `RateLimit`; none without limits."""
        return write_headers(self.standings)


class TooMany(TidegateError):
    """A limit is reached. Next: answer 429; the caller waits and sends the same again.

    violated: the names of limits that are reached. retry_after_s: seconds until the request could
    pass if nothing else is sent.
    """

    status = 429

    def __init__(
        self, violated: Sequence[str], retry_after_s: float, standings: tuple[Standing, ...]
    ) -> None:
        self.violated = tuple(violated)
        self.retry_after_s = retry_after_s
        self.standings = standings
        super().__init__(
            f"the limit {' and '.join(self.violated)} is reached; send this again in "
            f"{_seconds(retry_after_s)} s, or ask for a higher limit"
        )

    @property
    def headers(self) -> Mapping[str, str]:
        """`Retry-After`, `RateLimit-Policy` and `RateLimit`."""
        return {
            "Retry-After": str(_seconds(self.retry_after_s)),
            **write_headers(self.standings),
        }

    @property
    def problem(self) -> Mapping[str, Any]:
        """The members of the answer's body (RFC 9457), of the type the draft registers."""
        return {
            "type": f"{_TYPES}#quota-exceeded",
            "title": "Too many requests",
            "status": self.status,
            "detail": str(self),
            "violated-policies": list(self.violated),
        }


class Overloaded(TidegateError):
    """The gateway has too much to do. Next: answer 503; the caller waits and sends the same again.

    retry_after_s: seconds.
    """

    status = 503

    def __init__(self, retry_after_s: float) -> None:
        self.retry_after_s = retry_after_s
        super().__init__(
            "the gateway has too much to do at the moment; send this again in "
            f"{_seconds(retry_after_s)} s"
        )

    @property
    def headers(self) -> Mapping[str, str]:
        """`Retry-After`."""
        return {"Retry-After": str(_seconds(self.retry_after_s))}

    @property
    def problem(self) -> Mapping[str, Any]:
        """The members of the answer's body (RFC 9457), of the type the draft registers."""
        return {
            "type": f"{_TYPES}#temporary-reduced-capacity",
            "title": "Too much to do",
            "status": self.status,
            "detail": str(self),
            "violated-policies": [],
        }


def write_headers(standings: Sequence[Standing]) -> dict[str, str]:
    """Write standings as structured fields.

    >>> write_headers([Standing("user-updates", 50, 1, 49, 0.3)])
    {'RateLimit-Policy': '"user-updates";q=50;w=1', 'RateLimit': '"user-updates";r=49;t=1'}
    """
    if not standings:
        return {}
    policies, left = [], []
    for policy, quota, window_s, remaining, reset_s in standings:
        if window_s is None:
            policies.append(f'"{policy}";q={quota};qu="concurrent-requests"')
            left.append(f'"{policy}";r={remaining}')
        else:
            policies.append(f'"{policy}";q={quota};w={window_s}')
            left.append(f'"{policy}";r={remaining};t={_seconds(reset_s)}')
    return {"RateLimit-Policy": ", ".join(policies), "RateLimit": ", ".join(left)}


def _seconds(seconds: float) -> int:
    """Whole ones, as the headers have them; never 0, which would mean at once."""
    return max(1, ceil(seconds))
