"""Random lists of phrases, and texts that nearly say them."""

from __future__ import annotations

from random import Random
from typing import Any

from guardrails.fold import clean
from guardrails.guardrail import Action, Mode
from guardrails.phrases import PhraseRule, normalise
from tests.plans import Ruled

# Two letters of each kind, so that phrases overlap and lie in each other.
ALPHABETS = ("ab", "ab ", "бк", "ß京a", "ลb ", "नी ", "😀a", "il1o ", "かがa", "ΑΣ ")
# What comes between letters, or instead of them.
STRANGE = ("\u200b", "\u0301", "\u00ad", " ", "  ", "\n\n", "\t", "\u3000", "     ", "-", "_", "!")
STRANGE += (
    "1",
    "0",
    "@",
    "$",
    "ａ",
    "Ｂ",
    "А",
    "а",
    "В",
    "𝐚",
    "ᴀ",
    "é",
    "ſ",
    "ﬀ",
    "ﷺ",
    "¨",
    "\ufffd",
)
STRANGE += ("\u200d" * 70, "中", "\ud83d", "\ude00", "\0", "İ", "ı", "Ø")


def phrases(random: Random, alphabet: str) -> tuple[str, ...]:
    """Return one to many phrases, short ones that overlap."""
    found = set()
    for _ in range(random.choice([1, 2, 5, 40])):
        size = random.choice([1, 2, 2, 3, 4, 8])
        phrase = "".join(random.choice(alphabet) for _ in range(size))
        if random.random() < 0.1:
            phrase += clean(random.choice(STRANGE))
        if normalise(phrase):
            found.add(phrase)
    return tuple(sorted(found)) or ("ab",)


def phrase_rule(random: Random, alphabet: str, rule_id: str = "said", **options: Any) -> PhraseRule:
    return PhraseRule(
        id=rule_id,
        type="SAID",
        phrases=options.pop("phrases", None) or phrases(random, alphabet),
        whole_words=options.pop("whole_words", random.random() < 0.5),
        leetspeak=options.pop("leetspeak", random.random() < 0.3),
        **options,
    )


def ruled(random: Random, alphabet: str, rule_id: str) -> Ruled:
    action = random.choice([Action.REDACT, Action.REDACT, Action.BLOCK, Action.WARN])
    mode = random.choice([Mode.BLOCK, Mode.BLOCK, Mode.MONITOR])
    confidence = random.choice([0.5, 0.9])
    return Ruled(phrase_rule(random, alphabet, rule_id, confidence=confidence), action, mode)


def text(random: Random, alphabet: str, said: tuple[str, ...], longest: int = 12) -> str:
    """Return a text of phrases, changed a little, and of what may stand beside them."""
    out: list[str] = []
    for _ in range(random.randint(0, longest)):
        roll = random.random()
        if roll < 0.35:
            out.append(changed(random, random.choice(said)))
        elif roll < 0.8:
            out.append(random.choice(alphabet))
        else:
            out.append(random.choice(STRANGE))
    return "".join(out)


def changed(random: Random, phrase: str) -> str:
    """Return a phrase in another case, width, spacing or with something in it."""
    at = random.randint(0, len(phrase))
    return random.choice(
        [
            phrase,
            phrase.upper(),
            phrase.lower(),
            phrase.replace(" ", random.choice(["\n", "  ", " \u200b ", "    ", "     "])),
            phrase.replace("l", "1").replace("o", "0").replace("a", "@"),
            phrase[:at] + random.choice(STRANGE) + phrase[at:],
            phrase[:at],
            phrase + " ",
            f" {phrase}",
        ]
    )
