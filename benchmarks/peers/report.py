"""The report: one table for each set of expressions, with what was asked of each figure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median

import msgspec

from benchmarks.figure import Figure
from benchmarks.peers.expressions import EXPRESSIONS
from benchmarks.peers.judges import Judgement
from benchmarks.peers.measured import Measured

# Of pattern rules.
MOST_MEAN_HOLD = 10
_INTRODUCTION = """# Beside its peers

Made by `make bench-peers`: each peer in an environment of its own, the same expressions, texts and
chunks, in turns in one run. Speeds are chunks per second of CPU, the best of {rounds} rounds; a
ratio is Tidegate's best round to the peer's, with the median of the rounds' ratios beside it. A
character has leaked when a reader could see it before the value it belongs to was found, or when
that never was. Hold: characters that had come and were not decided, behind each chunk.
"""
_READING = Path(__file__).with_name("reading.md")


def figures(measured: Sequence[Measured]) -> list[Figure]:
    """Return what was asked, and whether it is so."""
    found = []
    for expressions in sorted({one.expressions for one in measured}):
        own, *others = [one for one in measured if one.expressions == expressions]
        with_ = f"{expressions} expressions"
        for other in others:
            ratios = [mine / theirs for mine, theirs in zip(own.rates, other.rates, strict=True)]
            found.append(
                Figure(
                    measure=with_,
                    name=f"chunks/s against {other.name}",
                    value=max(own.rates) / max(other.rates),
                    unit="x",
                    at_least=other.at_least,
                    note=f"median of the rounds {median(ratios):.0f}x",
                )
            )
        leaked, hold = own.score.leaked, own.score.mean_hold
        found += [
            Figure(measure=with_, name="leaked characters", value=leaked, unit="", at_most=0),
            Figure(measure=with_, name="recall", value=own.score.recall, unit="", at_least=1),
            Figure(
                measure=with_,
                name="mean hold",
                value=hold,
                unit="characters",
                at_most=MOST_MEAN_HOLD,
                note=f"{own.score.values} values in {own.score.chunks:,} chunks",
            ),
        ]
    return found


def write(
    directory: Path,
    about: Mapping[str, str],
    measured: Sequence[Measured],
    judged: Sequence[Judgement],
) -> None:
    """Write peers.md and peers.json."""
    found = figures(measured)
    document = {"about": about, "figures": found, "measured": measured, "judges": judged}
    encoded = msgspec.json.format(msgspec.json.encode(document), indent=1)
    (directory / "peers.json").write_bytes(encoded + b"\n")
    (directory / "peers.md").write_text(markdown(about, measured, judged), "utf-8")


def markdown(
    about: Mapping[str, str], measured: Sequence[Measured], judged: Sequence[Judgement]
) -> str:
    """Return the report for people."""
    lines = [_INTRODUCTION.format(rounds=len(measured[0].rates))]
    packages = {name: version for one in measured for name, version in one.packages.items()}
    lines += [f"- {key}: {value}" for key, value in about.items()]
    lines += [f"- peers: {', '.join(f'{name} {version}' for name, version in packages.items())}"]
    for expressions in sorted({one.expressions for one in measured}):
        group = [one for one in measured if one.expressions == expressions]
        names = ", ".join(one.type for one in EXPRESSIONS[:expressions])
        lines += ["", f"## {expressions} expressions", "", f"{names}.", "", *_table(group)]
    lines += ["", "## Asked for", "", "| with | what | measured | target | | |"]
    lines += ["|---|---|---:|---:|---|---|"]
    for figure in figures(measured):
        cells = (figure.measure, figure.name, figure.shown, figure.target, figure.status)
        lines.append(f"| {' | '.join(cells)} | {figure.note} |")
    lines += ["", "## Outside judges", "", "| judge | what must hold | cuts | fail | controls |"]
    lines += ["|---|---|---:|---:|---|"]
    for one in judged:
        controls = one.controls if one.sound else f"NOT SOUND: not so that {one.controls}"
        cells = (one.judge, one.what, f"{one.checked:,}", f"{one.failed}", controls)
        lines.append(f"| {' | '.join(cells)} |")
    lines += ["", "## How each is called", ""]
    calls = {one.name: one.call for one in measured}
    lines += [f"- {name}: {call}" for name, call in calls.items()]
    return "\n".join([*lines, "", _READING.read_text("utf-8")])


def _table(group: Sequence[Measured]) -> list[str]:
    lines = ["| | chunks/s | Tidegate is | values | found | precision | leaked characters | values"]
    lines[0] += " seen in part | mean hold | longest |"
    lines += ["|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|"]
    for one in group:
        score = one.score
        times = max(group[0].rates) / max(one.rates)
        cells = (
            one.name,
            f"{max(one.rates):,.0f}",
            f"{times:.0f}x" if one is not group[0] else "",
            f"{score.values:,}",
            f"{100 * score.recall:.1f}%",
            f"{100 * score.precision:.1f}%",
            f"{score.leaked:,} of {score.chars:,}",
            f"{100 * score.touched / score.values:.0f}%",
            f"{score.mean_hold:.1f}",
            f"{score.longest:,}",
        )
        lines.append(f"| {' | '.join(cells)} |")
    return lines
