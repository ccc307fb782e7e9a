"""The signed bundle of now, and what is answered to a client that asks for it."""

from __future__ import annotations

import gzip
import hashlib
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any, NamedTuple

import zstandard

from connectors.gateway.rules.bundle import bundle
from connectors.gateway.rules.client_rule import LeftOut, Selection, select
from connectors.gateway.rules.settings import DEFAULT_TTL
from connectors.gateway.rules.signing import RuleSigner
from guardrails.plans import Plans
from guardrails.policy import Policy

# Seconds in which a client does not ask again, so that a changed policy is there within a minute.
MAX_AGE_S = 60
CONTENT_TYPE = "application/jose+json"
# Where bundles are served.
PATH = "/v1/rules"
# Selections kept: of the policies that are asked for.
_KEPT = 16


class InForce(NamedTuple):
    """A policy and the number of its bundles.

    version: log time in milliseconds from which it is in force, 0 for one from the beginning of
    time; all replicas read it from the same log.
    """

    policy: Policy
    version: int


def in_force_by(
    plans: Plans, now: Callable[[], datetime], *, least: int = 0
) -> Callable[[str | None], InForce | None]:
    """Return what tells the policy of now, for `RuleBundles`.

    least: version of what is older, or in no log. 0 where policies come from the topic, which all
    replicas read. The time of start, in milliseconds, for one process whose policies are files:
    what it knew of them may be forgotten with it, and versions must not fall.
    """

    def in_force(name: str | None) -> InForce | None:
        found = plans.in_force(name, int(now().timestamp() * 1000))
        return None if found is None else InForce(found[0], max(found[1], least))

    return in_force


class SignedBundle:
    """A bundle as it is sent. etag: of the body as it is, without quotes."""

    def __init__(self, body: bytes, version: int, expires_at: datetime) -> None:
        self.body = body
        self.version = version
        self.expires_at = expires_at
        self.etag = hashlib.sha256(body).hexdigest()[:32]

    @cached_property
    def gzip(self) -> bytes:
        """The body, compressed; the same bytes in every replica of a release."""
        return gzip.compress(self.body, 9, mtime=0)

    @cached_property
    def zstd(self) -> bytes:
        """The body, compressed."""
        # 15: within 2% of 19 on bundles, in a quarter of the time.
        return zstandard.compress(self.body, 15)


class RuleAnswer(NamedTuple):
    """What `GET /v1/rules` answers."""

    status: int
    headers: dict[str, str]
    body: bytes


