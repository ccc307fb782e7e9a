"""A list of words or phrases, one a line, as phrases of the guardrail `keywords`."""

from __future__ import annotations

from pydantic import ValidationError

from guardrails.content.keywords import MAX_PHRASE_CHARS, MAX_PHRASES, KeywordOptions
from guardrails.packs.pack import Pack


def read_words(text: str, source: str) -> Pack:
    """Read a list. Lines that begin with '#' are comments; empty ones are skipped.

    >>> read_words("# fruit\\npear\\n\\n apple pie \\n", "fruit.txt").phrases
    ['pear', 'apple pie']
    """
    pack = Pack(source, "words")
    seen: set[str] = set()
    for number, line in enumerate(text.removeprefix("\ufeff").split("\n"), 1):
        phrase = line.strip()
        if not phrase or phrase.startswith("#") or phrase in seen:
            continue
        why = _why_not(phrase)
        if why is None and len(pack.phrases) >= MAX_PHRASES:
            why = f"a policy can hold {MAX_PHRASES:,} phrases; import the rest into another"
        if why is not None:
            pack.leave_out(f"line {number}", why)
            continue
        seen.add(phrase)
        pack.phrases.append(phrase)
    return pack


def _why_not(phrase: str) -> str | None:
    if len(phrase) > MAX_PHRASE_CHARS:
        return f"it is longer than {MAX_PHRASE_CHARS} characters"
    try:
        KeywordOptions(phrases=[phrase])
    except ValidationError:
        return "it is invisible"
    return None
