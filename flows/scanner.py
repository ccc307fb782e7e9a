"""Rows in, answers out: through the engine alone, or through the embedded dataflow."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import TYPE_CHECKING, Any

from connectors.rows import Cut, Row, cut_evenly

if TYPE_CHECKING:
    from guardrails.events import Audit
    from guardrails.plan import Plan

# One run of the dataflow takes so many rows, or so many code points: memory stays bounded.
_FLOW_ROWS = 500
_FLOW_CHARS = 4_000_000
# Escaped in JSON a code point has at most 12 bytes, and an event at most a million: longer chunks
# are sent in pieces.
_MAX_EVENT_CHARS = 50_000

Answer = dict[str, Any]


def scan(plan: Plan, row: Row, pieces: list[str]) -> Answer:
    """Push one row through the engine and return its answer."""
    from guardrails.session import Session

    session = Session(str(row.line), plan)
    released: list[str] = []
    for piece in pieces:
        if session.state == "complete":
            break
        released += [segment.text for segment in session.push(piece).segments]
    if session.state != "complete":
        released += [segment.text for segment in session.finish().segments]
    return _answer(row, session.audit(), "".join(released))


def _answer(row: Row, audit: Audit, released: str) -> Answer:
    return {
        "id": row.id,
        "action": audit.content.outcome,
        "findings": [
            {
                "type": finding.type,
                "rule": finding.rule,
                "start": finding.start,
                "end": finding.end,
                "action": finding.action,
            }
            for finding in audit.content.findings
        ],
        "released": released,
        "max_held": audit.transport.max_held_chars,
    }


def scan_through_flow(plan: Plan, rows: Iterable[Row], cut: Cut) -> Iterator[Answer]:
    """Run rows through the embedded dataflow, some hundred at a time; answers in their order."""
    batch: list[tuple[Row, list[str]]] = []
    chars = 0
    for row in rows:
        pieces = cut(row)
        batch.append((row, pieces))
        chars += sum(map(len, pieces))
        if len(batch) >= _FLOW_ROWS or chars >= _FLOW_CHARS:
            yield from _run(plan, batch)
            batch, chars = [], 0
    if batch:
        yield from _run(plan, batch)


def _run(plan: Plan, batch: list[tuple[Row, list[str]]]) -> Iterator[Answer]:
    from flows.embedded import guard_chunks

    events = (event for row, pieces in batch for event in _events(str(row.line), pieces))
    guarded = guard_chunks(plan, events)
    for row, _ in batch:
        stream_id = str(row.line)
        yield _answer(row, guarded.audits[stream_id], guarded.released(stream_id))


def _events(stream_id: str, pieces: list[str]) -> Iterator[bytes]:
    """Write chunk events as a producer would, the last one without text."""
    parts = chain.from_iterable(
        cut_evenly(piece, _MAX_EVENT_CHARS) if len(piece) > _MAX_EVENT_CHARS else [piece]
        for piece in pieces
    )
    seq = 0
    for seq, part in enumerate(parts, 1):
        yield json.dumps({"stream_id": stream_id, "seq": seq - 1, "text": part}).encode()
    yield json.dumps({"stream_id": stream_id, "seq": seq, "final": True}).encode()
