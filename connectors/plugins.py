"""Guardrails of other packages: those that entry points of group `tidegate.guardrails` name.

All or nothing: an entry point whose guardrails are not all sound brings none.
"""

from __future__ import annotations

import importlib
import sys
from collections import defaultdict
from collections.abc import Iterable, Sequence
from importlib.metadata import EntryPoint, entry_points
from typing import Any

import msgspec

from guardrails.catalogue import CATALOGUE
from guardrails.contract import CatalogueError, require_contract
from guardrails.errors import TidegateError
from guardrails.guardrail import Guardrail
from guardrails.naming import FAMILIES
from guardrails.proof.stream import require_tame_rules

GROUP = "tidegate.guardrails"
# What a broken package says of itself may be of any length.
_MAX_PROBLEM_CHARS = 400


class PluginError(TidegateError):
    """A package brings no sound guardrails. Next: correct, update or remove it."""


class Plugin(msgspec.Struct, frozen=True, kw_only=True):
    """What one entry point brings. target: `module:name`. problem: why it brings nothing."""

    package: str
    version: str
    entry: str
    target: str
    guardrails: tuple[Guardrail, ...] = ()
    problem: str = ""

    @property
    def origin(self) -> str:
        """Name it as its author would look for it."""
        return f"package {self.package} {self.version}, entry point '{self.entry}' ({self.target})"


def discover(entries: Iterable[EntryPoint] | None = None) -> list[Plugin]:
    """Load all entry points, by package and name: their order does not depend on the machine.

    entries: for tests; None: those of everything that is installed. What is broken says so.
    """
    known = entry_points(group=GROUP) if entries is None else entries
    pairs = sorted(((_describe(one), one) for one in known), key=_by_origin)
    return _refuse_clashes([_load(plugin, entry) for plugin, entry in pairs])


def _load(plugin: Plugin, entry: EntryPoint) -> Plugin:
    try:
        guardrails = read_guardrails(entry.load())
        require_sound(guardrails)
    # Whatever a module raises while it is imported; even that it wants to exit.
    except (Exception, SystemExit) as error:  # noqa: BLE001 - others must not suffer
        return msgspec.structs.replace(plugin, problem=_tell(error))
    return msgspec.structs.replace(plugin, guardrails=guardrails)


def _refuse_clashes(plugins: Sequence[Plugin]) -> list[Plugin]:
    """Take both away where two entry points bring the same name: which one is meant is not said."""
    owners: dict[str, list[Plugin]] = defaultdict(list)
    for plugin in plugins:
        for name in _names(plugin):
            owners[name].append(plugin)
    found = []
    for plugin in plugins:
        shared = [
            f"{name} is also that of {other.origin}"
            for name in _names(plugin)
            for other in owners[name]
            if other is not plugin
        ]
        problem = "; ".join([*shared, "choose another or remove one package"])
        refused = msgspec.structs.replace(plugin, guardrails=(), problem=problem)
        found.append(refused if shared else plugin)
    return found


def _names(plugin: Plugin) -> list[str]:
    """Return what no other entry point may bring. A family of its own belongs to it as a whole, so
    that a policy that names it gets all of it or an error.
    """
    families = {one.family for one in plugin.guardrails} - {*FAMILIES}
    return [
        *(f"name '{one.id}'" for one in plugin.guardrails),
        *(f"rule id '{rule.id}'" for one in plugin.guardrails for rule in one.rules),
        *(f"name '{family}'" for family in sorted(families)),
    ]


def load_target(target: str) -> tuple[Guardrail, ...]:
    """Return the guardrails of `module:name`, sound beside the catalogue. Raises PluginError."""
    module, _, name = target.partition(":")
    try:
        value: Any = importlib.import_module(module)
        for part in filter(None, name.split(".")):
            value = getattr(value, part)
        guardrails = read_guardrails(value)
        require_sound(guardrails)
    except (Exception, SystemExit) as error:
        raise PluginError(f"{target}: {_tell(error)}") from error
    return guardrails


def read_guardrails(value: object) -> tuple[Guardrail, ...]:
    """Return what an entry point stands for: one guardrail, or several. Raises PluginError."""
    if isinstance(value, Guardrail):
        return (value,)
    wanted = "expected a Guardrail, or an iterable of them"
    if not isinstance(value, Iterable) or isinstance(value, str | bytes):
        raise PluginError(f"{wanted}, got {type(value).__name__}")
    found = tuple(value)
    for index, one in enumerate(found):
        if not isinstance(one, Guardrail):
            raise PluginError(f"{wanted}; number {index} is {type(one).__name__}")
    if not found:
        raise PluginError(f"{wanted}, got none")
    return found


def require_sound(guardrails: Sequence[Guardrail]) -> None:
    """Raise PluginError if guardrails cannot stand beside the catalogue."""
    try:
        require_contract((*CATALOGUE, *guardrails))
    except CatalogueError as error:
        raise PluginError(str(error).replace("\n", "; ")) from error
    for one in guardrails:
        if one.check is not None:
            text = "nothing here would run its check; use the check 'http'"
            raise PluginError(f"guardrail '{one.id}': {text}")
        # What a policy that names it would stumble over.
        for violation in require_tame_rules(one):
            raise PluginError(f"guardrail '{one.id}': {violation.text}")


def _describe(entry: EntryPoint) -> Plugin:
    package, version = ("", "") if entry.dist is None else (entry.dist.name, entry.dist.version)
    return Plugin(package=package, version=version, entry=entry.name, target=entry.value)


def _by_origin(known: tuple[Plugin, EntryPoint]) -> tuple[str, str, str]:
    return known[0].package, known[0].entry, known[0].target


def _tell(error: BaseException) -> str:
    said = " ".join(str(error).split())[:_MAX_PROBLEM_CHARS]
    return said if isinstance(error, PluginError) else f"{type(error).__name__}: {said}"


def docstrings_of(guardrail: Guardrail, target: str) -> list[str]:
    """Return the docstrings of the modules a guardrail stands in. target: where it was loaded from.

    Only modules of the same package are looked at, as far as they are imported.
    """
    package = target.partition(":")[0].partition(".")[0]
    return [
        module.__doc__ or ""
        for name, module in sys.modules.items()
        if name.partition(".")[0] == package
        and any(value is guardrail for value in vars(module).values())
    ]
