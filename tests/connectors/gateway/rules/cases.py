"""Policies whose rules clients get, and texts for them: samples, sampled matches, mutations."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from random import Random

from connectors.gateway.rules.client_rule import write_rule
from connectors.gateway.rules.expression import Untranslatable
from guardrails.catalogue import CATALOGUE
from guardrails.policy import Policy
from guardrails.policy_text import parse_policy
from guardrails.proof.samples import unmark
from guardrails.rule import Rule
from guardrails.shipped import shipped_text
from guardrails.syntax import parse
from guardrails.tree import Chain, Chars, Choice, Group, Node, Reference, Repeat

# Lists, allow lists and patterns as teams write them; every kind of condition that can be bound.
TEAM = r"""
name: team
guardrails:
  pii:
    action: warn
    allow: {texts: ["ada@example.org", "４１１１ 1111 1111 1111"], words: ["noreply"],
            expressions: ['^\+49']}
  secrets: {action: warn, min_confidence: 0.1, allow: {words: [example]}}
  keywords:
    action: warn
    leetspeak: true
    whole_words: false
    phrases: ["ل", "project bluebird", "Straße", "internal only", "пароль", "秘密", "ascot",
              "co op", "ﬁne print", "w-1", "lil"]
  profanity: {action: warn, min_confidence: 0, languages: [en, es, de, ru, zh, hi]}
  patterns:
    action: redact
    allow: ["INC-000000"]
    rules:
      - {id: incident, type: INCIDENT, expression: '\bINC-\d{6}\b'}
      - {id: ticket, type: TICKET, expression: '(?:ticket|case)[ #]{0,3}(?P<secret>[A-Z]{2}\d{3,})',
         ignore_case: true, allow: {texts: [ab123], words: [zz], in_match: ['(?i:case  )']}}
      - {id: blob, type: BLOB, expression: '[A-Za-z0-9]{16,40}', entropy_above: 3.5}
      - {id: staff, type: STAFF, expression: '\b\d{5}\b', keywords: [staff, "personal nr"]}
      - {id: badge, type: BADGE, expression: '\b[a-z]{1,5}-?\d{4}\b', keywords: [badge, karte]}
      - {id: room, type: ROOM, expression: '[A-Z]\d{2}', context: ["Zimmer", "房间", "ΚΩΔΙΚΟΣ"],
         context_chars: 9, bare: 0.2}
      - {id: quoted, type: QUOTED, expression: '(?P<q>["''])pw:(?P<secret>.+?)(?P=q)'}
      - {id: long, type: LONG, expression: 'LOG:(?P<cap>x{20})|LOG:x{3,19}y'}
      - {id: line, type: LINE, expression: '(?m)^> .{3,20}$'}
      - {id: cut, type: CUT, expression: 'cuf'}
      - {id: twin, type: TWIN, expression: 'f(?=[fi])|(?<=f)[fi]'}
      - {id: hole, type: HOLE, expression: 'h\ufffdle'}
