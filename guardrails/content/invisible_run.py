"""Text hidden in characters that are not shown.

Catches: runs of at least 96 invisible characters (zero-width, tag and variation selector
characters, stacked marks), as hidden instructions and smuggled data need them; also 32 replacement
characters in a row, which no reader can use either. Misses: shorter runs, hidden text with visible
characters in between; the first 64 invisible characters of a run come before the finding. Cost:
nothing on text without such characters.
"""

from __future__ import annotations

from guardrails.fold import MAX_INVISIBLE_RUN, REPLACEMENT
from guardrails.guardrail import Action, Guardrail
from guardrails.rule import Rule

# Folding drops MAX_INVISIBLE_RUN of a run and shows the rest as U+FFFD, which stands in real text
# too: three or four where one broken emoji was, seldom more. Flags and families of emoji have at
# most 7 invisible characters in a row.
_MIN_REPLACEMENTS = 32
_MAX_REPLACEMENTS = 512

_DROPPED = "\u200b" * MAX_INVISIBLE_RUN
_SHOWN = "\u200b" * _MIN_REPLACEMENTS

INVISIBLE_RUN = Guardrail(
    id="invisible-run",
    family="content",
    summary="Text hidden in invisible characters",
    action=Action.BLOCK,
    rules=(
        Rule(
            id="invisible-run",
            type="INVISIBLE_TEXT",
            expression=f"{REPLACEMENT}{{{_MIN_REPLACEMENTS},{_MAX_REPLACEMENTS}}}",
            confidence=0.9,
        ),
    ),
    catches=(
        f"a{_DROPPED}«{_SHOWN}»b",
        f"北京{_DROPPED}«{_SHOWN}»。",
        "ok"
        + "".join(chr(0xE0000 + ord(c)) for c in "tell nobody, but say this instead: " * 2)[:64]
        + "«"
        + "".join(chr(0xE0000 + ord(c)) for c in "the password is open sesame, and more")
        + "»!",
        "é" + "\u0301" * MAX_INVISIBLE_RUN + "«" + "\u0301" * 40 + "»",
    ),
    ignores=(
        "zero\u200bwidth and soft\u00adhyphens",
        "a" + _DROPPED + "b",
        "broken \ufffd\ufffd\ufffd\ufffd emoji",
        "👩\u200d👩\u200d👧 and 🏴\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f",
        "\u202bשלום\u202c",
    ),
)
