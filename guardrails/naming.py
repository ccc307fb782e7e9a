"""What the names under `guardrails` in a policy stand for: guardrails, families, copies."""

from __future__ import annotations

import re
from collections.abc import Mapping

import msgspec

from guardrails.catalogue import CATALOGUE
from guardrails.guardrail import Guardrail
from guardrails.problem import one_of, show, suggest

BY_ID: Mapping[str, Guardrail] = {guardrail.id: guardrail for guardrail in CATALOGUE}
FAMILIES = tuple(dict.fromkeys(guardrail.family for guardrail in CATALOGUE))
CHECKS = tuple(guardrail.id for guardrail in CATALOGUE if guardrail.check is not None)

# As a rule's id; with the check's own id it stays well below the longest id of an event.
_COPY = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")


class UnknownName(ValueError):
    """There is no such guardrail. The message says what there is."""


def find_guardrail(name: str) -> Guardrail:
    """Return the guardrail of a name. A check may be run several times, as `check/name`.

    Raises UnknownName.

    >>> find_guardrail("judge/tone").id
    'judge/tone'
    """
    kind, slash, copy = name.partition("/")
    if not slash:
        if name in BY_ID:
            return BY_ID[name]
        known = [*FAMILIES, *BY_ID]
        text = f"{show(name)} is no guardrail and no family; expected e.g. {FAMILIES[0]}"
        raise UnknownName(text + suggest(name, known))
    if kind not in CHECKS:
        text = f"{show(name)}: {show(kind)} is no check, and only checks have names behind a '/'"
        raise UnknownName(f"{text}; {one_of(CHECKS)}{suggest(kind, CHECKS)}")
    if not _COPY.fullmatch(copy):
        raise UnknownName(
            f"{show(name)}: expected 1 to 64 lower-case letters, digits and '-' behind the '/'"
        )
    return msgspec.structs.replace(BY_ID[kind], id=name)