"""
# Texts at the edges of what the rules above say.
EDGES = (
    # A match that ends inside of what one code point folds to, and two inside of it.
    *("cu\ufb01", "o\ufb00 o\ufb03", "\ufb01ne print", "\ufdfa"),
    # As many spaces as are one, and one more; as many invisible characters as are none.
    *(f"co{' ' * count}op" for count in range(1, 11)),
    *(f"\u4e2dco{chr(0x200B) * count} op" for count in (1, 63, 64, 65, 66, 130)),
    *("h\0le", "h\ud83dle", "h\udc00\ud83dle", "h\ud83d\udc00le"),
    *(f"LOG:{'x' * count}{end}" for count in (2, 3, 18, 19, 20, 21) for end in ("", "y", "xy")),
    # A word as far away as it may be, and farther.
    *(f"{word}{'-' * count}A12" for word in ("Zimmer", "\U0001f600Zimmer") for count in range(12)),
    *(f"\U0001f600A12{'-' * count}{word}" for word in ("房间", "ΚΩΔΙΚΟΣ") for count in range(12)),
    *(f"A12{'-' * count}房间{'。' * end}" for count in range(6, 11) for end in (1, 2)),
    *(f"A12{'-' * count}ssn 219-099998" for count in range(0, 34, 3)),
    *(f"ssn{'-' * count}219099998" for count in range(26, 36)),
)


NAMES = ("default", "everything", "team")


@cache
def policy_named(name: str) -> Policy:
    """One of the shipped policies, or the one above. What they find only warns."""
    if name == "team":
        return parse_policy(TEAM, "team.yaml")
    return parse_policy(shipped_text(name).replace("action: redact", "action: warn"), name)


def handed_out(policy: Policy) -> list[Rule]:
    """The rules of a policy that clients get, as the engine has them."""
    rules = []
    for setting in policy.resolve():
        for rule in setting.rules:
            if setting.guardrail.performance.client_safe:
                try:
                    write_rule(setting, rule)
                except Untranslatable:
                    continue
                rules.append(rule)
    return rules


def texts(policy: Policy, random: Random) -> Iterator[str]:
    """Yield texts that rules of a policy may find something in, for ever."""
    guardrails = {setting.guardrail.id for setting in policy.resolve()}
    samples = [
        unmark(sample)[0]
        for guardrail in CATALOGUE
        if guardrail.id in guardrails
        for sample in (*guardrail.catches, *guardrail.ignores)
    ]
    rules = handed_out(policy)
    phrases = [phrase for rule in rules for phrase in getattr(rule, "phrases", ())]
    if policy.name == "team":
        yield from EDGES
    if policy.name == "everything":
        yield from samples
    for text in samples:
        glued = [_strange(random), random.choice(["", " "]), text]
        yield "".join(glued if random.random() < 0.5 else reversed(glued))
    while True:
        for rule in rules:
            parts = [
                _near(rule, random) if rule.expression else random.choice(phrases),
                random.choice(samples),
                random.choice(phrases) if phrases else "",
                _strange(random),
            ]
            chosen = parts[: random.choice([1, 1, 2, 4])]
            random.shuffle(chosen)
            glued = random.choice(["", "", " ", "\n", "。"]).join(chosen)
            yield _mutate(glued, random)


@cache
def _root(expression: str) -> Node:
    return parse(expression).root


def _near(rule: Rule, random: Random) -> str:
    """A text that the expression may match, with one of the words it needs."""
    text = sample(_root(rule.expression), random, {})
    words = (*rule.context, *rule.words)
    if not words or random.random() < 0.2:
        return text
    word = random.choice(words)
    gap = random.choice([" ", ": ", "", " x" * random.randint(1, 20)])
    # A word of either case, on either side.
    word = random.choice([word, word.upper(), word.capitalize()])
    return random.choice([f"{word}{gap}{text}", f"{text}{gap}{word}"])


def sample(node: Node, random: Random, groups: dict[str, str]) -> str:
    """A text of a tree; what only looks is not asked."""
    match node:
        case Chars():
            first, last = random.choice(node.ranges or ((63, 63),))
            if last > 0x24F and random.random() < 0.9:
                last = max(first, min(last, 0x7E))
            point = random.randint(first, last)
            return "?" if 0xD800 <= point < 0xE000 else chr(point)
        case Chain():
            return "".join(sample(part, random, groups) for part in node.parts)
        case Reference():
            return groups.get(node.name or "", "")
        case Choice():
            return sample(random.choice(node.branches), random, groups)
        case Repeat():
            high = random.choice([node.low, min(node.high, node.low + 3), min(node.high, 40)])
            count = random.randint(node.low, max(node.low, high))
            return "".join(sample(node.part, random, groups) for _ in range(count))
        case Group():
            text = sample(node.part, random, groups)
            if node.name:
                groups[node.name] = text
            return text
    return ""


_STRANGE = [
    *("а", "Ｂ", "１", "𝟗", "é", "e\u0301", "\u200b", "\u00ad", "\ufeff", "ﬁ", "½", "ß", "İ", "ſ"),
    *("中", "が", "ᄀ", "😀", "👩\u200d💻", "\u0940", "\u3000", "\u00a0", "\u2028", "\x85", "\r\n"),
    *("\0", "\ud83d", "\udc00", "٣", "Σ", "ς", "ﷺ", "ǆ", "\U000e0061", "\x1c", "  ", "     ", "_"),
]


def _strange(random: Random) -> str:
    run = random.choice([1, 1, 3, 70])
    return "".join(random.choice(_STRANGE) for _ in range(3)) + random.choice(_STRANGE[4:8]) * run


def _mutate(text: str, random: Random) -> str:
    """Change a text a little: characters dropped, doubled, styled, hidden ones put in."""
    characters = list(text)
    for _ in range(random.choice([0, 0, 1, 1, 2, 5])):
        # What was put in may be several.
        characters = list("".join(characters))
        if not characters:
            break
        at = random.randrange(len(characters))
        character = characters[at]
        styled = chr(ord(character) + 0xFEE0) if "!" <= character <= "~" else character
        characters[at] = random.choice(
            [
                *("", character * 2, styled, character.swapcase(), random.choice(_STRANGE)),
                *(character + random.choice(_STRANGE), random.choice("0123456789abXY -.,")),
            ]
        )
    return "".join(characters)
