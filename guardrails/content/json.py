"""Replies that are JSON: whether they are, and whether they keep a schema.

Catches: the first character with which a reply can no longer become a JSON document (RFC 8259), a
document that is not over when the text is, one that is nested too deeply; with a schema, the
character that would complete a value which breaks it. In mode `block` readers never get a value
that is wrong, only the beginning of it. Misses: a reply without any text; names that an object has
twice (each is checked); what redactions make of numbers; keywords of JSON Schema that a policy
cannot use (it is told so). Cost: 3 µs per chunk, as much again with a schema; the last character
waits until the document is over.

`where: fence` looks at the code blocks of a Markdown text that are marked `json`; there must be
one. What is said around them does not matter.
"""

from __future__ import annotations

from typing import Any

from pydantic import Field, field_validator

from guardrails.content.json_scan import JsonScanner, Where
from guardrails.content.json_schema import SchemaProblem, compile_schema
from guardrails.guardrail import (
    Action,
    Cost,
    Guardrail,
    Options,
    PerformanceCharacteristics,
    PerformanceClass,
)
from guardrails.scan import ScanRule

# Readers give up at some depth: System.Text.Json at 64, serde_json at 128, PHP at 512, Jackson and
# Python at 1,000.
_MAX_DEPTH = 1_000
_READABLE_DEPTH = 64


class JsonOptions(Options):
    """Where the JSON is, and what it must be."""

    where: Where = Field(
        default="whole", description="whole: all of the reply; fence: its blocks marked json"
    )
    json_schema: dict[str, Any] | None = Field(
        default=None, description="a JSON Schema of the documents"
    )
    max_depth: int = Field(
        default=_READABLE_DEPTH, ge=1, le=_MAX_DEPTH, strict=True, description="deepest nesting"
    )

    @field_validator("json_schema")
    @classmethod
    def _can_be_checked(cls, schema: dict[str, Any] | None) -> dict[str, Any] | None:
        if schema is not None:
            try:
                compile_schema(schema)
            except SchemaProblem as error:
                raise ValueError(str(error)) from error
        return schema


def build_json(options: JsonOptions) -> tuple[ScanRule, ...]:
    """Make a rule of the syntax and, if there is one, a rule of the schema."""
    scanner = JsonScanner(options.where, options.max_depth)
    syntax = ScanRule(id="json", type="INVALID_JSON", confidence=1.0, scanner=scanner)
    if options.json_schema is None:
        return (syntax,)
    schema = compile_schema(options.json_schema)
    scanner = JsonScanner(options.where, options.max_depth, schema)
    return (
        syntax,
        ScanRule(id="json-schema", type="SCHEMA_VIOLATION", confidence=1.0, scanner=scanner),
    )


JSON = Guardrail(
    id="json",
    family="content",
    summary="Replies that are no JSON, or break a schema",
    performance=PerformanceCharacteristics(
        performance_class=PerformanceClass.FAST,
        expected_latency_ms=0.01,
        cost=Cost(cpu_ms=0.02),
    ),
    action=Action.BLOCK,
    options=JsonOptions,
    build=build_json,
    by_name=True,
    # Behind the first wrong character nothing is a document again.
    catches=(
        "«S»ure! Here it is: {}",
        '{"name": "Ada", "born": 181«5»',
        '{"城市": "北京"}«。»',
        "[1, 2, 3«}»",
        '{"a": tru«y»',
        "{«'»",
    ),
    ignores=(
        '{"name": "Ada", "tags": ["a\\u0301", "\\"", "北京"], "n": -1.5e-7}\n',
        " [true, false, null, {}, [[]]] ",
        '"one"',
        "-0.5E+3\n",
    ),
)