class RuleBundles:
    """Makes bundles when they are asked for, and keeps them while they are good.

    The time they are issued at is a multiple of half their life: replicas with the same key and
    policy send the same bytes under the same ETag, and what a client gets lives half as long at
    least. The first one of a policy takes a second or two, so ask off the event loop; threads may
    ask at once.
    """

    def __init__(
        self,
        signer: RuleSigner,
        in_force: Callable[[str | None], InForce | None],
        *,
        now: Callable[[], datetime],
        ttl: timedelta = DEFAULT_TTL,
        withheld: frozenset[str] = frozenset(),
    ) -> None:
        """in_force: the policy of a name, or of None the default one; None without such a policy.

        now: the wall clock, aware. withheld: see `select`.
        """
        self._signer = signer
        self._in_force = in_force
        self._now = now
        self._ttl = ttl
        self._withheld = withheld
        self._lock = threading.Lock()
        self._selections: dict[str, Selection] = {}
        self._signed: dict[tuple[str, str, int], SignedBundle] = {}

    @property
    def public_key(self) -> dict[str, str]:
        """The public key that clients verify with, as a JSON Web Key."""
        return self._signer.public_key

    def current(self, policy: str | None = None) -> SignedBundle | None:
        """Return the bundle of a policy, or of the default one; None without such a policy."""
        found = self._in_force(policy)
        if found is None:
            return None
        with self._lock:
            return self._current(found)

    def describe(self, policy: str | None = None) -> dict[str, Any] | None:
        """Return what a new stream is told of the rules; None without such a policy. Costs nothing.

        A client whose bundle has a lower version asks for a new one.
        """
        found = self._in_force(policy)
        if found is None:
            return None
        return {
            "href": PATH,
            "policy": found.policy.name,
            "version": found.version,
            "keyId": self._signer.key_id,
        }

    def _current(self, found: InForce) -> SignedBundle:
        issued_at = self._issued_at()
        key = found.policy.name, found.policy.version, found.version
        signed = self._signed.get(key)
        if signed is None or signed.expires_at != issued_at + self._ttl:
            signed = self._sign(found, issued_at)
            # One of each name: what was signed before is not asked for again.
            kept = [item for item in self._signed.items() if item[0][0] != key[0]]
            self._signed = {**dict(kept[-_KEPT:]), key: signed}
        return signed

    def left_out(self, policy: str | None = None) -> tuple[LeftOut, ...]:
        """Return which rules clients do not get, and why. For administrators only."""
        found = self._in_force(policy)
        if found is None:
            return ()
        with self._lock:
            return self._select(found.policy).left_out

    def answer(
        self, policy: str | None = None, *, if_none_match: str = "", accept_encoding: str = ""
    ) -> RuleAnswer | None:
        """Answer a request, given the headers of these names; None without such a policy."""
        signed = self.current(policy)
        if signed is None:
            return None
        encoding = choose_encoding(accept_encoding)
        # What is sent differs by its encoding, and so must its tag.
        etag = f'"{signed.etag}{encoding and "-" + encoding}"'
        headers = {
            "ETag": etag,
            "Cache-Control": f"private, max-age={MAX_AGE_S}, must-revalidate",
            "Vary": "Accept-Encoding, Authorization",
        }
        if matches(if_none_match, etag):
            return RuleAnswer(304, headers, b"")
        headers["Content-Type"] = CONTENT_TYPE
        if encoding:
            headers["Content-Encoding"] = encoding
        bodies = {"gzip": lambda: signed.gzip, "zstd": lambda: signed.zstd, "": lambda: signed.body}
        return RuleAnswer(200, headers, bodies[encoding]())

    def _issued_at(self) -> datetime:
        period_s = self._ttl.total_seconds() / 2
        return datetime.fromtimestamp(self._now().timestamp() // period_s * period_s, UTC).replace(
            microsecond=0
        )

    def _sign(self, found: InForce, issued_at: datetime) -> SignedBundle:
        made = bundle(found.policy, found.version, issued_at, self._ttl, self._select(found.policy))
        return SignedBundle(self._signer.sign(made.content), made.version, made.expires_at)

    def _select(self, policy: Policy) -> Selection:
        selection = self._selections.get(policy.version)
        if selection is None:
            selection = select(policy, self._withheld)
            kept = list(self._selections.items())[-_KEPT + 1 :]
            self._selections = {**dict(kept), policy.version: selection}
        return selection


def choose_encoding(accept_encoding: str) -> str:
    """Return how an answer is compressed: zstd, gzip or, empty, not at all.

    >>> [choose_encoding(given) for given in ("gzip, br, zstd", "gzip;q=0.5", "zstd;q=0")]
    ['zstd', 'gzip', '']
    """
    accepted = set()
    for item in accept_encoding.lower().split(","):
        name, _, quality = item.partition(";")
        if quality.replace(" ", "").rstrip("0.") != "q=":
            accepted.add(name.strip())
    return next((name for name in ("zstd", "gzip") if name in accepted), "")


def matches(if_none_match: str, etag: str) -> bool:
    """Tell whether a tag is among those a client has (RFC 9110, 13.1.2: compared weakly).

    >>> matches('W/"a", "b"', '"a"'), matches("*", '"a"'), matches('"ab"', '"a"')
    (True, True, False)
    """
    given = [one.strip().removeprefix("W/") for one in if_none_match.split(",")]
    return etag in given or "*" in given
