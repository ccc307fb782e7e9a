"""The dashboard and the alerts ask for metrics and labels that there are, in PromQL that parses."""

import importlib.util
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import promql_parser
import pytest
from prometheus_client import REGISTRY, CollectorRegistry, Counter, Histogram
from prometheus_client.metrics import MetricWrapperBase
from ruamel.yaml import YAML

from connectors.audit import metrics as audit_metrics
from connectors.checks.figures import Figures
from connectors.gateway.connections import EVICTED, OPEN
from connectors.gateway.event_plugins import FAILURES
from connectors.gateway.proxy.reply import REPLIES
from connectors.gateway.subscribers.lane import EVENTS
from connectors.gateway.subscribers.metrics import MetricsSubscriber
from connectors.metrics.checks import ChecksMetrics
from connectors.metrics.guard import GuardMetrics
from connectors.metrics.kafka import FLUSH_S, Lag, LagMetrics
from connectors.policies.metrics import ACTIVATIONS
from connectors.webhooks import metrics as webhook_metrics

FOLDER = Path(__file__).resolve().parents[2] / "deploy" / "monitoring"
# What Prometheus adds to every series.
SCRAPED = {"job", "instance"}


def dashboard_module() -> Any:
    spec = importlib.util.spec_from_file_location("dashboard", FOLDER / "dashboard.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def rules() -> list[dict[str, Any]]:
    (group,) = YAML(typ="safe").load(FOLDER / "alerts.yml")["groups"]
    return list(group["rules"])


def queries() -> Iterator[str]:
    for row in YAML(typ="safe").load(FOLDER / "panels.yaml"):
        for panel in row["panels"]:
            for query in panel["queries"]:
                yield query["expr"].replace("$__rate_interval", "1m")
    for rule in rules():
        yield rule["expr"]


@pytest.fixture(scope="module")
def series() -> dict[str, set[str]]:
    """The labels of every series there can be, by its name."""
    found: dict[str, set[str]] = {"up": set()}
    registry = CollectorRegistry()
    guard = GuardMetrics(registry)

    class Runner:
        def figures(self) -> dict[str, Figures]:
            return {"judge": Figures("judge")}

    ChecksMetrics(registry).add(Runner())
    LagMetrics(lambda: [Lag("chunks", 0, 7)], registry)
    modules = [*vars(audit_metrics).values(), *vars(webhook_metrics).values()]
    gateway = [
        OPEN,
        EVICTED,
        REPLIES,
        EVENTS,
        FAILURES,
        *vars(MetricsSubscriber(registry)).values(),
    ]
    wrapped = [*vars(guard).values(), *modules, *gateway, FLUSH_S, ACTIVATIONS]
    for metric in wrapped:
        if isinstance(metric, MetricWrapperBase):
            labels = set(metric._labelnames)
            names = {metric._name}
            if isinstance(metric, Counter):
                names = {f"{metric._name}_total"}
            if isinstance(metric, Histogram):
                names = {f"{metric._name}_{part}" for part in ("sum", "count", "bucket")}
                labels = labels | {"le"}
            found.update((name, labels) for name in names)
    for family in [*registry.collect(), *REGISTRY.collect()]:
        for sample in family.samples:
            found.setdefault(sample.name, set()).update(sample.labels)
    return found


def test_every_query_parses_and_asks_for_what_there_is(series: dict[str, set[str]]) -> None:
    asked = list(queries())
    assert len(asked) > 40
    for expr in asked:
        promql_parser.parse(expr)
        names = re.findall(r"\b((?:tidegate|process|up)(?:_\w+)?)\b(?=[{\[)\s])", expr)
        assert names, expr
        known = SCRAPED.union(*(series[name] for name in names))
        grouped = [
            label.strip() for by in re.findall(r"by \(([^)]*)\)", expr) for label in by.split(",")
        ]
        matched = re.findall(r"[{,](\w+)=", expr)
        assert set(filter(None, [*grouped, *matched])) <= known, expr


def test_the_check_would_notice_a_mistake(series: dict[str, set[str]]) -> None:
    with pytest.raises(ValueError, match="parenthesis"):
        promql_parser.parse("sum by (x (rate(tidegate_chunks_total[1m]))")
    assert "tidegate_chunks" not in series
    assert series["tidegate_findings_total"] == {"type", "mode", "action"}


def test_the_dashboard_is_made_of_its_panels() -> None:
    module = dashboard_module()
    assert module.PLACE.read_text("utf-8") == module.text(), "run deploy/monitoring/dashboard.py"


def test_panels_do_not_overlap_and_stay_on_the_page() -> None:
    taken: set[tuple[int, int]] = set()
    for panel in dashboard_module().dashboard()["panels"]:
        at = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(at["x"], at["x"] + at["w"])
            for y in range(at["y"], at["y"] + at["h"])
        }
        assert not cells & taken, panel["title"]
        assert at["x"] + at["w"] <= 24
        taken |= cells


def test_every_alert_says_what_happened_and_what_to_do() -> None:
    for rule in rules():
        assert rule["labels"]["severity"] in {"warning", "critical"}
        assert rule["annotations"].keys() == {"summary", "action"}, rule["alert"]
        for label in re.findall(r"\$labels\.(\w+)", rule["annotations"]["summary"]):
            assert label in SCRAPED or f"{label})" in rule["expr"] or f"{label}," in rule["expr"]


def test_every_metric_of_the_guard_and_the_checks_is_on_the_dashboard_or_left_out_on_purpose(
    series: dict[str, set[str]],
) -> None:
    asked = " ".join(queries())
    left_out = {
        "tidegate_held_total_chars",
        "tidegate_audit_chain_repairs_total",
        "tidegate_audit_webhook_failures_total",
        *(f"tidegate_webhooks_{what}_total" for what in ("failures", "unreadable_records")),
        *("tidegate_webhooks_behind_partitions", "tidegate_webhooks_try_seconds_bucket"),
        *(
            f"tidegate_check_{what}"
            for what in ("requests_total", "retries_total", "too_slow_total")
        ),
        *(f"tidegate_check_{what}_total" for what in ("cached", "recovered", "breaker_opened")),
        # As the guard counts them.
        *("tidegate_check_results_total", "tidegate_check_latency_seconds_total"),
    }
    shown = {
        name
        for name in series
        if name.startswith("tidegate_") and not name.endswith(("_sum", "_count", "_created"))
    }
    assert {name for name in shown if name not in asked} == left_out
