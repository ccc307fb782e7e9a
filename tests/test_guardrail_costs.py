"""`tidegate bench guardrails`: what is measured, what is reported, where it is written."""

from pathlib import Path

import msgspec
import pytest

from benchmarks.figure import Figure
from benchmarks.guardrails import Cost, cost_of, is_off, table
from benchmarks.report import write
from guardrails.catalogue import CATALOGUE

EMAIL = next(one for one in CATALOGUE if one.id == "email")
ANSWERS = [["Write ", "to ada@", "example", ".org, ", "or not. "] * 40] * 3


def cost(cpu_ms: float = 0.15, mean_ms: float = 0.003, p99_ms: float = 0.01) -> Cost:
    return Cost(EMAIL, cpu_ms, mean_ms, p99_ms)


def test_a_guardrail_is_measured_by_itself() -> None:
    measured = cost_of(EMAIL, ANSWERS, warm=1)
    # Ten seconds for a thousand characters would be a broken clock or a broken engine.
    assert 0 < measured.cpu_ms < 10_000
    assert 0 < measured.mean_ms < 10_000
    assert measured.p99_ms > 0


def test_one_run_in_a_hundred_above_its_class_is_reported() -> None:
    assert not cost(p99_ms=9.9).outside_class
    assert cost(p99_ms=10.1).outside_class


@pytest.mark.parametrize(("times", "off"), [(1.1, False), (2.9, False), (3.1, True), (60.0, True)])
def test_a_published_cost_may_be_off_by_a_factor_of_three(times: float, off: bool) -> None:
    published = EMAIL.performance.cost.cpu_ms
    assert bool(cost(cpu_ms=times * published).misstated) is off


def test_what_is_too_small_to_matter_is_never_misstated() -> None:
    assert not is_off(0.05, 0.0001, 0.05)
    assert is_off(0.5, 0.0001, 0.05)


def test_the_table_has_a_row_for_each_and_says_what_is_wrong() -> None:
    rows = table([cost(), cost(cpu_ms=2.0), cost(p99_ms=11.0)]).splitlines()[-3:]
    assert [row.count("|") for row in rows] == [9, 9, 9]
    assert [row.split("|")[-2].strip() for row in rows] == ["", "misstated", "outside its class"]


def test_a_page_is_a_file_beside_the_report_and_not_in_it(tmp_path: Path) -> None:
    figure = Figure(measure="guardrails", name="n", value=1, unit="ms", page=table([cost()]))
    write(tmp_path, [figure], {}, {})
    assert (tmp_path / "guardrails.md").read_text().startswith("# What each guardrail costs")
    report = msgspec.json.decode((tmp_path / "report.json").read_bytes())
    assert report["figures"][0]["page"] == ""
