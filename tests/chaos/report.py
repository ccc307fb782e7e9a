"""A campaign's report, in Markdown."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from statistics import median

from tests.chaos.campaign import Outcome

_COMPARED = (
    "After the last fault all streams must end. Then the topics are read by a plain consumer, and "
    "every audit record, what two readers see of every stream, and every question to a check are "
    "compared with an oracle that replays the logged chunks, answers and activations and shares no "
    "session and no operator with the flow (`tests/chaos/heard.py`, `tests/chaos/expected.py`). "
    "The processes are started again whenever they end, by themselves or killed; epochs last 1 s."
)
# Differences that are written out; the rest is counted.
_LISTED = 40


def write_report(outcome: Outcome) -> str:
    """Return the report."""
    found, plan = outcome.found, outcome.plan
    counts = found.counts
    head = (
        f"`python -m tests.chaos --seed {plan.seed} --faults {plan.faults} --live {plan.live}`, "
        f"{outcome.seconds / 60:.0f} minutes. Broker: {outcome.broker}. Disk of the recovery "
        f"stores: {outcome.disk}. {plan.streams_per_s:g} streams a second."
    )
    result = (
        f"**{len(outcome.faults)} faults, {counts['streams']:,} streams, "
        f"{counts['verdicts']:,} verdicts, {len(found.differences)} differences.**"
    )
    lines = [
        *("# Fault campaign", "", head, "", result, "", _COMPARED, ""),
        "| fault | times |",
        "|---|---|",
        *_rows(Counter(fault.kind for fault in outcome.faults)),
        *(f"| {kind} | skipped: {why} |" for kind, why in outcome.skipped.items()),
        *_rows(outcome.chunk_faults),
        "",
        *_recoveries(outcome),
        "",
        "| what was compared | number |",
        "|---|---|",
        *_rows(counts),
        "",
        "| why checks had no answer | number |",
        "|---|---|",
        *_rows(found.reasons),
        "",
        "| ended by itself, and was started again | times | exit code | last words |",
        "|---|---|---|---|",
        *_unasked(outcome),
        "",
        "## Differences",
        "",
        *(f"- {one}" for one in found.differences[:_LISTED]),
        "" if found.differences else "None.",
    ]
    return "\n".join(lines).rstrip() + "\n"


def _rows(counts: dict[str, int] | Counter[str]) -> Iterable[str]:
    for name, count in sorted(counts.items(), key=lambda item: item[0]):
        yield f"| {name} | {count:,} |"


def _recoveries(outcome: Outcome) -> Iterable[str]:
    yield "| from the end of the guard to its first new verdict | times | median | longest | live |"
    yield "|---|---|---|---|---|"
    kinds = {fault.kind for fault in outcome.faults if fault.recovery_s is not None}
    for kind in sorted(kinds):
        timed = [f for f in outcome.faults if f.kind == kind and f.recovery_s is not None]
        seconds = [fault.recovery_s for fault in timed if fault.recovery_s is not None]
        live = median(fault.streams for fault in timed)
        yield (
            f"| {kind} | {len(timed)} | {median(seconds):.1f} s | {max(seconds):.1f} s |"
            f" {live:.0f} streams |"
        )


def _unasked(outcome: Outcome) -> Iterable[str]:
    times = Counter(
        (name, code, _general(words.rpartition("\n")[2]))
        for name, _, code, words in outcome.unasked
    )
    for (name, code, words), count in sorted(times.items()):
        said = words.replace("|", "\\|")
        yield f"| `tidegate {name}` | {count} | {code} | {said} |"


def _general(words: str) -> str:
    """Last words without their time and their numbers, which differ each time."""
    return re.sub(r"\d+ s\b", "n s", re.sub(r"^\S+ \S+,\d+ |/tmp/\S+?/disk", "", words))
