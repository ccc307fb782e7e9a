"""A part of JSON Schema that can be checked while a document is still being read.

Every keyword here looks at one value and what stands in it, so that the state is one entry for each
open bracket. Others (`anyOf`, `$ref`, `pattern`, ...) are refused by name when the policy is read.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

# What says something to people and nothing about a document.
_REMARKS = ("$schema", "$id", "$comment", "title", "description", "default", "examples")
_TYPES = ("object", "array", "string", "number", "integer", "boolean", "null")
_KEYWORDS = (
    *("type", "enum", "const", "properties", "required", "additionalProperties", "items"),
    *("minItems", "maxItems", "minLength", "maxLength", "minimum", "maximum"),
)
# Forms and reports nest ten deep; each level takes two calls to compile.
MAX_SCHEMA_DEPTH = 100
# A value as it is compared: what kind it is, and what it says.
Scalar = tuple[str, str | int | float | bool | None]


class SchemaProblem(ValueError):
    """A schema cannot be used. Next: correct the place in the policy the message names."""


class Node(msgspec.Struct, frozen=True):
    """What one value must be. Empty types and allowed: any; -1: any value. at_most of None: no
    limit. members: names of properties and their nodes; others: the node of all other properties,
    None if there may be none.
    """

    types: tuple[str, ...] = ()
    allowed: tuple[Scalar, ...] | None = None
    members: dict[str, int] = {}
    required: tuple[str, ...] = ()
    others: int | None = -1
    items: int = -1
    fewest: int = 0
    most: int | None = None
    shortest: int = 0
    longest: int | None = None
    smallest: float | None = None
    largest: float | None = None


ANYTHING = Node()


class Schema(msgspec.Struct, frozen=True):
    """A schema, compiled: nodes by their numbers, the first for the document. kept_chars: length of
    the longest text that is compared.
    """

    nodes: tuple[Node, ...]
    kept_chars: int


def compile_schema(schema: Mapping[str, Any]) -> Schema:
    """Compile a schema. Raises SchemaProblem naming the place and the keyword.

    >>> compile_schema({"type": "object", "required": ["a"]}).nodes[0].required
    ('a',)
    >>> compile_schema({"properties": {"a": {"anyOf": []}}})
    Traceback (most recent call last):
    guardrails.content.json_schema.SchemaProblem: 'properties.a': 'anyOf' is not supported; ...
    """
    nodes: list[Node] = []
    _compile(schema, "", nodes, 0)
    texts = [name for node in nodes for name in (*node.members, *node.required)]
    texts += [value for node in nodes for _, value in node.allowed or () if isinstance(value, str)]
    return Schema(tuple(nodes), max(map(len, texts), default=0))


def _compile(schema: object, place: str, nodes: list[Node], depth: int) -> int:
    """Add the node of a schema and those inside of it; return its number."""
    if schema is True:
        return -1
    if not isinstance(schema, Mapping):
        raise _problem(place, "expected a mapping of keywords")
    if depth > MAX_SCHEMA_DEPTH:
        raise _problem("", f"is nested more than {MAX_SCHEMA_DEPTH} deep")
    for keyword in schema:
        if keyword not in _KEYWORDS and keyword not in _REMARKS:
            known = ", ".join(_KEYWORDS)
            raise _problem(place, f"'{str(keyword)[:40]}' is not supported; known are {known}")
    number = len(nodes)
    nodes.append(ANYTHING)
    read = _Keywords(schema, place)
    members = {
        str(name): _compile(inner, _join(place, "properties", str(name)), nodes, depth + 1)
        for name, inner in read.mapping("properties").items()
    }
    others: int | None = -1
    if (more := schema.get("additionalProperties", True)) is False:
        others = None
    elif more is not True:
        others = _compile(more, _join(place, "additionalProperties"), nodes, depth + 1)
    nodes[number] = Node(
        *(read.types(), read.allowed(), members, read.names("required"), others),
        _compile(schema.get("items", True), _join(place, "items"), nodes, depth + 1),
        *(read.count("minItems") or 0, read.count("maxItems")),
        *(read.count("minLength") or 0, read.count("maxLength")),
        *(read.bound("minimum"), read.bound("maximum")),
    )
    return number


class _Keywords:
    """The keywords of one schema, each with what it must be."""

    def __init__(self, schema: Mapping[str, Any], place: str) -> None:
        self._schema = schema
        self._place = place

    def _wrong(self, keyword: str, expected: str) -> SchemaProblem:
        return _problem(_join(self._place, keyword), f"expected {expected}")

    def types(self) -> tuple[str, ...]:
        given = self._schema.get("type", [])
        types = [given] if isinstance(given, str) else given
        if not isinstance(types, list) or any(one not in _TYPES for one in types):
            raise self._wrong("type", f"one or several of {', '.join(_TYPES)}")
        return tuple(types)

    def allowed(self) -> tuple[Scalar, ...] | None:
        found = None
        if "enum" in self._schema:
            values = self._schema["enum"]
            if not isinstance(values, list) or not values:
                raise self._wrong("enum", "a list of values")
            found = tuple(self._scalar("enum", value) for value in values)
        if "const" in self._schema:
            const = self._scalar("const", self._schema["const"])
            found = (const,) if found is None or const in found else ()
        return found

    def _scalar(self, keyword: str, value: object) -> Scalar:
        if value is None or isinstance(value, str | bool | int | float):
            return _scalar(value)
        raise self._wrong(keyword, "texts, numbers, true, false or null, and no lists or mappings")

    def mapping(self, keyword: str) -> Mapping[str, Any]:
        value = self._schema.get(keyword, {})
        if not isinstance(value, Mapping):
            raise self._wrong(keyword, "a mapping of names to schemas")
        return value

    def names(self, keyword: str) -> tuple[str, ...]:
        value = self._schema.get(keyword, [])
        if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
            raise self._wrong(keyword, "a list of names")
        return tuple(dict.fromkeys(value))

    def count(self, keyword: str) -> int | None:
        value = self._schema.get(keyword)
        if value is not None and (type(value) is not int or value < 0):
            raise self._wrong(keyword, "a whole number of 0 or more")
        return value

    def bound(self, keyword: str) -> float | None:
        value = self._schema.get(keyword)
        if value is not None and (isinstance(value, bool) or not isinstance(value, int | float)):
            raise self._wrong(keyword, "a number")
        return value


def _problem(place: str, text: str) -> SchemaProblem:
    return SchemaProblem(f"'{place}': {text}" if place else text)


def _join(*steps: str) -> str:
    return ".".join(filter(None, steps))


def _scalar(value: str | int | float | bool | None) -> Scalar:
    """Return a value as it is compared: 1 and 1.0 are one, 1 and true are two."""
    if isinstance(value, bool) or value is None:
        return "literal", value
    return ("string", value) if isinstance(value, str) else ("number", value)
