"""Where something stands in a JSON document: `result.hits[0].label`.

Keys are joined by dots; a key with other signs than letters, digits, `_` and `-` stands in brackets
and double quotes (`["content.type"]`), an index in brackets.
"""

from __future__ import annotations

import json
import re
from typing import Annotated, Any

from pydantic import AfterValidator, StringConstraints

Step = str | int

_STEP = re.compile(
    r"""(?P<dot>\.)?(?P<key>[\w-]+) | \[(?P<index>\d{1,9})\] | \[(?P<quoted>"(?:[^"\\]|\\.)*")\]""",
    re.ASCII | re.VERBOSE,
)


class NothingThere(LookupError):
    """The document has nothing at the path. Next: correct the path, or ask who answered so."""


def parse_path(text: str) -> tuple[Step, ...]:
    """Return the steps of a path. Raises ValueError where it cannot be read.

    >>> parse_path('result.hits[0]["a.b"]')
    ('result', 'hits', 0, 'a.b')
    """
    steps: list[Step] = []
    at = 0
    while at < len(text):
        found = _STEP.match(text, at)
        if found is None or (found["key"] is not None and bool(found["dot"]) != bool(steps)):
            raise ValueError(
                f"cannot be read from character {at + 1} on; expected a path such as "
                'result.hits[0].label or ["content.type"]'
            )
        steps.append(_read_step(found, at))
        at = found.end()
    if not steps:
        raise ValueError("is empty; expected a path such as result.hits[0].label")
    return tuple(steps)


def _read_step(found: re.Match[str], at: int) -> Step:
    if found["index"] is not None:
        return int(found["index"])
    if found["quoted"] is None:
        return found["key"]
    try:
        return str(json.loads(found["quoted"]))
    except ValueError:
        raise ValueError(f"the quoted key at character {at + 1} is no JSON string") from None


def read_path(document: Any, path: str) -> Any:
    """Return what stands at a path of a document. Raises NothingThere.

    >>> read_path({"hits": [{"label": "tone"}]}, "hits[0].label")
    'tone'
    """
    for step in parse_path(path):
        there = isinstance(document, dict) and step in document
        if isinstance(document, list) and isinstance(step, int):
            there = step < len(document)
        if not there:
            raise NothingThere(path)
        document = document[step]
    return document


def _require_path(text: str) -> str:
    parse_path(text)
    return text


JsonPath = Annotated[str, StringConstraints(max_length=256), AfterValidator(_require_path)]
