"""What is wrong with something a person wrote, in words: a place, what was expected, a hint."""

from __future__ import annotations

import difflib
import re
import types
from collections.abc import Mapping, Sequence
from typing import Any, Union, get_args, get_origin

import msgspec
from pydantic import BaseModel, ValidationError

Path = tuple[str | int, ...]

# Enough to recognise one's own value, short enough for one line.
_MAX_SHOWN_CHARS = 40
_SUBJECT = re.compile(r"^\w+ should ")
_NEEDS_QUOTES = "; put it in quotes if it is meant as text"


class Problem(msgspec.Struct, frozen=True):
    """One thing that is wrong.

    path: keys and indices from the top to the value at fault. text: what is wrong, what was
    expected. at_key: the key itself is at fault, not its value.
    """

    path: Path
    text: str
    at_key: bool = False

    @property
    def place(self) -> str:
        """Return the path as people write it, e.g. `keywords.phrases[3]`."""
        return write_path(self.path)


def write_path(path: Path) -> str:
    """Write keys with dots and indices with brackets.

    >>> write_path(("keywords", "phrases", 3))
    'keywords.phrases[3]'
    """
    out = ""
    for step in path:
        out += f"[{step}]" if isinstance(step, int) else f".{step}" if out else step
    return out


def show(value: object) -> str:
    """Describe a value that was got where another was expected, shortly.

    >>> show("block"), show(["a"]), show(None), show(True)
    ("'block'", 'a list', 'nothing', 'true')
    """
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str | int | float):
        shown = repr(value)
        return shown if len(shown) <= _MAX_SHOWN_CHARS else f"{shown[:_MAX_SHOWN_CHARS]}..."
    return "a mapping" if isinstance(value, Mapping) else "a list"


def suggest(wrong: object, known: Sequence[str]) -> str:
    """Return `; did you mean 'x'?` for the known word nearest to a wrong one, or nothing.

    >>> suggest("emial", ["email", "phone"])
    "; did you mean 'email'?"
    """
    if not isinstance(wrong, str):
        return ""
    folded = {word.lower().replace("-", "_"): word for word in known}
    close = difflib.get_close_matches(wrong.lower().replace("-", "_"), list(folded), 1)
    return f"; did you mean '{folded[close[0]]}'?" if close else ""


def one_of(words: Sequence[str]) -> str:
    """Write what may stand here."""
    return f"expected {'one of ' if len(words) > 1 else ''}{', '.join(words)}"


def unknown_key(path: Path, known: Sequence[str], what: str = "key") -> Problem:
    """Return the problem of a key that may not stand where it stands."""
    key = str(path[-1])
    return Problem(
        path, f"{show(key)} is no known {what}; {one_of(known)}{suggest(key, known)}", at_key=True
    )


def explain(error: ValidationError, model: type[BaseModel], path: Path = ()) -> list[Problem]:
    """Return pydantic's errors as problems. path: where the model's value stands."""
    return [
        _explain(problem, model, path)
        for problem in error.errors(include_url=False, include_context=True)
    ]


def _explain(problem: Any, model: type[BaseModel], path: Path) -> Problem:
    kind, got, context = problem["type"], problem["input"], problem.get("ctx", {})
    own = tuple(problem["loc"])
    place = (*path, *own)
    if kind == "extra_forbidden":
        return unknown_key(place, _fields_at(model, own[:-1]))
    if kind == "missing":
        return Problem(place[:-1], f"'{place[-1]}' is missing; add it")
    name = write_path(place) or "the policy"
    if kind in ("literal_error", "enum"):
        known = re.findall(r"'([^']*)'", str(context.get("expected", "")))
        return Problem(place, f"'{name}': {one_of(known)}, got {show(got)}{suggest(got, known)}")
    if kind in ("value_error", "assertion_error"):
        return Problem(place, f"'{name}': {context.get('error', problem['msg'])}")
    if kind in ("model_type", "dict_type"):
        return Problem(place, f"'{name}' must be a mapping of keys to values, got {show(got)}")
    text = _SUBJECT.sub("must ", problem["msg"])
    hint = _NEEDS_QUOTES if kind == "string_type" and got is not None else ""
    if kind.endswith("_type") or kind in _QUOTES_VALUE:
        text += f", got {show(got)}"
    return Problem(place, f"'{name}': {text}{hint}")


# Kinds whose message names the limit and not the value.
_QUOTES_VALUE = {
    *("greater_than", "greater_than_equal", "less_than", "less_than_equal", "finite_number"),
    *("string_pattern_mismatch", "int_from_float", "int_parsing", "float_parsing"),
    *("string_too_short", "string_too_long"),
}


def _fields_at(model: type[BaseModel], path: Path) -> list[str]:
    """Return the keys a nested model knows. path: from `model` down to it."""
    kind: Any = model
    for step in path:
        nested = _model_in(kind)
        if nested is not None and isinstance(step, str) and step in nested.model_fields:
            kind = nested.model_fields[step].annotation
    found = _model_in(kind)
    return list(found.model_fields) if found is not None else []


def _model_in(annotation: Any) -> type[BaseModel] | None:
    """Return the model an annotation speaks of, through lists, unions and Annotated."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    if get_origin(annotation) in (Union, types.UnionType) or get_args(annotation):
        found = (_model_in(argument) for argument in get_args(annotation))
        return next((model for model in found if model is not None), None)
    return None
