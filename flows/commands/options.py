"""Options that several commands take, described once."""

from __future__ import annotations

from typing import Annotated

import typer

EpochS = Annotated[float, typer.Option(min=0.01, max=3600, help="Seconds between snapshots.")]

Partitions = Annotated[
    str | None,
    typer.Option(
        envvar="TIDEGATE_PARTITIONS",
        metavar="0-3,7",
        help="Read only these; others belong to other processes, with their own directory.",
    ),
]

MetricsPort = Annotated[
    int | None,
    typer.Option(
        envvar="TIDEGATE_METRICS_PORT",
        min=0,
        max=65_535,
        help="Serve Prometheus metrics here, at TIDEGATE_METRICS_HOST or on this computer.",
    ),
]
