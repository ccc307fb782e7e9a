"""Texts in which samples of guardrails stand, as they are and changed a little."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

NEIGHBOURS = [
    "",
    " ",
    "\n",
    "。",
    "中文",
    "é",
    "e\u0301",
    "😀",
    "👨\u200d👩\u200d👧",
    "\u200b",
    "४",
    "-",
]
FULL_WIDTH = str.maketrans({code: code + 0xFEE0 for code in range(0x21, 0x7F)})


def mutated(text: str, random: Random) -> str:
    """Change a sample a little: it may still be a finding, or nearly one."""
    at = random.randint(0, len(text))
    changes = [
        text,
        text[:at] + random.choice(NEIGHBOURS) + text[at:],
        text[:at] + text[at + 1 :],
        text[:at] + text[at : at + 1] * 2 + text[at + 1 :],
        text[:at] + text[at:].translate(FULL_WIDTH),
        text[:at],
        text[at:],
    ]
    return random.choice(changes)


def planted(random: Random, pool: Sequence[str]) -> str:
    """Glue samples, mutated ones and strange neighbours together."""
    out = []
    for _ in range(random.choice([1, 2, 3, 4])):
        sample = random.choice(pool)[:3_000]
        out.append(mutated(sample, random) if random.random() < 0.6 else sample)
        out.append(random.choice(NEIGHBOURS))
    return "".join(out)
