"""Which rules can explode: take time out of proportion to the text, because one text can be read in
very many ways, and a search that fails tries them all.

On the position automaton of a rule (`guardrails.automaton`), with long repeats as loops:

- It is *exponentially* ambiguous if some loop can be gone round in two ways that read the same
  text (criterion EDA of Weber and Seidl, On the degree of ambiguity of finite automata, 1991). Two
  ways are a pair of positions reached from one position, which meets in one position again; or one
  step that two repeats, an inner and an outer one, can both take.
- It is *polynomially* ambiguous if the text one loop reads can also lead to and be read by a later
  one (criterion IDA, ibid.): d such loops behind one another are n^d ways. From them, and from runs
  of one character, texts are made that many parts can share; the ways to read them are counted
  exactly (`guardrails.readings`), and more than MAX_WAYS refused.
- A part that is empty in several ways, or must be repeated while it may be empty, needs no loop.

The first and the last are decided, the second is looked for in the likeliest texts. Rather too much
is refused than too little: a bounded repeat of more than 5 rounds is taken for a loop, and atomic
groups and possessive repeats for plain ones.
"""

from __future__ import annotations

import math

from guardrails.ambiguity import Ambiguity
from guardrails.errors import RuleError
from guardrails.loops import Loops
from guardrails.readings import Readings
from guardrails.syntax import Chain, Chars, Choice, Edge, Group, Look, Node, Repeat

# Ways to read one text that a failing search may try: 10 to 100 ms of Python's `re`.
MAX_WAYS = 1_000_000
# Outside of repeats several are harmless: 'end of text or a space' are two.
MAX_WAYS_EMPTY = 64
# The check looks at pairs of positions; a rule of 200 words has 1,500.
MAX_POSITIONS = 4_000
# As long as clamped repeats of one class are; a longer text shows nothing new.
MAX_TEXT_CHARS = 512

_MAX_SHOWN_CHARS = 20
_SPLIT = (
    "make each round begin with a character that no other part of it can read, or use one repeat"
)


def require_tame(root: Node) -> None:
    """Raise RuleError, with the reason and a suggestion, if the expression can explode.

    >>> from guardrails.syntax import parse
    >>> require_tame(parse(r"(?:[a-z]+,)+x").root)
    >>> require_tame(parse(r"(?:[a-z]+)+x").root)
    Traceback (most recent call last):
    guardrails.errors.RuleError: the expression can explode: inside a repeat, 'a' again \
and again can be read in exponentially many ways; make each round begin with a character that no \
other part of it can read, or use one repeat
    """
    _ways_empty(root)
    automaton = Loops(root)
    if len(automaton.classes) > MAX_POSITIONS:
        raise RuleError(
            f"the expression has {len(automaton.classes):,} positions, more than "
            f"{MAX_POSITIONS:,}; split it into several rules, or use 'keywords' for lists of words"
        )
    ambiguity = Ambiguity(automaton)
    word = ambiguity.double_round()
    if word is not None:
        raise RuleError(
            f"the expression can explode: inside a repeat, {_show(word)} again and again can "
            f"be read in exponentially many ways; {_SPLIT}"
        )
    _require_few_readings(root, ambiguity)


def _require_few_readings(root: Node, ambiguity: Ambiguity) -> None:
    """Count the ways to read the texts that most parts of the expression can share."""
    readings = Readings(root)
    runs = {("", character) for character in ambiguity.characters()}
    for beginning, word in sorted(runs | set(ambiguity.shared_texts())):
        text = beginning + word * (MAX_TEXT_CHARS // len(word))
        if readings.count(text, MAX_WAYS) > MAX_WAYS:
            raise RuleError(
                "the expression can explode: parts behind one another can read the same text, "
                f"{_show(word)} again and again, in more than {MAX_WAYS:,} ways; put between them "
                "what the one before cannot read ('[^,]*,' for '.*,'), write them as one repeat, "
                "or bound them ('{0,40}' for '*')"
            )


def _show(word: str) -> str:
    return repr(word if len(word) <= _MAX_SHOWN_CHARS else f"{word[:_MAX_SHOWN_CHARS]}...")


def _ways_empty(node: Node, limit: int = MAX_WAYS_EMPTY) -> int:
    """Return in how many ways a node reads the empty text, as a backtracking search counts them.

    limit: how many are allowed; in a repeat there is one. Raises RuleError where there are more.
    """
    repeated = isinstance(node, Repeat) and node.high > 1
    inner = [_ways_empty(part, 1 if repeated else limit) for part in _parts(node)]
    if isinstance(node, Chars):
        return 0
    if isinstance(node, Look | Edge):
        return 1
    ways = sum(inner) if isinstance(node, Choice) else math.prod(inner)
    if isinstance(node, Repeat):
        if node.low >= 1 and node.high > 1 and ways:
            raise RuleError(
                "the expression can explode: a part that may be empty must be repeated; make one "
                "part of it mandatory, or let the repeat begin at 0: '(?:a+)?' for '(?:a?)+'"
            )
        ways += node.low == 0
    if ways > limit:
        raise RuleError(
            "the expression can explode: a part of it reads nothing in several ways, as '(a?)?' "
            "and '(a|a)' do; remove the repeat that is not needed, or the alternative that "
            "stands twice"
        )
    return ways


def _parts(node: Node) -> tuple[Node, ...]:
    if isinstance(node, Chain):
        return node.parts
    if isinstance(node, Choice):
        return node.branches
    return (node.part,) if isinstance(node, Repeat | Group | Look) else ()
