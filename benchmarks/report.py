"""The report: Markdown for people, JSON for machines, a plot of the latencies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from pathlib import Path

import msgspec

from benchmarks.figure import Figure

_INTRODUCTION = """# Speed and memory

Made by `make bench`; `docs/benchmarks.md` says how each number is measured and how to read it.
Ratios are of one run, measured in turns; absolute numbers belong to this machine at that moment.
"""


def write(
    directory: Path,
    figures: Sequence[Figure],
    about: Mapping[str, str],
    missing: Mapping[str, str],
) -> None:
    """Write report.md, report.json, the pages of figures and, of measured latencies, latency.svg.

    missing: why a measure has no figures, by its name.
    """
    directory.mkdir(parents=True, exist_ok=True)
    plotted = [figure for figure in figures if figure.quantiles]
    for figure in figures:
        if figure.page:
            (directory / f"{figure.measure}.md").write_text(figure.page, "utf-8")
    figures = [msgspec.structs.replace(figure, page="") for figure in figures]
    document = {"about": about, "not_measured": missing, "figures": figures}
    encoded = msgspec.json.format(msgspec.json.encode(document), indent=1)
    (directory / "report.json").write_bytes(encoded + b"\n")
    (directory / "report.md").write_text(markdown(figures, about, missing), "utf-8")
    if plotted:
        plot(plotted, directory / "latency.svg")


def markdown(
    figures: Sequence[Figure], about: Mapping[str, str], missing: Mapping[str, str]
) -> str:
    """Return the report; its layout depends on the figures' names only."""
    lines = [_INTRODUCTION, *(f"- {key}: {value}" for key, value in about.items()), ""]
    judged = [figure for figure in figures if figure.status]
    passed = sum(figure.status == "pass" for figure in judged)
    lines += [f"## Targets: {passed} of {len(judged)} met", ""]
    lines += _table(judged, with_measure=True)
    for measure, reason in missing.items():
        lines += [f"Not measured: {measure} ({reason})", ""]
    for measure, group in groupby(figures, key=lambda figure: figure.measure):
        lines += [f"## {measure.capitalize()}", "", *_table(list(group), with_measure=False)]
    if any(figure.quantiles for figure in figures):
        lines += ["![Latency distribution](latency.svg)", ""]
    return "\n".join(lines)


def _table(figures: Sequence[Figure], *, with_measure: bool) -> list[str]:
    lines = ["| what | measured | target | | |", "|---|---:|---:|---|---|"]
    for figure in figures:
        name = f"{figure.measure}: {figure.name}" if with_measure else figure.name
        cells = (name, figure.shown, figure.target, figure.status, figure.note)
        lines.append(f"| {' | '.join(cells)} |")
    return [*lines, ""]


def plot(figures: Sequence[Figure], path: Path) -> None:
    """Draw which share of the chunks took longer than a time."""
    import matplotlib as mpl

    mpl.use("svg")
    # The same figures give the same file.
    mpl.rcParams["svg.hashsalt"] = "tidegate"
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(7.5, 4.2))
    for one in figures:
        size = len(one.quantiles)
        slower = [1 - step / size for step in range(size)]
        style = "-" if "guard" in one.name else "--"
        color = "tab:blue" if "kafka-python" in one.name else "tab:orange"
        label = one.name.replace(": p99 of all chunks of", ",")
        axes.plot(one.quantiles, slower, style, color=color, label=label)
    axes.set(xscale="log", yscale="log", xlabel="milliseconds", ylabel="share that took longer")
    axes.set_title("Kafka to Kafka at 1,000 chunks/s")
    axes.grid(visible=True, which="both", alpha=0.25)
    axes.legend()
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None})
    pyplot.close(figure)
