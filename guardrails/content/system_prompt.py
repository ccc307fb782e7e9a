"""A system prompt that a model repeats.

Catches: any run of `words` words of one of the `prompts`, in any case, with accents or without, in
full-width letters and look-alikes, however its white space runs; of a shorter prompt all of it; and
every canary token, also inside of longer words. What stands at the edges of a run beside its words
does not count. In scripts that put no spaces between words, two characters are one. Misses: a
prompt in other words, in another language or encoded, with punctuation or Markdown put between its
words; words of more than 200 characters. Cost: 2 to 4 µs per chunk, without prompts and canaries
nothing; holds while a run may come of it, at most the longest.

Each run is a finding, so a leak has nearly as many as words; a redaction is one label for all of
it, or for every 4,096 characters of a longer one.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

from pydantic import Field, field_validator, model_validator

from guardrails.allow import refuse
from guardrails.guardrail import (
    Action,
    Cost,
    Guardrail,
    Options,
    PerformanceCharacteristics,
    PerformanceClass,
)
from guardrails.phrases import PhraseRule, is_spaced, normalise
from guardrails.rule import Rule

# With a hundred prompts of 25,000 words together, 3,615 answers to other questions have in common
# 2,357 runs of four words, 136 of six and 40 of eight ("as an AI language model, I don't have").
MIN_WORDS = 4
_DEFAULT_WORDS = 8
# A run ends here, so that what waits is bounded; and a longer word is no part of one.
_MAX_RUN_CHARS = 200
# As for keywords; a run begins at every word of a prompt.
MAX_RUNS = 100_000
MAX_PROMPTS = 100
# A shorter token stands in other texts by chance.
MIN_CANARY_CHARS = 6


class SystemPromptOptions(Options):
    """What must not be repeated. No error names any of it."""

    prompts: list[str] = Field(default=[], description="texts of which no run may appear")
    words: int = Field(
        default=_DEFAULT_WORDS, ge=MIN_WORDS, le=50, description="words in a row that are a leak"
    )
    canaries: list[str] = Field(default=[], description="tokens put into prompts to be found")

    @field_validator("prompts", "canaries", mode="before")
    @classmethod
    def _are_texts(cls, value: object) -> object:
        """Refuse what is no list of texts here: pydantic's own message would show it."""
        entries = [value] if isinstance(value, str) else value
        if not isinstance(entries, list):
            raise refuse("expected a list of texts")
        for number, entry in enumerate(entries, 1):
            if not isinstance(entry, str):
                raise refuse(f"entry {number} is no text; put it in quotes, or behind '|'")
        return entries

    @field_validator("canaries")
    @classmethod
    def _are_tokens(cls, canaries: list[str]) -> list[str]:
        for number, canary in enumerate(canaries, 1):
            if not MIN_CANARY_CHARS <= len(normalise(canary)) <= _MAX_RUN_CHARS:
                raise refuse(
                    f"entry {number} must have {MIN_CANARY_CHARS} to {_MAX_RUN_CHARS} characters"
                )
        return canaries

    @model_validator(mode="after")
    def _have_runs(self) -> SystemPromptOptions:
        if len(self.prompts) > MAX_PROMPTS:
            raise refuse(f"expected at most {MAX_PROMPTS} prompts, got {len(self.prompts)}")
        total = 0
        for number, prompt in enumerate(self.prompts, 1):
            found = sum(1 for _ in runs(prompt, self.words))
            if not found:
                raise refuse(
                    f"prompt {number} has fewer than {MIN_WORDS} words in a row, which other texts"
                    " have too; leave it out, or put a token into it and name that in 'canaries'"
                )
            total += found
        if total > MAX_RUNS:
            raise refuse(
                f"the prompts have {total:,} words, more than {MAX_RUNS:,}; leave some out"
            )
        return self


