"""Random rules and random texts over a tiny alphabet, so that everything meets everything."""

from __future__ import annotations

from random import Random

from guardrails.guardrail import Action, Mode
from guardrails.rule import Rule
from tests.plans import Ruled

LETTERS = "abc1"
# Characters between and around the letters: spaces, look-alikes, full-width and styled letters,
# marks, invisible ones, ligatures, CJK, emoji, a line feed.
STRANGE = [" ", "-", "\n", "а", "ａ", "１", "𝐛", "a\u0301", "\u0301", "\u200b", "\u200d", "\ufb01"]
STRANGE += [
    "\u00bd",
    "中",
    "é",
    "ß",
    "😀",
    "ᄀ",
    "が",
    "\u0940",
    "B",
    "_",
    "\u3000",
    "\ufffd",
    "\0",
]


def text(random: Random, longest: int = 40) -> str:
    """A text of the rules' letters, with strange characters in it."""
    strangeness = random.choice([0.0, 0.05, 0.3])
    repeat = random.choice([0.0, 0.5])
    out: list[str] = []
    for _ in range(random.randint(0, longest)):
        if out and random.random() < repeat:
            out.append(out[-1])
        elif random.random() < strangeness:
            out.append(random.choice(STRANGE))
        else:
            out.append(random.choice(LETTERS))
    return "".join(out)


