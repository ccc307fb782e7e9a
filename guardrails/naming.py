"""What the names under `guardrails` in a policy stand for: guardrails, families, copies."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType

import msgspec

from guardrails.catalogue import CATALOGUE
from guardrails.guardrail import Guardrail
from guardrails.problem import one_of, show, suggest

# One per process, as the catalogue is: whatever packages add is added before policies are read.
_by_id = {guardrail.id: guardrail for guardrail in CATALOGUE}
_missing: list[str] = []
BY_ID: Mapping[str, Guardrail] = MappingProxyType(_by_id)
# Of what is shipped.
FAMILIES = tuple(dict.fromkeys(guardrail.family for guardrail in CATALOGUE))
CHECKS = tuple(guardrail.id for guardrail in CATALOGUE if guardrail.check is not None)

# As a rule's id; with the check's own id it stays well below the longest id of an event.
_COPY = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")


class UnknownName(ValueError):
    """There is no such guardrail. The message says what there is."""


def extend(guardrails: Iterable[Guardrail], missing: Iterable[str] = ()) -> None:
    """Let policies name guardrails of other packages, too, behind those of the catalogue.

    They keep `guardrails.contract` together with the catalogue. In a family that is shipped they
    are started by name alone: what its entry starts does not depend on what is installed. missing:
    what could not be had, a sentence each, for whoever names what is not there.
    """
    for guardrail in guardrails:
        by_name = guardrail.by_name or guardrail.family in FAMILIES
        _by_id[guardrail.id] = msgspec.structs.replace(guardrail, by_name=by_name)
    _missing.extend(missing)


def families() -> tuple[str, ...]:
    """Return the families a policy may name."""
    return tuple(dict.fromkeys(guardrail.family for guardrail in BY_ID.values()))


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
        known = [*families(), *BY_ID]
        text = f"{show(name)} is no guardrail and no family; expected e.g. {FAMILIES[0]}"
        raise UnknownName("; ".join([text + suggest(name, known), *_missing]))
    if kind not in CHECKS:
        text = f"{show(name)}: {show(kind)} is no check, and only checks have names behind a '/'"
        raise UnknownName(f"{text}; {one_of(CHECKS)}{suggest(kind, CHECKS)}")
    if not _COPY.fullmatch(copy):
        raise UnknownName(
            f"{show(name)}: expected 1 to 64 lower-case letters, digits and '-' behind the '/'"
        )
    return msgspec.structs.replace(BY_ID[kind], id=name)
