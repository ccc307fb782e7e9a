"""Whether a sentence ends with a terminator, from what stands on both sides of it."""

from __future__ import annotations

from guardrails.abbreviations import (
    BEFORE_LABELS,
    BEFORE_NUMBERS,
    BEFORE_ORDINALS,
    ELISIONS,
    EXCLAIMED,
    LISTS_AND_UNITS,
    MONTHS,
    NAMES,
    NEVER_LAST,
    PARTICLES,
    SMALL_STARTERS,
    SOMETIMES_LAST,
    STARTERS,
    TITLES,
)
...
