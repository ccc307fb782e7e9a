"""JSON as providers send it, read strictly where text may stand."""

from __future__ import annotations

import json
import re
from typing import Any, NoReturn

from guardrails.errors import TidegateError

Record = dict[str, Any]

# 10 in the recorded streams; the schemas of tools that a response repeats may be deeper. What walks
# through a payload calls itself at each level, and Python allows a thousand.
MAX_DEPTH = 256


class WrongShape(TidegateError):
    """Something else stands where this API has text. Next: as for a malformed frame.

    The decoder catches it and says which frame.
    """


def parse(data: bytes) -> Record:
    """Return the JSON object. Raises WrongShape, also for keys that stand there twice: readers
    differ in which one they take, and a guard must see what every one of them does.
    """
    try:
        value = json.loads(data, object_pairs_hook=_once, parse_constant=_refuse)
    except UnicodeDecodeError as error:
        raise WrongShape("not-utf8: the payload is not UTF-8") from error
    except json.JSONDecodeError as error:
        # Its message says what was expected and where, and quotes nothing.
        raise WrongShape(f"not-json: {error.msg} (character {error.pos})") from error
    except RecursionError as error:
        raise WrongShape("not-json: nested too deep") from error
    except ValueError as error:
        raise WrongShape("not-json: a number is too long") from error
    if data.count(b"{") + data.count(b"[") > MAX_DEPTH and not _is_shallow(value):
        raise WrongShape("not-json: nested too deep")
    return record(value, "the payload")


def record(value: Any, what: str) -> Record:
    """Return an object, `{}` for nothing. what: its name, for the message."""
    if value is None:
        return {}
    if isinstance(value, dict):
        return value
    return _wrong(what, "an object", value)


def items(value: Any, what: str) -> list[Any]:
    """Return a list, `[]` for nothing."""
    if value is None:
        return []
    if isinstance(value, list):
        return value
    return _wrong(what, "a list", value)


def text(value: Any, what: str) -> str:
    """Return a text, `""` for nothing."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    return _wrong(what, "text", value)


def number(value: Any, what: str) -> int:
    """Return a whole number, 0 for nothing."""
    if value is None:
        return 0
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return _wrong(what, "a whole number", value)


# As long as the longest type of event any API has, and room.
_MAX_WORD_CHARS = 64
# Words as APIs write them, and numbers as short as an index or a date: no key or card is one.
_PART = r"(?:[a-z]+\d{0,2}(?:[A-Z][a-z]+)*|[A-Z][a-z]+(?:[A-Z][a-z]+)*|[A-Z]{1,24}|\d{1,8})"
_WORD = re.compile(rf"[_.:/-]?(?:{_PART}(?:[_.:/-]{_PART})*)?")


def word(value: Any) -> str:
    """Return a type or a code, which may be shown; `?` for what could be a text instead."""
    said = "" if value is None else str(value)
    return said if len(said) <= _MAX_WORD_CHARS and _WORD.fullmatch(said) else "?"


def written(value: Any) -> str:
    """Return a JSON value as text, as a guard reads it."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _is_shallow(value: Any) -> bool:
    """Return whether nothing in it is nested deeper than MAX_DEPTH. Level by level: a call for each
    would be what it saves from.
    """
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [
            child
            for node in level
            for child in (node.values() if isinstance(node, dict) else node)
            if isinstance(child, dict | list)
        ]
        if not level:
            return True
    return False


def _once(pairs: list[tuple[str, Any]]) -> Record:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise WrongShape("twice: an object has the same key twice; expected each once")
    return found


def _refuse(_name: str) -> NoReturn:
    raise WrongShape("not-json: NaN and Infinity are not JSON")


def _wrong(what: str, expected: str, value: Any) -> NoReturn:
    got = type(value).__name__
    raise WrongShape(f"wrong-shape: expected {expected} as {what}, got {got}")
