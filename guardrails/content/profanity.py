"""Profanity and slurs, by word lists in 33 languages.

Catches: the words of `words/*.txt` and the forms listed there, in any case, in full-width or styled
letters and look-alikes, with or without accents, with invisible characters inside, and in leetspeak
(`5h1t`). Three rules: `slur` against groups of people, `profanity` for what is obscene or meant to
hurt, `mild-profanity` for what is coarse or harmless as often as not; the last one is too weak to
count unless `min_confidence` is 0.4 or less. Misses: insults made of harmless words, forms and
spellings not listed, letters drawn apart (`s h i t`) or replaced by `*`, words that are ordinary in
one of the policy's languages. Cost: 2 to 3 µs per chunk.

A list knows no meaning: it finds what is quoted, explained or reclaimed as well. So a finding only
warns unless the policy says more, and no text waits for it.

All lists run unless `languages` names some. A word that is ordinary elsewhere (Swedish `slut`,
French `fut`) counts only where the policy names its language and none in which it is ordinary.
"""

from __future__ import annotations

from pydantic import Field, field_validator

from guardrails.content.word_list import Severity, Word, languages, read_words
from guardrails.guardrail import (
    Action,
    Cost,
    Guardrail,
    Options,
    PerformanceCharacteristics,
    PerformanceClass,
)
from guardrails.phrases import PhraseRule, normalise
from guardrails.problem import one_of, suggest

# Findings that touch are named by the most confident one. Below 0.5 a rule counts only where a
# policy asks for it.
_RULES = {
    Severity.SLUR: ("slur", "SLUR", 0.9),
    Severity.STRONG: ("profanity", "PROFANITY", 0.8),
    Severity.MILD: ("mild-profanity", "PROFANITY", 0.4),
}


class ProfanityOptions(Options):
    """Which lists run, and what is no profanity here."""

    languages: list[str] = Field(default=[], description="codes of languages; none: all lists")
    allow: list[str] = Field(default=[], max_length=10_000, description="words that do not count")
    leetspeak: bool = Field(default=True, description="digits and signs may stand for letters")

    @field_validator("languages")
    @classmethod
    def _have_lists(cls, codes: list[str]) -> list[str]:
        known = languages()
        for code in codes:
            if code not in known:
                hint = suggest(code, known)
                raise ValueError(f"{one_of(known)}, got '{code[:16]}'{hint}")
        return codes


def build_profanity(options: ProfanityOptions) -> tuple[PhraseRule, ...]:
    """Make one rule of each severity."""
    phrases: dict[Severity, list[str]] = {severity: [] for severity in Severity}
    seen = set(map(normalise, options.allow))
    for word in _chosen(options.languages):
        normal = normalise(word.text)
        if normal not in seen:
            seen.add(normal)
            phrases[word.severity].append(word.text)
    return tuple(
        PhraseRule(
            id=rule_id,
            type=finding_type,
            confidence=confidence,
            phrases=tuple(phrases[severity]),
            leetspeak=options.leetspeak,
        )
        for severity, (rule_id, finding_type, confidence) in _RULES.items()
        if phrases[severity]
    )


def _chosen(codes: list[str]) -> list[Word]:
    """Return the words that count, the worst first: a word of two lists counts once."""
    words = [
        word
        for code in codes or languages()
        for word in read_words(code)
        if not (word.ordinary_in.intersection(codes) if codes else word.ordinary_in)
    ]
    severities = list(Severity)
    return sorted(words, key=lambda word: severities.index(word.severity))


PROFANITY = Guardrail(
    id="profanity",
    family="content",
    summary="Profanity and slurs, by word lists in many languages",
    performance=PerformanceCharacteristics(
        performance_class=PerformanceClass.FAST,
        expected_latency_ms=0.01,
        cost=Cost(cpu_ms=0.3),
        client_safe=True,
    ),
    action=Action.WARN,
    options=ProfanityOptions,
    build=build_profanity,
    catches=(
        "What a load of «bullshit», you «ASSHOLE»!",
        "No «Ｆｕｃｋｉｎｇ» way, «sh\u200bit» happens. «5h1t»!",
        "她骂了一句«王八蛋»就走了",
        "So ein «Scheiß»! Du «Arschloch»",
        "«Vaffanculo», disse; «hijos de  puta», respondió",
        "Отвали, «мудак», «БЛЯДЬ»!",
    ),
    ignores=(
        "Scunthorpe, Penistone, Clitheroe, Lightwater and Cockermouth lie in England",
        "Dickens and Hitchcock classify assets; the therapist's analysis of shiitake in Essex",
        "The A55 road, article 455, ID 8008 and 5417 are numbers",
        "Titanic passengers assessed the cocktail basement for grapes",
        "Matsushita Electric, Arsenal, Mishit, Takeshita, Bassett, Cummings",
        "他妈妈的手机和日本的鬼故事",
    ),
)
