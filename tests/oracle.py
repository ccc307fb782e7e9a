"""What a stream's answer must be, from its whole text at once, by the plainest code we can write.

Shares with the engine only how one code point is folded and, for phrases, evened out. No matcher,
no automaton, no release: `re` over the whole folded text, and lists.
"""

from __future__ import annotations

import re
import string
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache

import msgspec

from guardrails.fold import fold
from guardrails.guardrail import Action, Mode
from guardrails.phrases import LEETSPEAK, PhraseRule, even, is_spaced
from guardrails.rule import Rule
from guardrails.scan import ScanRule
from tests.plans import Ruled

INVISIBLE_CAP = 64
CLUSTER_CAP = 4_096
SPACES_CAP = 4
CHARS_CLAMP, GROUP_CLAMP = 512, 16


@dataclass(frozen=True, order=True)
class Hit:
    """A finding as the oracle sees it. value: what a redaction replaces; None: all of it."""

    start: int
    end: int
    rule: str
    action: Action
    mode: Mode
    confidence: float
    value: tuple[int, int] | None = field(default=None, compare=False)

    @property
    def replaced(self) -> tuple[int, int]:
        return self.value or (self.start, self.end)


class Answer(msgspec.Struct, frozen=True):
    """All that a stream's text and policy decide. shown: (start, end, text, rule or None)."""

    findings: tuple[Hit, ...]
    shown: tuple[tuple[int, int, str, str | None], ...]
    blocked: bool
    chars: int
    outcome: Action


def clean(text: str) -> str:
    """Join surrogate pairs, replace single halves and NUL."""
    out: list[str] = []
    for character in text:
        if "\ud800" <= character <= "\udbff":
            out.append(character)
        elif "\udc00" <= character <= "\udfff" and out and "\ud800" <= out[-1] <= "\udbff":
            high, low = ord(out.pop()) - 0xD800, ord(character) - 0xDC00
            out.append(chr(0x10000 + (high << 10) + low))
        else:
            out.append(character)
    return "".join(
        "\ufffd" if character == "\0" or "\ud800" <= character <= "\udfff" else character
        for character in out
    )


def folded_with_origins(text: str) -> tuple[str, list[int]]:
    """Fold code point by code point; say for each folded one which raw one it came from."""
    out: list[str] = []
    origins: list[int] = []
    invisible = 0
    for index, character in enumerate(text):
        folded = fold(character)
        invisible = invisible + 1 if not folded else 0
        if not folded and invisible > INVISIBLE_CAP:
            folded = "\ufffd"
        out.append(folded)
        origins += [index] * len(folded)
    return "".join(out), origins


@cache
def _compiled(expression: str) -> re.Pattern[str]:
    """`re` itself remembers 512, fewer than the shipped rules."""
    return re.compile(expression, re.ASCII)


def spans(
    rule: Rule, expression: str, text: str, origins: Sequence[int], size: int
) -> list[tuple[int, int, tuple[int, int], bool]]:
    """Return the leftmost matches, one behind the other, that the rule accepts: raw spans."""
    pattern = _compiled(expression)
    out: list[tuple[int, int, tuple[int, int], bool]] = []
    position = 0
    while (match := pattern.search(text, position)) is not None:
        start, end = match.span()
        if not _accepted(rule, text, start, end):
            position = start + 1
            continue
        position = end
        # What follows unseen belongs to the match, unless it ends inside one code point.
        behind = origins[end] if end < len(origins) else size
        behind = max(behind, origins[end - 1] + 1)
        capped = match.groupdict().get("cap") is not None
        value = (origins[start], behind)
        names = [name for name in pattern.groupindex if name.startswith("secret")]
        inner = [match.span(name) for name in names]
        inner = [(a, b) for a, b in inner if start <= a < b <= end]
        if inner:
            first, last = inner[0]
            until = origins[last] if last < len(origins) else size
            value = (origins[first], max(until, origins[last - 1] + 1))
        if not out or out[-1][0] < origins[start]:
            out.append((origins[start], behind, value, capped))
    return out