class Expressions:
    """Writes random expressions."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._named: set[str] = set()

    def one(self) -> str:
        """Return an expression of moderate size."""
        self._named.clear()
        if self._random.random() < 0.1:
            return self.referring()
        return self.choice(self._random.choice([1, 2, 2, 3]))

    def referring(self) -> str:
        """Write an expression that says a group again, or asks whether it was set."""
        group = f"({self.choice(1)})" + self._random.choice(["", "", "?", "{1,3}"])
        again = self._random.choice(
            [
                r"\1",
                r"\1",
                r"\1{1,2}",
                r"(?i:\1)",
                r"(?!\1)",
                f"(?(1){self.chain(1)}|{self.atom()})",
            ]
        )
        return group + self.chain(1) + again + self._random.choice(["", self.atom()])

    def choice(self, depth: int) -> str:
        count = self._random.choice([1, 1, 1, 2, 3])
        return "|".join(self.chain(depth) for _ in range(count))

    def chain(self, depth: int) -> str:
        return "".join(self.part(depth) for _ in range(self._random.choice([1, 2, 2, 3, 4])))

    def part(self, depth: int) -> str:
        random = self._random
        roll = random.random()
        if depth <= 0 or roll < 0.45:
            return self.atom()
        if roll < 0.65:
            return self.repeat(depth)
        if roll < 0.8:
            return self.group(depth)
        if roll < 0.9:
            return self.look(depth)
        return random.choice([r"\b", r"\B", "^", "$", r"\A", r"\Z", "(?m:^)", "(?m:$)"])

    def atom(self) -> str:
        classes = ["[ab]", "[^a]", "[b-c1]", r"\d", r"\w", r"\s", ".", r"\W", "(?i:b)", "(?s:.)"]
        return self._random.choice([*LETTERS, *LETTERS, *LETTERS, *classes])

    def group(self, depth: int) -> str:
        random = self._random
        opening = random.choice(
            ["(?:", "(?:", "(", "(?>", "(?P<cap>", "(?P<secret>", "(?P<secret_2>"]
        )
        if opening.startswith("(?P"):
            # A name stands once in an expression.
            if opening in self._named:
                opening = "(?:"
            self._named.add(opening)
        return f"{opening}{self.choice(depth - 1)})"

    def repeat(self, depth: int) -> str:
        random = self._random
        low = random.randint(0, 3)
        bounds = ["?", f"{{{low}}}", f"{{{low},{low + random.randint(1, 4)}}}"]
        if random.random() < 0.6:
            atom = self.atom()
            bounds += ["*", "+", f"{{{low},}}"]
        else:
            # Open repeats of groups are clamped to few: not a matter of chance.
            atom = self.group(depth - 1)
        return atom + random.choice(bounds) + random.choice(["", "", "?", "+"])

    def look(self, depth: int) -> str:
        if self._random.random() < 0.6:
            return f"(?{self._random.choice('=!')}{self.choice(depth - 1)})"
        return f"(?<{self._random.choice('=!')}{self.behind()})"

    def behind(self) -> str:
        """Write a lookbehind: of one width, sometimes with another one inside."""
        width = self._random.choice([1, 1, 2, 3])
        parts = [self.atom() for _ in range(width)]
        if self._random.random() < 0.3:
            deep = f"(?<={self.atom()}(?<={self.atom()}b)a)"
            inner = self._random.choice(
                [r"\b", "^", "$", r"\Z", f"(?<!{self.atom()})", f"(?<={self.atom()}b)", deep]
            )
            parts.insert(self._random.randint(0, width), inner)
        return "".join(parts)


def even(match: str) -> bool:
    return sum(map(ord, match)) % 2 == 0


def long_enough(match: str) -> bool:
    return len(match) > 2


def not_after_letter(before: str, _after: str) -> bool:
    return before not in ("a", "1")


def not_before_letter(_before: str, after: str) -> bool:
    return after not in ("b", "")


def ruled(random: Random, rule_id: str) -> Ruled:
    """A random rule with a random action and mode."""
    context = tuple(random.sample(["ab", "c", "1a"], random.choice([1, 2])))
    has_context, whole = random.random() < 0.2, random.random() < 0.5
    rule = Rule(
        id=rule_id,
        type=rule_id.upper(),
        expression=Expressions(random).one(),
        confidence=random.choice([0.3, 0.9, 0.9, 1.0]),
        check=random.choice([None, None, None, even, long_enough]),
        bounds=random.choice([None, None, None, not_after_letter, not_before_letter]),
        context=context if has_context and not whole else (),
        words=context if has_context and whole else (),
        context_chars=random.randint(1, 9) if has_context else 0,
    )
    action = random.choice([*Action, Action.REDACT, Action.REDACT])
    mode = random.choice([Mode.BLOCK, Mode.BLOCK, Mode.MONITOR])
    return Ruled(rule, action, mode)


def wide_ruled(random: Random, rule_id: str) -> Ruled:
    """A rule whose matches are long: loops in the automaton, and holds."""
    expressions = Expressions(random)
    part = random.choice(["[abc1]", "[ab]", r"\w", ".", "[^1]", "(?:ab|c)", "(?:a|b1|c)"])
    low = random.choice([0, 3, 60, 70, 130])
    open_end = f"{{{low},}}"
    bounds = random.choice([open_end, f"{{{low},{low + random.choice([5, 70, 400])}}}"])
    if len(part) > 6 and bounds == open_end:
        bounds = f"{{{low},{low + 200}}}"
    middle = part + bounds + random.choice(["", "", "?"])
    behind = random.choice(["", "", r"\b", "$", "(?=.{0,90}b)", "(?!1{3})", "(?P<cap>c{2})?"])
    expression = expressions.atom() + middle + random.choice(["", *LETTERS, "11"]) + behind
    rule = Rule(id=rule_id, type=rule_id.upper(), expression=expression)
    return Ruled(rule, random.choice([Action.REDACT, Action.REDACT, Action.BLOCK, Action.WARN]))


def long_text(random: Random) -> str:
    """Up to 1,500 characters, in runs of few letters."""
    out: list[str] = []
    while len(out) < random.randint(100, 1_500):
        letters = random.choice(["ab", "abc", "abc1", "c", "ab中", "a\u0301b", " "])
        out += random.choices(letters, k=random.choice([1, 3, 40, 120, 300]))
        if random.random() < 0.3:
            out.append(random.choice(STRANGE))
    return "".join(out)
