"""From the entries under `guardrails` in a policy to the setting of each guardrail that runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any, TypeVar

import msgspec
from pydantic import ValidationError

from guardrails.catalogue import CATALOGUE
from guardrails.check import CheckError, CheckOptions, CheckSetting, resolve_check
from guardrails.errors import RuleError
from guardrails.guardrail import DEFAULT_MODES, FIXED_MODES, Action, Guardrail, Mode, Options
from guardrails.problem import Path, Problem, explain, one_of, show, suggest, unknown_key
from guardrails.rule import Rule

BY_ID: Mapping[str, Guardrail] = {guardrail.id: guardrail for guardrail in CATALOGUE}
FAMILIES = tuple(dict.fromkeys(guardrail.family for guardrail in CATALOGUE))

_COMMON_KEYS = ("mode", "action")
_Kind = TypeVar("_Kind", bound=StrEnum)


class Setting(msgspec.Struct, frozen=True):
    """One guardrail as a policy runs it. options: as validated; check: for what is a check."""

    guardrail: Guardrail
    mode: Mode
    action: Action
    rules: tuple[Rule, ...]
    max_chars: int | None
    options: Options = Options()
    check: CheckSetting | None = None


class SettingError(ValueError):
    """Entries under `guardrails` are wrong. problems: all of them; paths from below it."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("\n".join(f"{problem.place}: {problem.text}" for problem in problems))
        self.problems = tuple(problems)


def resolve_settings(entries: Mapping[str, Any], *, audit_only: bool) -> tuple[Setting, ...]:
    """Return the setting of each guardrail that runs, in the catalogue's order.

    entries: settings by the id of a guardrail or the name of a family; a guardrail's own go before
    its family's. audit_only: every mode becomes monitor.

    Raises SettingError with every problem found.
    """
    problems: dict[tuple[Path, str], Problem] = {}
    resolver = _Resolver(_mappings(entries, problems), problems, audit_only=audit_only)
    settings = [
        setting
        for guardrail in CATALOGUE
        if (setting := resolver.resolve(guardrail)) is not None
        and setting.mode is not Mode.DISABLED
    ]
    resolver.require_unique_ids(settings)
    if problems:
        raise SettingError(list(problems.values()))
    return tuple(settings)


def _mappings(
    entries: Mapping[str, Any], problems: dict[tuple[Path, str], Problem]
) -> dict[str, Mapping[str, Any]]:
    """Return the entries that can be read; an empty one means the defaults."""
    found: dict[str, Mapping[str, Any]] = {}
    for name, entry in entries.items():
        path = (name,)
        if name not in BY_ID and name not in FAMILIES:
            known = [*FAMILIES, *BY_ID]
            text = f"{show(name)} is no guardrail and no family; expected e.g. {FAMILIES[0]}"
            problem = Problem(path, text + suggest(name, known), at_key=True)
        elif entry is None or isinstance(entry, Mapping):
            found[name] = entry or {}
            continue
        else:
            text = f"'{name}' must be a mapping of settings, got {show(entry)}"
            word = next((kind for kind in (Action, Mode) if entry in list(kind)), None)
            hint = f"; did you mean '{{{word.__name__.lower()}: {entry}}}'?" if word else ""
            problem = Problem(path, text + hint)
        problems[path, problem.text] = problem
    return found


class _Resolver:
    """Reads one guardrail's setting after the other and collects what is wrong."""

    def __init__(
        self,
        entries: Mapping[str, Mapping[str, Any]],
        problems: dict[tuple[Path, str], Problem],
        *,
        audit_only: bool,
    ) -> None:
        self._entries = entries
        self._problems = problems
        self._audit_only = audit_only

    def _add(self, problem: Problem) -> None:
        # A family's settings are read once for each of its guardrails: say it once.
        self._problems.setdefault((problem.path, problem.text), problem)

    def resolve(self, guardrail: Guardrail) -> Setting | None:
        """Return one guardrail's setting; None if it does not run or its setting is wrong."""
        own = self._entries.get(guardrail.id)
        family = self._entries.get(guardrail.family)
        if own is None and family is None:
            return None
        for key in family or {}:
            if key not in _COMMON_KEYS:
                path = (guardrail.family, key)
                self._add(unknown_key(path, _COMMON_KEYS, "setting of a family"))
        performance_class = guardrail.performance.performance_class
        mode = self._choose(Mode, guardrail, "mode") or DEFAULT_MODES[performance_class]
        action = self._choose(Action, guardrail, "action") or guardrail.action
        fixed = FIXED_MODES.get(performance_class)
        if self._audit_only:
            mode = Mode.DISABLED if mode is Mode.DISABLED else Mode.MONITOR
        elif fixed is not None and mode is not fixed:
            entry = guardrail.id if own is not None and "mode" in own else guardrail.family
            text = (
                f"mode is '{mode}', but '{guardrail.id}' is of class {performance_class} and always"
                f" runs in mode '{fixed}'; list the guardrails you want without it, or set"
                " 'enforcement: audit_only' for the whole policy"
            )
            self._add(Problem((entry, "mode"), text))
        values = {key: value for key, value in (own or {}).items() if key not in _COMMON_KEYS}
        return self._with_options(guardrail, mode, action, values)

    def _choose(self, kind: type[_Kind], guardrail: Guardrail, key: str) -> _Kind | None:
        for name in (guardrail.id, guardrail.family):
            entry = self._entries.get(name, {})
            if key in entry:
                known = [str(member) for member in kind]
                value = entry[key]
                if value in known:
                    return kind(value)
                text = f"{one_of(known)}, got {show(value)}{suggest(value, known)}"
                self._add(Problem((name, key), f"'{name}.{key}': {text}"))
        return None

    def _with_options(
        self, guardrail: Guardrail, mode: Mode, action: Action, values: Mapping[str, Any]
    ) -> Setting | None:
        model = guardrail.options or Options
        known = [*_COMMON_KEYS, *model.model_fields]
        unknown = [key for key in values if key not in model.model_fields]
        for key in unknown:
            self._add(unknown_key((guardrail.id, key), known, f"setting of '{guardrail.id}'"))
        try:
            options = model.model_validate({k: v for k, v in values.items() if k not in unknown})
            rules = guardrail.build(options) if guardrail.build else guardrail.rules
            max_chars = guardrail.max_chars(options) if guardrail.max_chars else None
            check = _resolve_check(guardrail, options)
        except ValidationError as error:
            for problem in explain(error, model, (guardrail.id,)):
                self._add(problem)
            return None
        except (RuleError, CheckError) as error:
            self._add(Problem((guardrail.id,), f"'{guardrail.id}': {error}"))
            return None
        return Setting(guardrail, mode, action, rules, max_chars, options, check)

    def require_unique_ids(self, settings: Sequence[Setting]) -> None:
        """Findings, resume points and audit records are kept by rule id."""
        owner: dict[str, str] = {}
        for setting in settings:
            guardrail = setting.guardrail
            if setting.max_chars is not None:
                owner[guardrail.id] = guardrail.id
            for rule in setting.rules:
                if rule.id in owner:
                    text = (
                        f"rule id '{rule.id}' of '{guardrail.id}' is already used by"
                        f" '{owner[rule.id]}'; give the rule another id"
                    )
                    self._add(Problem((guardrail.id,), text))
                owner[rule.id] = guardrail.id


def _resolve_check(guardrail: Guardrail, options: Options) -> CheckSetting | None:
    if guardrail.check is None or not isinstance(options, CheckOptions):
        return None
    return resolve_check(guardrail.check, options)