def phrase_spans(
    rule: PhraseRule, text: str, origins: Sequence[int], size: int
) -> list[tuple[int, int, tuple[int, int], bool]]:
    """Return where phrases stand, the longest at each place, one behind the other: raw spans.

    text: folded; every phrase is tried at every place.
    """
    phrases = {" ".join(evened(fold(phrase)).split(" ")).strip() for phrase in rule.phrases}
    words = [re.sub(" +", " ", phrase) for phrase in phrases]
    text = evened(text)
    out: list[tuple[int, int, tuple[int, int], bool]] = []
    start = 0
    while start < len(text):
        ends = [_phrase_end(rule, phrase, text, start) for phrase in words]
        end = max((end for end in ends if end is not None), default=None)
        if end is None:
            start += 1
            continue
        behind = origins[end] if end < len(origins) else size
        behind = max(behind, origins[end - 1] + 1)
        if not out or out[-1][0] < origins[start]:
            out.append((origins[start], behind, (origins[start], behind), False))
        start = end
    return out


def evened(text: str) -> str:
    return "".join(map(even, text))


def _phrase_end(rule: PhraseRule, phrase: str, text: str, start: int) -> int | None:
    """Return where a phrase ends that begins at `start`; None if it does not."""
    at, digits, kept = start, 0, 0
    for wanted in phrase:
        if wanted == " ":
            run = len(text) - len(text[at:].lstrip(" ")) - at
            if not 1 <= run <= SPACES_CAP:
                return None
            at += run
            continue
        given = text[at : at + 1]
        if given == wanted:
            kept += given.isalpha()
        elif given and rule.leetspeak and wanted in LEETSPEAK.get(given, ""):
            digits += given.isdecimal()
        else:
            return None
        at += 1
    changed = re.sub(" +", " ", text[start:at]) != phrase
    if changed and not (kept and 2 * digits <= len(phrase)):
        return None
    if rule.whole_words:
        before, behind = text[start - 1 : start] if start else "", text[at : at + 1]
        if before and is_spaced(before) and is_spaced(phrase[0]):
            return None
        if behind and is_spaced(behind) and is_spaced(phrase[-1]):
            return None
    return at


def _accepted(rule: Rule, text: str, start: int, end: int) -> bool:
    before, after = text[:start], text[end:]
    if rule.bounds is not None and not rule.bounds(before[-1:], after[:1]):
        return False
    if rule.check is not None and not rule.check(text[start:end]):
        return False
    if not rule.context and not rule.words:
        return True
    reach = rule.context_chars
    sides = ((max(0, start - reach), start), (end, min(len(text), end + reach)))
    longest = max(map(len, (*rule.context, *rule.words)))
    places = [
        (at, to)
        for low, high in sides
        for at in range(low, high)
        for to in range(at + 1, min(high, at + longest) + 1)
    ]
    return any(
        text[at:to].lower() in rule.context
        or (text[at:to].lower() in rule.words and not _touched(text, at, to))
        for at, to in places
    )


def _touched(text: str, start: int, end: int) -> bool:
    beside = text[max(0, start - 1) : start] + text[end : end + 1]
    return any(one in string.ascii_letters + string.digits for one in beside)


def judge(
    ruled: Sequence[Ruled],
    raw: str,
    *,
    label: Callable[[Rule], str] = lambda rule: f"[{rule.type}]",
    expressions: dict[str, str] | None = None,
    max_chars: int | None = None,
    length_action: Action = Action.BLOCK,
) -> Answer:
    """Judge one whole text.

    expressions: what to match for a rule id instead of its own expression with its open repeats
    clamped.
    """
    text = clean(raw)
    folded, origins = folded_with_origins(text)
    hits: list[Hit] = []
    labels: dict[str, str] = {}
    for item in ruled:
        rule = item.rule
        labels[rule.id] = label(rule)
        if isinstance(rule, PhraseRule):
            found = phrase_spans(rule, folded, origins, len(text))
        elif isinstance(rule, ScanRule):
            places = rule.scanner.places(text)  # type: ignore[attr-defined]
            found = [(at, at + 1, (at, at + 1), True) for at in places]
        else:
            expression = (expressions or {}).get(rule.id) or clamp(rule.expression)
            found = spans(rule, expression, folded, origins, len(text))
        for start, end, value, capped in found:
            action = Action.BLOCK if capped and item.action is Action.REDACT else item.action
            hits.append(Hit(start, end, rule.id, action, item.mode, rule.confidence, value))
    if max_chars is not None and len(text) > max_chars:
        action = Action.BLOCK if length_action is Action.REDACT else length_action
        hits.append(Hit(max_chars, max_chars + 1, "length", action, Mode.BLOCK, 1.0))
        labels["length"] = "[LENGTH]"
    return _decide(sorted(hits), labels, text)


