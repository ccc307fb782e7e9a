"""Makes dashboard.json, which Grafana imports, of panels.yaml: what is the same in all panels.

Run it after a change of panels.yaml: python deploy/monitoring/dashboard.py
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

PANELS = Path(__file__).with_name("panels.yaml")
PLACE = Path(__file__).with_name("dashboard.json")
WIDTH, HEIGHT, ACROSS = 8, 7, 3
SOURCE = {"type": "prometheus", "uid": "${source}"}


def panels() -> Iterator[dict[str, Any]]:
    """Lay the rows out from top to bottom."""
    number, top = 0, 0
    for row in YAML(typ="safe").load(PANELS):
        number += 1
        yield {
            "id": number,
            "type": "row",
            "title": row["row"],
            "collapsed": False,
            "panels": [],
            "gridPos": {"x": 0, "y": top, "w": 24, "h": 1},
        }
        top += 1
        for place, panel in enumerate(row["panels"]):
            number += 1
            x, y = place % ACROSS * WIDTH, top + place // ACROSS * HEIGHT
            yield _panel(number, panel, {"x": x, "y": y, "w": WIDTH, "h": HEIGHT})
        top += -(-len(row["panels"]) // ACROSS) * HEIGHT


def _panel(number: int, panel: dict[str, Any], place: dict[str, int]) -> dict[str, Any]:
    return {
        "id": number,
        "type": "timeseries",
        "title": panel["title"],
        "description": panel["text"],
        "datasource": SOURCE,
        "gridPos": place,
        "fieldConfig": {"defaults": {"unit": panel["unit"], "min": 0}, "overrides": []},
        "options": {"legend": {"displayMode": "list", "placement": "bottom"}},
        "targets": [
            {
                "refId": chr(65 + index),
                "datasource": SOURCE,
                "expr": query["expr"],
                "legendFormat": query["legend"],
            }
            for index, query in enumerate(panel["queries"])
        ],
    }


def dashboard() -> dict[str, Any]:
    """Return the dashboard as Grafana imports it."""
    return {
        "uid": "tidegate",
        "title": "Tidegate",
        "description": "Guarded streams: what comes, what is found, what is held, what lags.",
        "schemaVersion": 39,
        "editable": True,
        "refresh": "10s",
        "time": {"from": "now-30m", "to": "now"},
        "templating": {
            "list": [
                {"name": "source", "type": "datasource", "query": "prometheus", "label": "Source"}
            ]
        },
        "panels": list(panels()),
    }


def text() -> str:
    """Return the file's content."""
    return json.dumps(dashboard(), indent=1) + "\n"


if __name__ == "__main__":
    PLACE.write_text(text(), "utf-8")
