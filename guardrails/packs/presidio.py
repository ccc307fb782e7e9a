"""Presidio's recognizers (YAML) as patterns.

Carried over: patterns with their score, context words, deny lists. A score counts without context
(`bare`); with a context word it is Presidio's 0.35 higher, and 0.4 at least. Context is looked for
within 50 characters on either side, where Presidio looks at five words before a match. What is code
of Presidio, not a pattern, cannot be carried over.

Reference: https://microsoft.github.io/presidio/, "no code" recognizers and the registry's YAML.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from guardrails.document import DocumentError, read_document
from guardrails.fold import fold
from guardrails.packs.pack import Entry, Ids, Pack, PackError, why_not
from guardrails.packs.piece import write_text
from guardrails.rule import DEFAULT_MIN_CONFIDENCE

# Presidio's LemmaContextAwareEnhancer, defaults.
_BOOST = 0.35
_LEAST_WITH_CONTEXT = 0.4
# Presidio's PatternRecognizer: re.DOTALL | re.MULTILINE | re.IGNORECASE.
_DEFAULT_FLAGS = 26
_FLAGS = {"i": re.IGNORECASE, "m": re.MULTILINE, "s": re.DOTALL, "x": re.VERBOSE}
_INLINE = re.compile(r"\(\?([aimsux]+)\)")
# Well below the longest expression of a pattern.
_MAX_LIST_CHARS = 3_000

_KNOWN = {
    *("name", "supported_language", "supported_languages", "supported_entity", "patterns"),
    *("supported_entities", "context", "deny_list", "deny_list_score", "type", "enabled"),
    *("global_regex_flags", "country_code"),
}


def read_presidio(text: str, source: str, ids: Ids) -> Pack:
    """Read a file of recognizers. source: its name, for messages. Raises PackError if none."""
    try:
        content = read_document(text).value
    except DocumentError as error:
        fault = error.faults[0]
        place = f"{source}:{fault.mark.line}:{fault.mark.column}"
        raise PackError(f"{place}: {fault.text}") from error
    if isinstance(content, dict):
        content = content.get("recognizer_registry", content)
    recognizers = content.get("recognizers") if isinstance(content, dict) else None
    if not isinstance(recognizers, list):
        raise PackError(f"{source}: this is no file of Presidio; expected the key 'recognizers'")
    pack = Pack(source, "presidio")
    flags = content.get("global_regex_flags", _DEFAULT_FLAGS)
    for recognizer in recognizers:
        if isinstance(recognizer, dict):
            _read(pack, ids, recognizer, flags)
        else:
            pack.leave_out(str(recognizer), "it is code of Presidio, not a pattern")
    return pack


def _read(pack: Pack, ids: Ids, recognizer: Mapping[str, Any], flags: int) -> None:
    name = str(recognizer.get("name", "a recognizer without name"))
    patterns, words = recognizer.get("patterns") or [], recognizer.get("deny_list") or []
    if recognizer.get("enabled") is False:
        pack.leave_out(name, "it is not enabled")
        return
    if not patterns and not words:
        text = "it is code of Presidio, not a pattern; see `tidegate policy show --all`"
        pack.leave_out(name, text)
        return
    for key in sorted(recognizer.keys() - _KNOWN):
        pack.leave_out(name, f"its key '{key}' is not known here")
    languages = _languages(recognizer)
    said = [f"looks at every text, not only at those in '{languages}'"] if languages else []
    kind = _type(recognizer)
    context = _context(recognizer)
    flags = int(recognizer.get("global_regex_flags", flags))
    for pattern in patterns:
        own = f"{name} {pattern.get('name', '')}".strip()
        score = float(pattern.get("score", 0))
        expression = _with_flags(str(pattern.get("regex", "")), flags)
        _add(pack, ids, own, _values(kind, expression, score, context), said)
    score = float(recognizer.get("deny_list_score", 1))
    for expression in _expressions([str(word) for word in words]):
        _add(pack, ids, f"{name} deny list", _values(kind, expression, score, context), said)


def _add(pack: Pack, ids: Ids, name: str, values: dict[str, object], comments: list[str]) -> None:
    if ids.full:
        pack.leave_out(name, "a policy can hold no more patterns; import the rest into another")
        return
    why = why_not({"id": "tried", **values})
    if why is not None:
        pack.leave_out(name, why)
        return
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", name)
    given = ids.give(re.sub(r"(?i)[\s_-]*\brecognizer\b", "", words))
    for comment in comments:
        pack.note(given, comment)
    confidence = values["confidence"]
    if isinstance(confidence, float) and confidence < DEFAULT_MIN_CONFIDENCE:
        pack.note(given, f"counts only where min_confidence is {confidence:g} or less")
    said = [remark.text for remark in pack.remarks if remark.subject == given]
    pack.entries.append(Entry({"id": given, **values}, (name, *said)))


def _values(kind: str, expression: str, score: float, context: list[str]) -> dict[str, object]:
    values: dict[str, object] = {"type": kind, "expression": expression}
    if not context:
        return values | {"confidence": score}
    with_context = min(1.0, max(score + _BOOST, _LEAST_WITH_CONTEXT))
    return values | {"confidence": round(with_context, 2), "bare": score, "context": context}


def _with_flags(regex: str, flags: int) -> str:
    """Write an expression with the flags in force, on folded text."""
    found = {letter for letter, flag in _FLAGS.items() if flags & flag}
    while inline := _INLINE.match(regex):
        found |= set(inline[1]) & _FLAGS.keys()
        regex = regex[inline.end() :]
    # Characters are looked for as they are in folded text; the ends of ranges stay as they are.
    regex = re.sub(r"(?<!-)[^\x00-\x7f](?!-)", lambda match: fold(match[0]), regex)
    return f"(?{''.join(sorted(found))}:{regex})" if found else regex


def _expressions(words: list[str]) -> Iterator[str]:
    """Write a deny list as expressions that are not too long."""
    row: list[str] = []
    for word in words:
        written = write_text(word, any_case=True)
        if row and len("|".join(row)) + len(written) > _MAX_LIST_CHARS:
            yield _any_of(row)
            row = []
        row.append(written)
    if row:
        yield _any_of(row)


def _any_of(written: list[str]) -> str:
    return rf"(?i:(?<!\w)(?:{'|'.join(written)})(?!\w))"


def _type(recognizer: Mapping[str, Any]) -> str:
    entities = recognizer.get("supported_entities") or []
    entity = recognizer.get("supported_entity") or (entities[0] if entities else "")
    return re.sub("[^A-Z0-9_]", "_", str(entity or "ENTITY").upper())


def _languages(recognizer: Mapping[str, Any]) -> str:
    found = recognizer.get("supported_languages") or [recognizer.get("supported_language")]
    names = [one.get("language") if isinstance(one, dict) else one for one in found]
    return ", ".join(str(name) for name in names if name)


def _context(recognizer: Mapping[str, Any]) -> list[str]:
    """Return the context words of all languages, in lower case, each once."""
    words = list(recognizer.get("context") or [])
    for language in recognizer.get("supported_languages") or []:
        if isinstance(language, dict):
            words += language.get("context") or []
    return list(dict.fromkeys(str(word).lower() for word in words))
