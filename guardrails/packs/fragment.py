"""Packs as a piece of a policy: YAML with comments, which is a policy of its own, too."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence

from guardrails.document import MAX_DOCUMENT_CHARS
from guardrails.packs.pack import Entry, Pack, PackError

_WIDTH = 100


def write_fragment(packs: Sequence[Pack]) -> str:
    """Write packs. Raises PackError if no policy can hold them."""
    lines = [line for pack in packs for line in _header(pack)]
    lines += ["guardrails:"]
    entries, allow = _join(packs)
    if entries:
        lines += ["  patterns:"]
        lines += _mapping("allow", allow, "    ") if allow else []
        lines += ["    rules:"]
        lines += [line for entry in entries for line in _entry(entry)]
    phrases = list(dict.fromkeys(phrase for pack in packs for phrase in pack.phrases))
    if phrases:
        lines += ["  keywords:", "    phrases:"]
        lines += [f"      - {_quote(phrase)}" for phrase in phrases]
    if not entries and not phrases:
        lines[-1] += " {}"
    text = "\n".join(lines) + "\n"
    if len(text) > MAX_DOCUMENT_CHARS:
        raise PackError(
            f"together the packs make {len(text):,} characters, and a policy may have "
            f"{MAX_DOCUMENT_CHARS:,}; import them into several policies"
        )
    return text


def _header(pack: Pack) -> Iterator[str]:
    yield from _comment(f"{pack.source}: {pack.size} ({pack.kind}), by `tidegate rules import`.")
    left_out = [remark for remark in pack.remarks if remark.left_out]
    if left_out:
        yield from _comment("Not carried over:")
        for remark in left_out:
            yield from _comment(f"{remark.subject}: {remark.text}", indent="  ")
    own = [remark for remark in pack.remarks if remark.subject == pack.whole]
    if any(not remark.left_out for remark in own):
        yield from _comment("Of all its rules:")
        for remark in own:
            if not remark.left_out:
                yield from _comment(remark.text, indent="  ")
    yield "#"


def _join(packs: Sequence[Pack]) -> tuple[list[Entry], Mapping[str, list[str]]]:
    """Return all rules and what is allowed for all of them.

    What one of several packs allows is allowed for its own rules.
    """
    filled = [pack for pack in packs if pack.entries]
    if len(filled) == 1:
        return filled[0].entries, filled[0].allow
    entries = []
    for pack in filled:
        for entry in pack.entries:
            own = entry.values.get("allow")
            allow = dict(own) if isinstance(own, Mapping) else {}
            for key, texts in pack.allow.items():
                allow[key] = [*allow.get(key, ()), *texts]
            values = entry.values | ({"allow": allow} if allow else {})
            entries.append(Entry(values, entry.comments))
    return entries, {}


def _entry(entry: Entry) -> Iterator[str]:
    for comment in entry.comments:
        yield from _comment(comment, before="      ")
    mark = "- "
    for key, value in entry.values.items():
        if isinstance(value, Mapping):
            yield from _mapping(key, value, "        ")
        elif isinstance(value, list):
            yield from _list(key, value, f"      {mark}")
        else:
            yield f"      {mark}{key}: {_quote(value) if isinstance(value, str) else value}"
        mark = "  "


def _mapping(key: str, value: Mapping[str, list[str]], before: str) -> Iterator[str]:
    yield f"{before}{key}:"
    for name, texts in value.items():
        yield from _list(name, texts, f"{before}  ")


def _list(key: str, texts: Iterable[str], before: str) -> Iterator[str]:
    """Write a list in as few lines as it needs; long texts one on a line."""
    written = [_quote(text) for text in texts]
    line = f"{before}{key}: [{', '.join(written)}]"
    if len(line) <= _WIDTH:
        yield line
        return
    yield f"{before}{key}:"
    inner = " " * (len(before) + 2)
    if max(map(len, written)) > _WIDTH // 2:
        yield from (f"{inner}- {one}" for one in written)
        return
    yield f"{inner}["
    row = inner
    for one in written:
        if len(row) + len(one) + 3 > _WIDTH:
            yield row.rstrip()
            row = inner
        row += f" {one},"
    yield row
    yield f"{inner}]"


def _comment(text: str, *, before: str = "", indent: str = "") -> Iterator[str]:
    plain = " ".join("".join(one if one.isprintable() else " " for one in text).split())
    start = f"{before}# {indent}"
    yield from textwrap.wrap(
        plain,
        _WIDTH,
        initial_indent=start,
        subsequent_indent=start,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _quote(text: str) -> str:
    r"""Write a text as YAML reads it back.

    >>> _quote("it's"), _quote("a\tb"), _quote("plain-id")
    ("'it''s'", '"a\\tb"', 'plain-id')
    """
    if not text.isprintable():
        return json.dumps(text)
    if text.isascii() and text[:1].isalpha() and text.replace("-", "").replace("_", "").isalnum():
        return text if text.lower() not in _WORDS else f"'{text}'"
    escaped = text.replace("'", "''")
    return f"'{escaped}'"


# What a plain scalar would mean in YAML 1.1 or 1.2.
_WORDS = {"true", "false", "null", "yes", "no", "on", "off", "y", "n"}
