"""The policies of a campaign, and those that are activated while it runs."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from guardrails.plan import Plan
from guardrails.policy import Limits
from guardrails.policy_text import parse_policy

# (log time from which it holds, the policy as it is written)
Activated = tuple[int, str]

_DEFAULT = """
name: default
label: "[{label}{{type}}]"
on_gap: warn
guardrails:
  email: {{action: redact}}
  iban: {{action: {iban}}}
  phone: {{action: warn}}
  patterns:
    mode: monitor
    action: block
    rules: [{{id: gate, type: GATE, expression: 'gate is [a-z]+'}}]
  aws: {{action: block}}
  judge/strict: {{{endpoint}, mode: block, checkpoint: paragraph, on_failure: {on_failure}}}
  judge/soft:
    {{{endpoint}, mode: block, action: redact, checkpoint: paragraph, on_failure: allow,
      cache_s: 0}}
  judge/watch: {{{endpoint}, mode: monitor}}
limits: {limits}
"""
_STRICT = """
name: strict
on_gap: block
guardrails:
  pii: {{action: redact}}
  ip-address: {{min_confidence: 0.4}}
  aws: {{action: block}}
  judge/strict: {{{endpoint}, mode: block, on_failure: allow}}
  judge/watch: {{{endpoint}, mode: monitor, checkpoint: paragraph}}
limits: {limits}
"""
_PLAIN = """
name: plain
on_gap: block
guardrails:
  pii: {{action: redact}}
  secrets: {{action: block}}
  ip-address: {{action: warn, min_confidence: 0.4}}
limits: {limits}
"""
# Seconds: an answer later than this does not count. Short, so that judges that hang cost little.
DEADLINE_S = 6
_TIMEOUT_S = 2


class Book:
    """Writes policies. idle_s, gap_s: limits of their streams."""

    def __init__(self, url: str, idle_s: float, gap_s: float) -> None:
        self._fields = {
            "endpoint": f"url: '{url}/v1', model: m, deadline_s: {DEADLINE_S}, "
            f"timeout_s: {_TIMEOUT_S}",
            # A day: no campaign lasts as long, so that no stream's id comes twice.
            "limits": f"{{idle_timeout_s: {idle_s}, gap_timeout_s: {gap_s}, tombstone_s: 86400}}",
        }

    def initial(self) -> dict[str, str]:
        """The policies the flow starts with, by name; the first one judges who names none."""
        return {
            "default": self._default("", "redact", "block"),
            "strict": _STRICT.format(**self._fields),
            "plain": _PLAIN.format(**self._fields),
        }

    def another(self, number: int, random: Random) -> str:
        """A new version of the default policy."""
        iban, on_failure = random.choice(["redact", "warn"]), random.choice(["block", "allow"])
        return self._default(f"v{number} ", iban, on_failure)

    def _default(self, label: str, iban: str, on_failure: str) -> str:
        return _DEFAULT.format(label=label, iban=iban, on_failure=on_failure, **self._fields)


class InForce:
    """Which plan judges a stream, by the name it asks for and the time it began."""

    def __init__(self, initial: dict[str, str], activations: Sequence[Activated]) -> None:
        self._compiled: dict[str, Plan] = {}
        self._default = next(iter(initial))
        self._activated = {name: [(0, self._compile(text))] for name, text in initial.items()}
        for at_ms, text in sorted(activations, key=lambda one: one[0]):
            plan = self._compile(text)
            self._activated[plan.policy.name].append((at_ms, plan))

    def _compile(self, text: str) -> Plan:
        if text not in self._compiled:
            self._compiled[text] = Plan(parse_policy(text, "chaos"))
        return self._compiled[text]

    def plan(self, name: str | None, at_ms: int) -> Plan:
        """The plan of a stream that begins at a log time."""
        known = self._activated[name or self._default]
        return next(plan for since_ms, plan in reversed(known) if since_ms <= at_ms)

    def limits(self, name: str | None, at_ms: int) -> Limits:
        """Its limits."""
        return self.plan(name, at_ms).policy.limits
