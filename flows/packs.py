"""Rule packs from files, as a piece of a policy."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal, get_args

from flows.exits import InputError, UsageError
from guardrails.document import MAX_DOCUMENT_CHARS

if TYPE_CHECKING:
    from guardrails.packs.pack import Ids, Pack

Format = Literal["gitleaks", "presidio", "words"]
FORMATS: tuple[Format, ...] = get_args(Format)
# What a file is taken for by its name; everything else is a list of words.
_BY_SUFFIX: dict[str, Format] = {".toml": "gitleaks", ".yaml": "presidio", ".yml": "presidio"}


def read_packs(paths: Sequence[Path], kind: Format | None, prefix: str) -> list[Pack]:
    """Read packs. kind: of all of them; None: each by its name. prefix: of their rules' ids.

    Raises UsageError for a file that cannot be read, InputError for one that is no such pack.
    """
    from guardrails.packs.pack import Ids, PackError

    ids = Ids(prefix)
    packs = []
    for path in paths:
        found = kind or _BY_SUFFIX.get(path.suffix.lower(), "words")
        try:
            packs.append(_read(_text(path), path.name, found, ids))
        except PackError as error:
            hint = "" if kind else f"; --format says what it is, if it is no {found} file"
            raise InputError(f"{error}{hint}") from error
    return packs


def write_packs(packs: Sequence[Pack]) -> str:
    """Return the packs as a piece of a policy. Raises InputError if no policy can hold it."""
    from guardrails import parse_policy
    from guardrails.packs.fragment import write_fragment
    from guardrails.packs.pack import PackError

    try:
        text = write_fragment(packs)
    except PackError as error:
        raise InputError(str(error)) from error
    # Whoever uses it must not be the first to try.
    parse_policy(text, "what was imported")
    return text


def _read(text: str, source: str, kind: Format, ids: Ids) -> Pack:
    if kind == "gitleaks":
        from guardrails.packs.gitleaks import read_gitleaks

        return read_gitleaks(text, source, ids)
    if kind == "presidio":
        from guardrails.packs.presidio import read_presidio

        return read_presidio(text, source, ids)
    from guardrails.packs.words import read_words

    return read_words(text, source)


def _text(path: Path) -> str:
    """Return a file's text; one that no policy could hold is refused unread."""
    try:
        with path.open("rb") as file:
            # Four bytes a code point at most.
            content = file.read(4 * MAX_DOCUMENT_CHARS + 1)
    except OSError as error:
        raise UsageError(f"{path}: cannot be read ({error.strerror}); name a file") from error
    if len(content) > 4 * MAX_DOCUMENT_CHARS:
        raise InputError(f"{path}: has more than {4 * MAX_DOCUMENT_CHARS:,} bytes; split it")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        text = f"{path}:{line}: byte 0x{content[error.start]:02X} is not UTF-8; save it as UTF-8"
        raise InputError(text) from error
