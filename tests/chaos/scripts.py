"""What producers say in a campaign: seeded streams, cut into chunks that come wrong."""

from __future__ import annotations

from collections import Counter
from random import Random
from typing import Any, NamedTuple

# The judges flag texts with this word.
VILE = "vile"
_WORDS = (
    "the tide comes in and goes out",
    "nobody knows how long it takes",
    "潮が満ちる",
    "wir warten am Hafen 🌊",
    "see section 3.2 of the manual",
    "it costs 1,234.50 in all",
    "Dr. Smith said so at 5 p.m.",
    "the gate is open",
)
_SENSITIVE = (
    "ada.lovelace{n}@example.org",
    "IBAN DE89 3704 0044 0532 0130 00",
    "call +49 30 901820 now",
    "card 4111 1111 1111 1111",
    "host 192.0.2.{m}",
)
_SECRET = "AKIA{key}"
_KEY_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"


class Sent(NamedTuple):
    """One chunk event and when it is sent, seconds from the beginning of its stream."""

    at_s: float
    event: dict[str, Any]


def write_text(random: Random) -> str:
    """A reply of some paragraphs, with things in it that guardrails look for."""
    paragraphs = []
    for _ in range(random.choice([1, 2, 2, 3, 4])):
        sentences = []
        for _ in range(random.randint(1, 4)):
            words = random.sample(_WORDS, random.randint(1, 3))
            if random.random() < 0.25:
                sensitive = random.choice(_SENSITIVE)
                words.append(sensitive.format(n=random.randrange(99), m=random.randrange(255)))
            if random.random() < 0.02:
                words.append(_SECRET.format(key="".join(random.choices(_KEY_LETTERS, k=16))))
            if random.random() < 0.06:
                words.append(f"and it is {VILE}")
            random.shuffle(words)
            sentences.append(" ".join(words) + random.choice([".", ".", "!", "?", "。"]))
        paragraphs.append(" ".join(sentences))
    return "\n\n".join(paragraphs)


def write_stream(
    stream_id: str, random: Random, faults: Counter[str], *, late_s: float
) -> list[Sent]:
    """One stream as its producer sends it: in order, or with duplicates, losses and delays.

    faults: counts what was done to it. late_s: how late the latest chunks come.
    """
    text = write_text(random)
    count = random.randint(4, 16)
    cuts = sorted(random.randrange(len(text) + 1) for _ in range(count - 1))
    pairs = list(zip([0, *cuts], [*cuts, len(text)], strict=True))
    common: dict[str, Any] = {"stream_id": stream_id}
    policy = random.choice([None, None, "strict", "plain"])
    if policy is not None:
        common["policy"] = policy
    content = random.random() < 0.1
    events = [
        common | {"seq": seq} | ({"content": text[:end]} if content else {"text": text[start:end]})
        for seq, (start, end) in enumerate(pairs)
    ]
    if random.random() < 0.05:
        events[-1] = common | {"seq": len(events) - 1, "aborted": True}
    else:
        events[-1]["final"] = True
    pace_s = random.choice([0.02, 0.05, 0.2])
    sent = [Sent(seq * pace_s, event) for seq, event in enumerate(events)]
    return sorted(_disturb(sent, random, faults, pace_s, late_s), key=lambda one: one.at_s)


def _disturb(
    sent: list[Sent], random: Random, faults: Counter[str], pace_s: float, late_s: float
) -> list[Sent]:
    if random.random() > 0.35:
        return sent
    out = []
    for one in sent:
        luck = random.random()
        if luck < 0.05:
            faults["chunk lost"] += 1
            continue
        out.append(one)
        if luck < 0.12:
            faults["chunk duplicated"] += 1
            out.append(Sent(one.at_s + random.uniform(0, 20 * pace_s), one.event))
        elif luck < 0.19:
            faults["chunk reordered"] += 1
            out[-1] = Sent(one.at_s + random.uniform(1, 4) * pace_s, one.event)
        elif luck < 0.20:
            faults["chunk late"] += 1
            out[-1] = Sent(one.at_s + random.uniform(0.5, 1.5) * late_s, one.event)
    return out