def _decide(hits: list[Hit], labels: dict[str, str], text: str) -> Answer:
    enforced = [
        hit
        for hit in hits
        if hit.mode is Mode.BLOCK and hit.action in (Action.BLOCK, Action.REDACT)
    ]
    blocks = [hit.start for hit in enforced if hit.action is Action.BLOCK]
    if blocks:
        hits = [hit for hit in hits if hit.start <= min(blocks)]
        enforced = [hit for hit in enforced if hit.start <= min(blocks)]
    shown: list[tuple[int, int, str, str | None]] = []
    at = 0
    for group in _groups(enforced):
        start = max(group[0].start, at)
        if any(hit.action is Action.BLOCK for hit in group):
            if start > at:
                shown.append((at, start, text[at:start], None))
            return Answer(tuple(hits), tuple(shown), True, start, Action.BLOCK)
        start = max(at, min(hit.replaced[0] for hit in group))
        end = max(hit.replaced[1] for hit in group)
        if end > start:
            if start > at:
                shown.append((at, start, text[at:start], None))
            best = min(group, key=lambda hit: (-hit.confidence, hit.start - hit.end, hit.rule))
            shown.append((start, end, labels[best.rule], best.rule))
            at = end
    if at < len(text):
        shown.append((at, len(text), text[at:], None))
    outcome = Action.ALLOW
    if any(hit.action is not Action.ALLOW for hit in hits):
        outcome = Action.REDACT if enforced else Action.WARN
    return Answer(tuple(hits), tuple(shown), False, len(text), outcome)


def _groups(enforced: list[Hit]) -> list[list[Hit]]:
    groups: list[list[Hit]] = []
    reach = covered = 0
    for hit in enforced:
        if groups and hit.start < min(reach, groups[-1][0].start + CLUSTER_CAP):
            groups[-1].append(hit)
        else:
            groups.append([hit])
            reach = covered
        reach = max(reach, hit.end)
        covered = max(covered, hit.replaced[1])
    return groups


_TOKEN = re.compile(
    r"\(\?[a-z]+:(?:\\.|[^()\\])\)|\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\(\?[^)]|\(|\)|[*+?]|\{\d+,\d*\}|\{\d+\}|.",
    re.DOTALL,
)


def clamp(expression: str) -> str:
    """Bound every open repeat as the engine documents: 512 for one character, 16 for a group.

    >>> clamp("a+(?:bc|d)*?[d+]{2,}(?i:e)+")
    'a{1,512}(?:bc|d){0,16}?[d+]{2,512}(?i:e){1,512}'
    """
    out: list[str] = []
    previous = ""
    for token in _TOKEN.findall(expression):
        limit = GROUP_CLAMP if previous == ")" else CHARS_CLAMP
        repeated = previous in ("*", "+", "?") or previous.startswith("{")
        if token == "*" and not repeated:
            out.append(f"{{0,{limit}}}")
        elif token == "+" and not repeated:
            out.append(f"{{1,{limit}}}")
        elif token.startswith("{") and token.endswith(",}"):
            low = int(token[1:-2])
            out.append(f"{{{low},{max(low, limit)}}}")
        else:
            out.append(token)
        previous = "" if repeated and token in ("?", "+") else token
    return "".join(out)
