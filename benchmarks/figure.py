"""One measured number and what it should be."""

from __future__ import annotations

import msgspec


class NotMeasured(Exception):
    """Something needed is missing. Next: see the message; the other measures are unaffected."""


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """A number of the report. at_least, at_most: the target; neither: for information only.

    quantiles: of the distribution behind the number, evenly spaced from 0 to 1; for the plot.
    page: Markdown with all that is behind it, for a file of the measure's name.
    """

    measure: str
    name: str
    value: float
    unit: str
    at_least: float | None = None
    at_most: float | None = None
    note: str = ""
    quantiles: tuple[float, ...] = ()
    page: str = ""

    @property
    def status(self) -> str:
        """Return pass, SHORT, or nothing where there is no target."""
        if self.at_least is None and self.at_most is None:
            return ""
        low = self.at_least is not None and self.value < self.at_least
        high = self.at_most is not None and self.value > self.at_most
        return "SHORT" if low or high else "pass"

    @property
    def target(self) -> str:
        """Return the target in words."""
        if self.at_least is not None:
            return f"≥ {_number(self.at_least)}"
        return "" if self.at_most is None else f"≤ {_number(self.at_most)}"

    @property
    def shown(self) -> str:
        """Return the value with its unit."""
        return f"{_number(self.value)} {self.unit}".strip()


def _number(value: float) -> str:
    if value == 0 or abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"
