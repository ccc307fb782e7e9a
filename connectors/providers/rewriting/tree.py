"""Payloads with some of their texts changed: copies along the paths, the rest shared."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from connectors.providers.events import Path
from connectors.providers.payload import Record


def at(payload: Any, path: Path) -> Any:
    """Return what stands at a path."""
    for step in path:
        payload = payload[step]
    return payload


def with_values(payload: Record, values: Iterable[tuple[Path, Any]]) -> Record:
    """Return the payload with other values at these paths.

    >>> with_values({"a": [{"b": 1}], "c": 2}, [(("a", 0, "b"), 3)])
    {'a': [{'b': 3}], 'c': 2}
    """
    for path, value in values:
        payload = _with(payload, path, value)
    return payload


def _with(node: Any, path: Path, value: Any) -> Any:
    if not path:
        return value
    step, rest = path[0], path[1:]
    copy = list(node) if isinstance(node, list) else dict(node)
    copy[step] = _with(node[step], rest, value)  # type: ignore[index]
    return copy


def emptied(payload: Record, paths: Iterable[Path], keys: Collection[str]) -> Record:
    """Return the payload with nothing in these keys of the objects along the paths, top included.

    >>> emptied({"n": {"m": 1}, "a": [{"b": "x", "l": [1]}]}, [("a", 0, "b")], ["n", "l"])
    {'n': None, 'a': [{'b': 'x', 'l': []}]}
    """
    for path in paths:
        for depth in range(len(path)):
            node = at(payload, path[:depth])
            if isinstance(node, dict):
                found = [key for key in keys if node.get(key) and key != path[depth]]
                values = (((*path[:depth], key), nothing(node[key])) for key in found)
                payload = with_values(payload, values)
    return payload


def nothing(value: Any) -> Any:
    """Return what stands for the absence of such a value."""
    return [] if isinstance(value, list) else None


def skeleton(payload: Record, paths: Collection[Path], keys: Collection[str]) -> Record:
    """Return the payload with nothing below its top but what leads to these paths, and these keys
    of objects on the way.

    >>> skeleton({"id": 1, "a": [{"b": "x", "role": "r", "n": 0}]}, [("a", 0, "b")], ["n"])
    {'id': 1, 'a': [{'b': 'x', 'n': 0}]}
    """
    kept = {path[0] for path in paths}
    below = {
        key: _bones(value, [path[1:] for path in paths if path[0] == key], keys)
        for key, value in payload.items()
        if key in kept
    }
    return {key: below.get(key, value) for key, value in payload.items()}


def _bones(node: Any, paths: Collection[Path], keys: Collection[str]) -> Any:
    if not all(paths):
        return node
    if isinstance(node, list):
        places = sorted(path[0] for path in paths if isinstance(path[0], int))
        return [_bones(node[place], _below(paths, place), keys) for place in dict.fromkeys(places)]
    return {
        key: _bones(value, _below(paths, key), keys) if _below(paths, key) else value
        for key, value in node.items()
        if key in keys or _below(paths, key)
    }


def _below(paths: Collection[Path], step: str | int) -> list[Path]:
    return [path[1:] for path in paths if path[0] == step]


def moved(paths: Collection[Path]) -> dict[Path, Path]:
    """Return where the paths lead in a `skeleton`: lists have only the places on the paths.

    >>> moved([("a", 3, "b")])
    {('a', 3, 'b'): ('a', 0, 'b')}
    """
    found = {}
    for path in paths:
        steps: list[str | int] = []
        for depth, step in enumerate(path):
            if isinstance(step, int):
                beside = {other[depth] for other in paths if other[:depth] == path[:depth]}
                step = sorted(beside).index(step)  # noqa: PLW2901
            steps.append(step)
        found[path] = tuple(steps)
    return found
