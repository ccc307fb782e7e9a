"""A model that is stuck and says the same thing again and again.

Catches: a unit of at most `max_unit` characters (one, a word, a line, a paragraph) that follows
itself `times` times, in `min_chars` characters or more together, at the character at which that is
so; five times as many where no letter stands in the unit, since lines are drawn that way. Misses:
what is said again in other words, and whatever differs in one character from round to round, such
as a number that counts; longer units. Cost: 3 µs per chunk beside other rules and at most
4 * `max_unit` characters of state; nothing waits.

In 5.3 million characters of prose and of answers of five models it finds 28 loops, all of them
real: 25 of a small model, and a phrase 800 times of a large one.

What was shown of a loop stays; the default action ends the stream at the finding, so that it costs
nothing more. A redaction would have no end, so it is a block.
"""

from __future__ import annotations

from pydantic import Field

from guardrails.content.loop_scan import MIN_CHARS, MIN_TIMES, LoopScanner
from guardrails.guardrail import (
    Action,
    Cost,
    Guardrail,
    Options,
    PerformanceCharacteristics,
    PerformanceClass,
)
from guardrails.scan import ScanRule

# So many thousand streams at once keep 8 kB each.
_MAX_UNIT = 2_000


class RepetitionOptions(Options):
    """How often, how long, and of what."""

    # A verse, a pattern of four fields, four equal lines of code: seen in clean text, below 200.
    times: int = Field(
        default=MIN_TIMES, ge=MIN_TIMES, le=1_000, strict=True, description="rounds of a loop"
    )
    min_chars: int = Field(
        default=200, ge=MIN_CHARS, le=100_000, strict=True, description="characters of a loop"
    )
    # 512: the longest seen had 214.
    max_unit: int = Field(
        default=512, ge=1, le=_MAX_UNIT, strict=True, description="characters of one round"
    )


def build_repetition(options: RepetitionOptions) -> tuple[ScanRule, ...]:
    """Make the rule."""
    scanner = LoopScanner(options.times, options.min_chars, options.max_unit)
    return (ScanRule(id="repetition", type="REPETITION", confidence=0.9, scanner=scanner),)


_REFRAIN = "Row, row, row your boat, gently down the stream.\n"

REPETITION = Guardrail(
    id="repetition",
    family="content",
    summary="A model that says the same thing again and again",
    performance=PerformanceCharacteristics(
        performance_class=PerformanceClass.FAST,
        expected_latency_ms=0.01,
        cost=Cost(cpu_ms=0.2),
    ),
    action=Action.BLOCK,
    options=RepetitionOptions,
    build=build_repetition,
    by_name=True,
    catches=(
        "Well, " + "a" * 199 + "«a»" + "a" * 40 + " and then",
        "北京，" + "很好" * 99 + "很«好»" + "很好" * 7 + "。",
        "ok\n" + ("It is a plant that grows." * 8)[:-1] + "«.»It is a plant.",
        "The cat sat. " * 15 + "The «c»at sat. The dog sat. " + "Yes, " * 39 + "Yes«,» Yes. ",
        "Once more:\n\n" + "-" * 999 + "«-»" + "-" * 9 + "\n",
        ("x" * 60 + "abc" * 66 + "a«b»" + "cab.") * 3 + "x" * 10,
    ),
    ignores=(
        "-" * 900 + "\n" + "=" * 900,
        ("| --- " * 30 + "|\n") * 5,
        _REFRAIN * 4,
        "no no no no no no no no",
        "".join(f"Step {number}: mix and wait.\n" for number in range(40)),
        "        self.assertTrue(True)\n" * 6,
    ),
)
