"""The length of a reply.

Catches: replies longer than the policy allows, at the code point that is one too many. Misses:
nothing; length is counted in code points of the stream, not in bytes, words or tokens. Cost: one
comparison per chunk; holds nothing.
"""

from __future__ import annotations

from pydantic import Field

from guardrails.guardrail import (
    Action,
    Cost,
    Guardrail,
    Options,
    PerformanceCharacteristics,
    PerformanceClass,
)


class LengthOptions(Options):
    """How long a reply may be."""

    # A million: ten times what the models of today write in one reply (128k tokens at most).
    max_chars: int = Field(default=1_000_000, ge=1, description="longest reply, in code points")


def _max_chars(options: LengthOptions) -> int:
    return options.max_chars


LENGTH = Guardrail(
    id="length",
    family="content",
    summary="Replies that are too long",
    performance=PerformanceCharacteristics(
        performance_class=PerformanceClass.FAST,
        expected_latency_ms=0.001,
        cost=Cost(cpu_ms=0.002),
    ),
    action=Action.BLOCK,
    options=LengthOptions,
    max_chars=_max_chars,
)
