"""gitleaks' allow lists: which of their conditions a stream can be asked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from guardrails.packs.pack import Pack, shorten, why_not_allow
from guardrails.packs.re2 import Untranslatable, translations

_KNOWN = {
    *("description", "condition", "commits", "paths", "regexes", "regexTarget", "stopwords"),
    "targetRules",
}
# What a stream does not have.
_OF_FILES = ("paths", "commits")


class Allowances(msgspec.Struct):
    """What is allowed. words, expressions: in the secret; in_match: expressions for all of it."""

    words: list[str] = []
    expressions: list[str] = []
    in_match: list[str] = []

    def values(self) -> dict[str, list[str]]:
        """Return the lists that hold something, as a policy writes them."""
        return {key: found for key, found in msgspec.structs.asdict(self).items() if found}


def read_allow_lists(pack: Pack, subject: str, lists: Iterable[Mapping[str, Any]]) -> Allowances:
    """Read the allow lists of a rule, or of all. What cannot be asked is noted in the pack."""
    found = Allowances()
    for one in lists:
        _read(pack, subject, one, found)
    return found


def _read(pack: Pack, subject: str, one: Mapping[str, Any], found: Allowances) -> None:
    for key in sorted(one.keys() - _KNOWN):
        pack.leave_out(subject, f"of its allow list the key '{key}', which is not known here")
    if str(one.get("condition", "OR")).upper() in ("AND", "&&"):
        if any(one.get(key) for key in _OF_FILES):
            text = "an allow list that also asks for a path or commit allows nothing in a stream"
            pack.note(subject, text)
            return
        if one.get("regexes") and one.get("stopwords"):
            text = "an allow list that asks for an expression and a stop word at once"
            pack.leave_out(subject, text)
            return
    for key in _OF_FILES:
        if one.get(key):
            texts = [str(text) for text in one[key]]
            pack.note(subject, f"allows no {key} ({shorten(texts)}): a stream has none")
    found.words += [str(word) for word in one.get("stopwords") or ()]
    target = str(one.get("regexTarget") or "secret")
    regexes = [str(regex) for regex in one.get("regexes") or ()]
    if target == "line":
        for regex in regexes:
            pack.leave_out(subject, f"its allow list for whole lines: '{regex}'")
        return
    into = found.in_match if target == "match" else found.expressions
    for regex in regexes:
        _translate(pack, subject, regex, into)


def _translate(pack: Pack, subject: str, regex: str, into: list[str]) -> None:
    try:
        for translation in translations(regex):
            why = why_not_allow({"expressions": [translation.text]})
            if why is None:
                break
    except Untranslatable as error:
        why = str(error)
    if why is not None:
        pack.leave_out(subject, f"its allow list '{regex}': {why}")
        return
    into.append(translation.text)
    if translation.clamped:
        # Which they are is no matter: what is read less far is allowed less.
        most = sorted({most for _, most in translation.clamped})
        bounds = " or ".join(f"{bound:,}" for bound in most)
        pack.note(subject, f"its allow list reads at most {bounds} in a row: '{regex}'")
