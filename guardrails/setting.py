"""From the entries under `guardrails` in a policy to the setting of each guardrail that runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Any, TypeVar

import msgspec
from pydantic import ValidationError

from guardrails.allow import AllowList, except_allowed, join
from guardrails.check import CheckError, CheckOptions, CheckSetting, resolve_check
from guardrails.errors import RuleError
from guardrails.guardrail import DEFAULT_MODES, FIXED_MODES, Action, Guardrail, Mode, Options
from guardrails.naming import BY_ID, CHECKS, FAMILIES, UnknownName, families, find_guardrail
from guardrails.problem import (
    Path,
    Problem,
    explain,
    one_of,
    show,
    suggest,
    unknown_key,
    write_path,
)
from guardrails.rule import DEFAULT_MIN_CONFIDENCE, Rule, at_least

__all__ = ["BY_ID", "FAMILIES", "Setting", "SettingError", "resolve_settings"]

# For every guardrail, and for those that are made of rules.
_COMMON_KEYS = ("mode", "action")
_RULE_KEYS = (*_COMMON_KEYS, "min_confidence", "allow")
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

    entries: settings by the id of a guardrail, the name of a family, or `check/name` for each copy
    of a check; a guardrail's own go before its family's. A family's start no checks, which need
    time, money or settings of their own: only those that are named. audit_only: every mode becomes
    monitor.

    Raises SettingError with every problem found.
    """
    problems: dict[tuple[Path, str], Problem] = {}
    resolver = _Resolver(_mappings(entries, problems), problems, audit_only=audit_only)
    settings = [
        setting
        for guardrail in _in_order(resolver.entries)
        if (setting := resolver.resolve(guardrail)) is not None
        and setting.mode is not Mode.DISABLED
    ]
    resolver.require_unique_ids(settings)
    resolver.require_use_of_families()
    if problems:
        raise SettingError(list(problems.values()))
    return tuple(settings)


def _in_order(entries: Mapping[str, Any]) -> Iterator[Guardrail]:
    """Yield the guardrails of the catalogue, each check with its copies as they are written."""
    copies = [name for name in entries if "/" in name]
    for guardrail in BY_ID.values():
        yield guardrail
        for name in copies:
            if name.startswith(f"{guardrail.id}/"):
                yield find_guardrail(name)


def _mappings(
    entries: Mapping[str, Any], problems: dict[tuple[Path, str], Problem]
) -> dict[str, Mapping[str, Any]]:
    """Return the entries that can be read; an empty one means the defaults."""
    found: dict[str, Mapping[str, Any]] = {}
    for name, entry in entries.items():
        problem = _problem_of(name, entry)
        if problem is None:
            found[name] = entry or {}
        else:
            problems[problem.path, problem.text] = problem
    return found


def _problem_of(name: str, entry: object) -> Problem | None:
    if name not in families():
        try:
            find_guardrail(name)
        except UnknownName as error:
            return Problem((name,), str(error), at_key=True)
    if entry is None or isinstance(entry, Mapping):
        return None
    word = next((kind for kind in (Action, Mode) if entry in list(kind)), None)
    # What was written in a wrong place may be a system prompt.
    got = "a text" if isinstance(entry, str) and word is None else show(entry)
    text = f"'{name}' must be a mapping of settings, got {got}"
    hint = f"; did you mean '{{{word.__name__.lower()}: {entry}}}'?" if word else ""
    return Problem((name,), text + hint)


