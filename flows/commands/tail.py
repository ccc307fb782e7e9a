"""`tidegate tail`: look at what comes out, live."""

from __future__ import annotations

import os
from typing import Annotated, Literal

import typer

EPILOG = """\b
Examples:
  tidegate tail verdicts                          what is being released, held and found
  tidegate tail audit --no-follow                 all audit records there are
  tidegate tail verdicts --stream chat-42 --from-start
  tidegate tail dead-letters --json | jq -r .reason

\b
Ctrl-C ends it. Released text is shown; what was redacted has left the stream and is not."""


def tail(
    topic: Annotated[
        Literal["verdicts", "audit", "audit-rollup", "dead-letters"],
        typer.Argument(help="What to look at."),
    ],
    *,
    follow: Annotated[
        bool, typer.Option(help="Wait for more; otherwise show what is there and end.")
    ] = True,
    from_start: Annotated[
        bool, typer.Option("--from-start", help="Also what was there before (as --no-follow does).")
    ] = False,
    stream: Annotated[str | None, typer.Option(metavar="ID", help="Only this stream.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="The events as they are.")] = False,
) -> None:
    """Show verdicts, audit records, rollups or dead letters from Kafka, live."""
    from connectors.kafka.settings import KafkaSettings
    from flows.follow import read_topic
    from flows.lines import write_line
    from flows.terminal import console

    settings = KafkaSettings.from_env(os.environ)
    out = console()
    for record in read_topic(settings, topic, follow=follow, from_start=from_start or not follow):
        if stream is not None and record.key != stream.encode():
            continue
        if as_json:
            typer.echo(record.value.decode("utf-8", "replace"))
        else:
            out.print(write_line(topic, record.value), soft_wrap=True)
