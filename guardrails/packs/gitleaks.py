"""gitleaks' configuration (TOML, expressions in RE2's syntax) as patterns.

Carried over: expressions, `secretGroup` or else the first group that holds text, entropy, keywords
that a match need not hold itself, allow lists of expressions and stop words, for the secret or the
match. What a stream does not have (files, commits, lines) cannot be asked, and is said.

Two things are written in another way and find the same secrets: a lazy beginning such as
`[\\w.-]{0,50}?` is left out, so that not every word may be the beginning of a match, and what must
follow the secret is looked at and is no part of the match.

Reference: https://github.com/gitleaks/gitleaks, README and package detect.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from typing import Any

from guardrails.content.patterns import MAX_CONTEXT_CHARS
from guardrails.errors import RuleError
from guardrails.fold import fold
from guardrails.packs.gitleaks_allow import read_allow_lists
from guardrails.packs.gitleaks_expression import express
from guardrails.packs.pack import Entry, Ids, Pack, PackError, why_not
from guardrails.packs.re2 import Untranslatable
from guardrails.presence import always_holds
from guardrails.syntax import parse

_TOP_KEYS = {"title", "description", "minVersion", "rules", "allowlist", "allowlists", "extend"}
_RULE_KEYS = {
    *("id", "description", "regex", "secretGroup", "entropy", "keywords", "path", "tags"),
    *("allowlist", "allowlists", "skipReport", "required"),
}


class _LeftOut(ValueError):
    """A rule cannot be carried over. The message says why."""


def read_gitleaks(text: str, source: str, ids: Ids) -> Pack:
    """Read a configuration. source: its name, for messages. Raises PackError if it is none."""
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise PackError(f"{source}: this is no TOML: {error}") from error
    rules = content.get("rules")
    if not isinstance(rules, list) or not all(isinstance(rule, dict) for rule in rules):
        raise PackError(f"{source}: this is no gitleaks configuration; expected [[rules]]")
    pack = Pack(source, "gitleaks")
    for key in sorted(content.keys() - _TOP_KEYS):
        pack.leave_out(pack.whole, f"its key '{key}' is not known here")
    if "extend" in content:
        pack.leave_out(
            pack.whole, "what it extends is another configuration; import that one as well"
        )
    reader = _Reader(pack, ids)
    reader.read_allowed(content)
    for rule in rules:
        reader.read_rule(rule)
    return pack


class _Reader:
    """Reads one rule after the other into a pack."""

    def __init__(self, pack: Pack, ids: Ids) -> None:
        self._pack = pack
        self._ids = ids
        # Allow lists of all rules that name those they are for.
        self._targeted: dict[str, list[Mapping[str, Any]]] = {}

    def read_allowed(self, content: Mapping[str, Any]) -> None:
        """Read the allow lists of all rules."""
        everywhere = []
        for one in _lists(content):
            targets = one.get("targetRules") or ()
            if not targets:
                everywhere.append(one)
            for name in targets:
                self._targeted.setdefault(name, []).append(one)
        allowed = read_allow_lists(self._pack, self._pack.whole, everywhere)
        for expression in allowed.in_match:
            text = f"its allow list for the whole match, '{expression}', which only a rule may have"
            self._pack.leave_out(self._pack.whole, text)
        allowed.in_match = []
        self._pack.allow = allowed.values()

    def read_rule(self, rule: Mapping[str, Any]) -> None:
        """Read one rule: into an entry, or into a remark that says why not."""
        name = str(rule.get("id", "a rule without id"))
        mark = len(self._pack.remarks)
        try:
            values = self._values(name, rule)
        except (_LeftOut, Untranslatable, RuleError) as error:
            del self._pack.remarks[mark:]
            self._pack.leave_out(name, str(error))
            return
        said = [str(rule["description"])] if rule.get("description") else []
        said += [remark.written for remark in self._pack.remarks[mark:]]
        self._pack.entries.append(Entry(values, tuple(said)))

    def _values(self, name: str, rule: Mapping[str, Any]) -> dict[str, object]:
        regex = rule.get("regex")
        if not isinstance(regex, str):
            raise _LeftOut("it looks at the names of files, and a stream has none")
        if rule.get("skipReport"):
            raise _LeftOut("it reports nothing and only serves other rules (skipReport)")
        if self._ids.full:
            raise _LeftOut("a policy can hold no more patterns; import the rest into another")
        self._note_conditions(name, rule)
        lists = [*_lists(rule), *self._targeted.get(name, ())]
        allowed = read_allow_lists(self._pack, name, lists)
        secret_group = int(rule.get("secretGroup") or 0)
        expressed = express(regex, secret_group, whole_match=bool(allowed.in_match))
        for text in expressed.remarks:
            self._pack.note(name, text)
        values: dict[str, object] = {
            "id": "tried",
            "type": "SECRET",
            "expression": expressed.text,
        }
        if rule.get("entropy"):
            values["entropy_above"] = float(rule["entropy"])
        values |= self._keywords(name, rule, expressed.text)
        if allowed.values():
            values["allow"] = allowed.values()
        why = why_not(values)
        if why is not None:
            raise _LeftOut(why)
        values["id"] = self._ids.give(name)
        if values["id"] != self._ids.prefix + name:
            self._pack.note(name, f"its id is now '{values['id']}'")
        return values

    def _note_conditions(self, name: str, rule: Mapping[str, Any]) -> None:
        for key in sorted(rule.keys() - _RULE_KEYS):
            self._pack.leave_out(name, f"its key '{key}' is not known here")
        if rule.get("path"):
            text = f"holds everywhere, not only in files that match '{rule['path']}'"
            self._pack.note(name, text)
        if rule.get("required"):
            text = "holds alone: the rules that it requires beside it cannot be asked"
            self._pack.note(name, text)

    def _keywords(self, name: str, rule: Mapping[str, Any], expression: str) -> dict[str, object]:
        """Return the keywords, unless every match holds one itself."""
        words = tuple(fold(str(word)).strip().lower() for word in rule.get("keywords") or ())
        if not words or always_holds(parse(expression).root, words):
            return {}
        text = (
            f"one of its keywords must stand within {MAX_CONTEXT_CHARS} characters of a match or "
            "in it, not anywhere in the text"
        )
        self._pack.note(name, text)
        return {"keywords": list(words), "context_chars": MAX_CONTEXT_CHARS}


def _lists(content: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the allow lists of a rule or of all; before gitleaks 8.21 there was one."""
    found = content.get("allowlists") or content.get("allowlist") or []
    return [found] if isinstance(found, Mapping) else list(found)
