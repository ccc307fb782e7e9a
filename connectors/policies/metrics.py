"""What is counted of policy changes. Labels are bounded: names of policies are not among them."""

from __future__ import annotations

from prometheus_client import Counter

ACTIVATIONS = Counter(
    "tidegate_policy_activations",
    "Policies taken in, at the start and since: where they came from, whether they could be used.",
    ["origin", "outcome"],  # topic or file; accepted or refused
)