class _Resolver:
    """Reads one guardrail's setting after the other and collects what is wrong."""

    def __init__(
        self,
        entries: Mapping[str, Mapping[str, Any]],
        problems: dict[tuple[Path, str], Problem],
        *,
        audit_only: bool,
    ) -> None:
        self.entries = entries
        self._problems = problems
        self._audit_only = audit_only
        self._allow_lists: dict[str, AllowList] = {}

    def _add(self, problem: Problem) -> None:
        # A family's settings are read once for each of its guardrails: say it once.
        self._problems.setdefault((problem.path, problem.text), problem)

    def resolve(self, guardrail: Guardrail) -> Setting | None:
        """Return one guardrail's setting; None if it does not run or its setting is wrong."""
        own = self.entries.get(guardrail.id)
        family = self.entries.get(guardrail.family)
        by_name = guardrail.by_name or guardrail.check is not None
        if own is None and (family is None or by_name):
            return None
        for key in family or {}:
            if key not in _RULE_KEYS:
                path = (guardrail.family, key)
                self._add(unknown_key(path, _RULE_KEYS, "setting of a family"))
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
        common = _common_keys(guardrail)
        values = {key: value for key, value in (own or {}).items() if key not in common}
        return self._with_options(guardrail, mode, action, values)

    def _choose(self, kind: type[_Kind], guardrail: Guardrail, key: str) -> _Kind | None:
        for name in (guardrail.id, guardrail.family):
            entry = self.entries.get(name, {})
            if key in entry:
                known = [str(member) for member in kind]
                value = entry[key]
                if value in known:
                    return kind(value)
                text = f"{one_of(known)}, got {show(value)}{suggest(value, known)}"
                self._add(Problem((name, key), f"'{name}.{key}': {text}"))
        return None

    def _min_confidence(self, guardrail: Guardrail) -> float:
        for name in (guardrail.id, guardrail.family):
            value = self.entries.get(name, {}).get("min_confidence")
            if value is None:
                continue
            if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1:
                return float(value)
            path = (name, "min_confidence")
            text = f"'{write_path(path)}': expected a number from 0 to 1, got {show(value)}"
            self._add(Problem(path, text))
        return DEFAULT_MIN_CONFIDENCE

    def _allow(self, guardrail: Guardrail) -> AllowList:
        """Return what the guardrail's entry and its family's allow together."""
        own = [guardrail.id] if "allow" in _common_keys(guardrail) else []
        return join(self._allow_list(name) for name in (guardrail.family, *own))

    def _allow_list(self, name: str) -> AllowList:
        if name not in self._allow_lists:
            value = self.entries.get(name, {}).get("allow")
            try:
                found = AllowList.model_validate([] if value is None else value)
            except ValidationError as error:
                found = AllowList()
                for problem in explain(error, AllowList, (name, "allow")):
                    self._add(_without_texts(problem) if isinstance(value, list) else problem)
            self._allow_lists[name] = found
        return self._allow_lists[name]

    def _with_options(
        self, guardrail: Guardrail, mode: Mode, action: Action, values: Mapping[str, Any]
    ) -> Setting | None:
        model = guardrail.options or Options
        known = list(dict.fromkeys([*_common_keys(guardrail), *model.model_fields]))
        unknown = [key for key in values if key not in model.model_fields]
        for key in unknown:
            self._add(unknown_key((guardrail.id, key), known, f"setting of '{guardrail.id}'"))
        allow = self._allow(guardrail)
        values = {key: value for key, value in values.items() if key not in unknown}
        if _allows_itself(guardrail):
            values["allow"] = allow
        try:
            options = model.model_validate(values)
            rules = guardrail.build(options) if guardrail.build else guardrail.rules
            rules = at_least(rules, self._min_confidence(guardrail))
            if not _allows_itself(guardrail):
                rules = except_allowed(rules, allow.compiled())
            max_chars = guardrail.max_chars(options) if guardrail.max_chars else None
            check = _resolve_check(guardrail, options)
        except ValidationError as error:
            for problem in explain(error, model, (guardrail.id,)):
                self._add(problem)
            return None
        except RuleError as error:
            self._add(Problem((guardrail.id,), f"'{guardrail.id}': {error}"))
            return None
        except CheckError as error:
            path = (guardrail.id, error.key)
            self._add(Problem(path, f"'{write_path(path)}': {error}"))
            return None
        return Setting(guardrail, mode, action, rules, max_chars, options, check)

    def require_unique_ids(self, settings: Sequence[Setting]) -> None:
        """Findings, resume points and audit records are kept by rule id."""
        owner: dict[str, str] = {}
        for setting in settings:
            guardrail = setting.guardrail
            names = [rule.id for rule in setting.rules]
            if setting.max_chars is not None or setting.check is not None:
                names.append(guardrail.id)
            # A guardrail may have several rules of one id: what they find is one thing.
            for name in dict.fromkeys(names):
                if name in owner:
                    text = (
                        f"rule id '{name}' of '{guardrail.id}' is already used by"
                        f" '{owner[name]}'; give the rule another id"
                    )
                    self._add(Problem((guardrail.id,), text))
                owner[name] = guardrail.id

    def require_use_of_families(self) -> None:
        """A family's entry that starts nothing would look as if it did."""
        kinds = {name.partition("/")[0] for name in self.entries}
        if "checks" in self.entries and not kinds & set(CHECKS):
            text = (
                "'checks' says how the checks run that are named beside it, and none is; name "
                f"{', '.join(CHECKS[:-1])} or {CHECKS[-1]}"
            )
            self._add(Problem(("checks",), text, at_key=True))


def _common_keys(guardrail: Guardrail) -> tuple[str, ...]:
    if not (guardrail.rules or guardrail.build):
        return _COMMON_KEYS
    own = guardrail.options.model_fields if guardrail.options else {}
    # A guardrail may mean something of its own by a key.
    return tuple(key for key in _RULE_KEYS if key not in own or _allows_itself(guardrail))


def _allows_itself(guardrail: Guardrail) -> bool:
    """Tell whether the guardrail applies its allow list: it knows which part of a match counts."""
    fields = guardrail.options.model_fields if guardrail.options else {}
    return "allow" in fields and fields["allow"].annotation is AllowList


def _without_texts(problem: Problem) -> Problem:
    """Place a problem of a plain list, which is read as one of texts."""
    path = (*problem.path[:2], *problem.path[3:])
    return Problem(path, problem.text.replace(".allow.texts", ".allow", 1), problem.at_key)


def _resolve_check(guardrail: Guardrail, options: Options) -> CheckSetting | None:
    if guardrail.check is None or not isinstance(options, CheckOptions):
        return None
    cacheable_s = guardrail.performance.cacheable_s
    return resolve_check(guardrail.check, options, cacheable_s=cacheable_s)