def runs(prompt: str, words: int) -> Iterator[tuple[int, str]]:
    """Yield each run of a prompt behind the number of its first word, in normal form.

    A prompt with fewer words is one run, unless it has fewer than MIN_WORDS.

    >>> [run for _, run in runs("You are Bo, a bot of Acme.", 6)]
    ['you are bo, a bot of', 'are bo, a bot of acme']
    >>> [run for _, run in runs("You are Bo, a bot.", 6)], [*runs("Be nice.", 6)]
    (['you are bo, a bot'], [])
    """
    for pieces in _stretches(prompt):
        weights = [_weigh(piece) for piece in pieces]
        beginnings = (place for place, weight in enumerate(weights) if weight)
        for number, place in enumerate(beginnings):
            end = _end(pieces, weights, place, words)
            if end is not None:
                yield number, _strip("".join(pieces[place:end]))
        if MIN_WORDS <= sum(weights) < words:
            yield 0, _strip("".join(pieces))


def _end(pieces: list[str], weights: list[float], place: int, words: int) -> int | None:
    """Return the place behind a run that begins at a place; None if it has too few words."""
    weight, chars = 0.0, 0
    for end in range(place, len(pieces)):
        weight += weights[end]
        chars += len(pieces[end])
        if weight >= words or chars >= _MAX_RUN_CHARS:
            return end + 1
    return None


def _stretches(prompt: str) -> Iterator[list[str]]:
    """Yield what stands between words that are too long, as pieces that are a text together."""
    pieces: list[str] = []
    for word in normalise(prompt).split(" "):
        if pieces:
            pieces[-1] += " "
        for piece in _pieces(word):
            if len(piece) <= _MAX_RUN_CHARS:
                pieces.append(piece)
            else:
                yield pieces
                pieces = []
    yield pieces


def _pieces(word: str) -> Iterator[str]:
    """Yield a word, or its letters one by one where they need no spaces."""
    piece = ""
    for character in word:
        if _is_unspaced(character):
            if piece:
                yield piece
            yield character
            piece = ""
        else:
            piece += character
    if piece:
        yield piece


def _is_letter(character: str) -> bool:
    return unicodedata.category(character)[0] in "LNM"


def _is_unspaced(character: str) -> bool:
    return _is_letter(character) and not is_spaced(character)


def _weigh(piece: str) -> float:
    """Return how many words a piece is: two letters without spaces between them are one."""
    return 0.5 if _is_unspaced(piece[0]) else float(any(map(_is_letter, piece)))


def _strip(run: str) -> str:
    """Return a run from its first letter or digit to its last: what stands around it may differ."""
    first, last = 0, len(run)
    while not _is_letter(run[first]):
        first += 1
    while not _is_letter(run[last - 1]):
        last -= 1
    return run[first:last]


def build_system_prompt(options: SystemPromptOptions) -> tuple[Rule, ...]:
    """Make one rule of the canaries, and as many of the prompts as a run has pieces.

    Matches of one rule do not overlap. Runs that begin at neighbouring words do, so they are of
    different rules: what is left of a leak behind the last whole run would not be found otherwise.
    """
    count = 2 * options.words
    phrases: list[dict[str, None]] = [{} for _ in range(count)]
    for prompt in options.prompts:
        for number, run in runs(prompt, options.words):
            phrases[number % count][run] = None
    found = [
        PhraseRule(id="system-prompt", type="SYSTEM_PROMPT", confidence=0.9, phrases=tuple(own))
        for own in phrases
        if own
    ]
    if options.canaries:
        canaries = tuple(options.canaries)
        found.append(
            PhraseRule(
                id="canary-token",
                type="CANARY_TOKEN",
                confidence=1.0,
                phrases=canaries,
                whole_words=False,
            )
        )
    return tuple(found)


SYSTEM_PROMPT = Guardrail(
    id="system-prompt",
    family="content",
    summary="A system prompt that is repeated, or a token in it",
    performance=PerformanceCharacteristics(
        performance_class=PerformanceClass.FAST,
        expected_latency_ms=0.01,
        cost=Cost(cpu_ms=0.1),
    ),
    action=Action.REDACT,
    options=SystemPromptOptions,
    build=build_system_prompt,
)
