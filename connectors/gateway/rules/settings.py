"""What of the rules clients get, and signed by whom: read once from the environment."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from datetime import timedelta
from typing import NamedTuple

from connectors.gateway.rules.signing import KEY, RuleSigner
from connectors.settings import SettingError, refuse_unknown
from guardrails.naming import BY_ID, families

PREFIX = "TIDEGATE_RULES_"
_WITHHOLD, _TTL = f"{PREFIX}WITHHOLD", f"{PREFIX}TTL_S"
KNOWN = (KEY, f"{KEY}_FILE", _WITHHOLD, _TTL)
# Hours: a rule that was taken back is gone the same day; shorter would leave a page without rules
# whenever it cannot reach us for a while.
DEFAULT_TTL = timedelta(hours=4)
# Five minutes: clocks of devices are off by more than one or two. A week: what is signed cannot be
# taken back before.
_SHORTEST_S, _LONGEST_S = 300, 604_800


class RuleSettings(NamedTuple):
    """signer: None without a key; clients get no rules then. withheld: guardrails and families that
    clients never get. ttl: so long a client may use a bundle.
    """

    signer: RuleSigner | None = None
    withheld: frozenset[str] = frozenset()
    ttl: timedelta = DEFAULT_TTL

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> RuleSettings:
        """Read the settings; absent and empty variables keep their defaults.

        After plugins were loaded: they bring guardrails. Raises SettingError naming the variable.

        >>> sorted(RuleSettings.from_env({"TIDEGATE_RULES_WITHHOLD": "keywords, pii"}).withheld)
        ['keywords', 'pii']
        """
        refuse_unknown(PREFIX, KNOWN, environ)
        return cls(RuleSigner.from_env(environ), _withheld(environ), _ttl(environ))


def _withheld(environ: Mapping[str, str]) -> frozenset[str]:
    names = [name.strip() for name in environ.get(_WITHHOLD, "").split(",")]
    known = [*families(), *BY_ID]
    for name in filter(None, names):
        # What is misspelt would be handed out.
        if name not in known:
            close = difflib.get_close_matches(name, known, 1)
            hint = f"did you mean {close[0]}?" if close else "see docs/guardrails.md"
            raise SettingError(
                f"{_WITHHOLD}: expected guardrails and families with commas between them, got "
                f"{name[:40]!r}; {hint}"
            )
    return frozenset(filter(None, names))


def _ttl(environ: Mapping[str, str]) -> timedelta:
    value = environ.get(_TTL)
    if not value:
        return DEFAULT_TTL
    if not (value.isdecimal() and _SHORTEST_S <= int(value) <= _LONGEST_S):
        raise SettingError(
            f"{_TTL}: expected whole seconds from {_SHORTEST_S} to {_LONGEST_S:,}, got "
            f"{value[:40]!r}; correct the variable or unset it"
        )
    return timedelta(seconds=int(value))
