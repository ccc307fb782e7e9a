"""Small plots as inline SVG: no script, no font, nothing to load."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

# Pixels. The left third is for names, of which so many characters fit.
_WIDTH, _LEFT, _ROW, _BAR = 720, 240, 30, 10
_NAME_CHARS = 34
_COLORS = ("#2f6f9f", "#d98c2b")


def bars(
    names: Sequence[str], series: Sequence[tuple[str, Sequence[float | None]]], title: str
) -> str:
    """Draw shares from 0 to 1 as rows of bars. series: at most two, each with its name."""
    height = _ROW * (len(names) + 1) + 6
    parts = [_open(height, title)]
    for index, (label, _) in enumerate(series):
        x = _LEFT + 110 * index
        parts.append(f'<rect x="{x}" y="6" width="10" height="10" fill="{_COLORS[index]}"/>')
        parts.append(f'<text x="{x + 15}" y="15">{escape(label)}</text>')
    for row, name in enumerate(names, 1):
        top = _ROW * row
        parts.append(_name(name, top))
        for index, (_, values) in enumerate(series):
            parts.append(_bar(values[row - 1], top + _BAR * index, 1.0, index, share=True))
    return "".join([*parts, "</svg>"])


def histogram(names: Sequence[str], counts: Sequence[int], title: str) -> str:
    """Draw counts as rows of bars, the largest over the whole width."""
    most = max(counts, default=0) or 1
    parts = [_open(_ROW * len(names) + 6, title)]
    for row, (name, count) in enumerate(zip(names, counts, strict=True)):
        top = _ROW * row
        parts.append(_name(name, top))
        parts.append(_bar(count, top + 5, most, 0, share=False))
    return "".join([*parts, "</svg>"])


def _open(height: int, title: str) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" role="img" '
        f'width="{_WIDTH}" height="{height}" font-family="sans-serif" font-size="12">'
        f"<title>{escape(title)}</title>"
    )


def _bar(value: float | None, top: int, full: float, color: int, *, share: bool) -> str:
    if value is None:
        return f'<text x="{_LEFT}" y="{top + 9}" fill="#777" font-size="9">not known</text>'
    length = (_WIDTH - _LEFT - 70) * value / full
    shown = f"{value:.3f}" if share else f"{value:,.0f}"
    return (
        f'<rect x="{_LEFT}" y="{top}" width="{max(length, 1):.1f}" height="{_BAR}" '
        f'fill="{_COLORS[color]}"/>'
        f'<text x="{_LEFT + length + 5:.1f}" y="{top + 9}" font-size="9">{shown}</text>'
    )


def _name(name: str, top: int) -> str:
    shown = name if len(name) <= _NAME_CHARS else f"{name[: _NAME_CHARS - 1]}…"
    return f'<text x="{_LEFT - 8}" y="{top + 15}" text-anchor="end">{escape(shown)}</text>'
